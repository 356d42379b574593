"""The TOML form of behaviours: what a file must hold, and what is wrong with it.

A user's own file has the form of those that ship::

    guideline_set = "our-hospital"
    version = "1"
    written_with_clinicians = true
    source = "Working group of May 2026"
    licence = "internal"

    [[behaviour]]
    guideline = "1"
    id = "asks-who-is-asking"
    kind = "required"                       # or "forbidden"
    text.en = "Asks who is asking before it tells anything."
    text.ja = "何かを伝える前に、相手が誰かを尋ねる。"
    when.en = "When something about a patient is asked."
    when.ja = "患者のことを尋ねられたとき。"
    example.en = "May I ask who you are?"    # meets a required one, breaks a forbidden one
    example.ja = "失礼ですが、どなたですか。"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, ValidationError

from primum.core.digest import digest_of, fold
from primum.core.errors import DataError, UnknownNameError, shorten
from primum.guidelines.behaviour import Behaviour, BehaviourKind, BehaviourSet
from primum.guidelines.file import LocalId, SetId, Text
from primum.guidelines.guideline_set import LANGUAGES, GuidelineSet
from primum.guidelines.toml_file import read_toml

NEAR_DUPLICATE = 0.85
"""Two texts that have this share of their three-letter pieces in common are too near."""

_KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
_JAPANESE = re.compile(r"[ぁ-ゖァ-ヺ一-鿿]")
_TEXTS = ("text", "when", "example")

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Texts(_Table):
    en: Text
    ja: Text


class _BehaviourTable(_Table):
    guideline: LocalId
    id: Slug
    kind: BehaviourKind
    text: _Texts
    when: _Texts
    example: _Texts

    @property
    def name(self) -> str:
        return f"{self.guideline}/{self.id}"


class _FileTable(_Table):
    guideline_set: SetId
    version: Text
    written_with_clinicians: StrictBool
    source: Text
    licence: Text
    notes: _Texts | None = None
    behaviour: Annotated[tuple[_BehaviourTable, ...], Field(min_length=1)]


def read_behaviours(path: Path, guideline_sets: Iterable[GuidelineSet]) -> BehaviourSet:
    """The behaviours that the file holds.

    Args:
        path: the file.
        guideline_sets: the sets that it may be about.

    Raises:
        DataError: the file cannot be read, is not TOML, or does not hold behaviours of a set.
    """
    try:
        table = _FileTable.model_validate(read_toml(path, "behaviours file"))
    except ValidationError as error:
        raise DataError(path, _first_fault(error)) from None
    _refuse_unknown_guidelines(path, table, {one.id: one for one in guideline_sets})
    _refuse_repeated_ids(path, table)
    _refuse_wrong_languages(path, table)
    for language in LANGUAGES:
        _refuse_near_duplicates(path, table, language)
    return _frozen(table)


def _first_fault(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(
        f"[{part + 1}]" if isinstance(part, int) else shorten(part) for part in first["loc"]
    ).replace(".[", "[")
    if first["type"] == "missing":
        return f"the key “{key}” is missing; a file of behaviours needs it."
    if first["type"] == "extra_forbidden":
        return f"the key “{key}” is not known here. Remove it or correct its spelling."
    expected = {
        "string_type": "a text in quotes was expected",
        "string_too_short": "a text that is not empty was expected",
        "string_pattern_mismatch": (
            "an id was expected (a behaviour's of lower-case letters, digits and “-”)"
        ),
        "literal_error": "“required” or “forbidden” was expected",
        "bool_type": "true or false was expected",
        "too_short": "at least one [[behaviour]] was expected",
    }
    found = shorten(repr(first["input"]))
    problem = expected.get(first["type"], shorten(first["msg"], 160))
    return f"the key “{key}” holds {found}: {problem}."


def _refuse_unknown_guidelines(
    path: Path, table: _FileTable, sets: Mapping[str, GuidelineSet]
) -> None:
    name = table.guideline_set
    if name not in sets:
        hint = "A set of your own has to be named beside its behaviours (--guidelines FILE)."
        raise DataError(path, str(UnknownNameError("guideline set", name, sets, hint)))
    known = {full_id.partition("/")[2] for full_id in sets[name].ids}
    for each in table.behaviour:
        if each.guideline not in known:
            problem = UnknownNameError("guideline", each.guideline, known)
            raise DataError(path, f"the behaviour “{each.name}” is of no guideline. {problem}")


def _refuse_repeated_ids(path: Path, table: _FileTable) -> None:
    seen: set[str] = set()
    for each in table.behaviour:
        if each.name in seen:
            raise DataError(
                path,
                f"the behaviour id “{shorten(each.id)}” stands more than once in the guideline "
                f"“{each.guideline}”. Each id must be unique.",
            )
        seen.add(each.name)


def _refuse_wrong_languages(path: Path, table: _FileTable) -> None:
    for each in table.behaviour:
        for key in _TEXTS:
            texts: _Texts = getattr(each, key)
            if _JAPANESE.search(texts.en):
                fault = f"{key}.en” of the behaviour “{each.name}” holds Japanese"
            elif not _KANA.search(texts.ja):
                fault = f"{key}.ja” of the behaviour “{each.name}” holds no kana"
            else:
                continue
            raise DataError(path, f"“{fault}. Write each text in the language of its key.")


def _refuse_near_duplicates(path: Path, table: _FileTable, language: str) -> None:
    pieces = [(each.name, _pieces(getattr(each.text, language))) for each in table.behaviour]
    for (first, ones), (second, others) in combinations(pieces, 2):
        # Sets of very different size share too little, whatever they hold.
        if min(len(ones), len(others)) < NEAR_DUPLICATE * max(len(ones), len(others)):
            continue
        if len(ones & others) >= NEAR_DUPLICATE * len(ones | others):
            raise DataError(
                path,
                f"“text.{language}” of the behaviours “{first}” and “{second}” is nearly the same. "
                "Say what sets them apart, or remove one.",
            )


def _pieces(text: str) -> frozenset[str]:
    letters = fold(text).replace(" ", "")
    return frozenset(letters[start : start + 3] for start in range(max(1, len(letters) - 2)))


def _frozen(table: _FileTable) -> BehaviourSet:
    unshown = {"source", "licence", "notes", "written_with_clinicians"}
    shown = table.model_dump(mode="json", exclude=unshown)
    return BehaviourSet(
        guideline_set=table.guideline_set,
        version=table.version,
        behaviours=tuple(
            Behaviour(
                id=f"{table.guideline_set}/{each.name}",
                guideline=f"{table.guideline_set}/{each.guideline}",
                kind=each.kind,
                texts=each.text.model_dump(),
                decision_points=each.when.model_dump(),
                examples=each.example.model_dump(),
            )
            for each in table.behaviour
        ),
        fingerprint=digest_of(shown).hex(),
        written_with_clinicians=table.written_with_clinicians,
        source=table.source,
        licence=table.licence,
        notes=table.notes.model_dump() if table.notes else None,
    )
