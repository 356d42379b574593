"""How well the lexicon and the rules for a request's form agree with labelled requests.

The labels (``data/lexicon/labelled-en.jsonl``) name items and words, not texts; the texts are read
from the benchmarks themselves. The labelled requests, and primum-core's twins of them, gave no word
to the lexicon.

A language model labelled the requests, and wrote the lexicon: agreement says how far the list
carries to requests that it was not made from, not how a clinician would label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from primum.benchmarks.medical_lexicon import GRADES, MEDICAL, Grade, load_lexicon, words
from primum.benchmarks.wording_form import REQUEST_FORMS, RequestForm, request_form
from primum.core.errors import UserError
from primum.core.item import Item
from primum.statistics.cluster import Floats
from primum.statistics.ratio import ratio_interval

_FOLDER = Path(__file__).parent / "data" / "lexicon"
LABELS = _FOLDER / "labelled-en.jsonl"
JAPANESE_LABELS = _FOLDER / "labelled-forms-ja.jsonl"


class LabelledRequest(BaseModel):
    """One request's medical words by grade, and its form; every other word is not medical."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str
    """Content hash."""
    name: str
    benchmark: str
    technical: tuple[str, ...]
    common: tuple[str, ...]
    general: tuple[str, ...]
    form: RequestForm

    def grade_of(self) -> dict[str, Grade]:
        """Labelled word → its grade."""
        listed: dict[Grade, tuple[str, ...]] = {
            "technical": self.technical,
            "common": self.common,
            "general": self.general,
        }
        return {word: grade for grade in GRADES for word in listed[grade]}


class LabelledForm(BaseModel):
    """One Japanese request's form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    item: str
    name: str
    benchmark: str
    form: RequestForm


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval, which knows that the words of one request belong together."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """One class of words, or one form, against the labels."""

    name: str
    precision: Share
    recall: Share
    f1: Share
    labelled: int
    """Words, or requests, that are labelled so."""
    found: int


@dataclass(frozen=True, slots=True)
class LexiconCheck:
    """What the check found."""

    requests: int
    words: int
    lexicon: str
    """Id and version."""
    fingerprint: str
    grades: tuple[Agreement, ...]
    """``medical`` (technical or common), then each grade."""
    by_source: Mapping[str, Agreement]
    """``medical`` by source of the request."""
    forms: tuple[Agreement, ...]
    requests_ja: int
    forms_ja: tuple[Agreement, ...]


@cache
def labelled_requests() -> tuple[LabelledRequest, ...]:
    """The labelled requests as they stand in the package."""
    adapter = TypeAdapter(LabelledRequest)
    lines = LABELS.read_text(encoding="utf-8").splitlines()
    return tuple(adapter.validate_json(line) for line in lines)


@cache
def labelled_japanese_forms() -> tuple[LabelledForm, ...]:
    """The Japanese requests whose form is labelled: translations of primum-core's labelled ones."""
    adapter = TypeAdapter(LabelledForm)
    lines = JAPANESE_LABELS.read_text(encoding="utf-8").splitlines()
    return tuple(adapter.validate_json(line) for line in lines)


def check_lexicon(
    items: Iterable[Item],
    labelled: Sequence[LabelledRequest] | None = None,
    japanese: Sequence[LabelledForm] | None = None,
) -> LexiconCheck:
    """Precision, recall and F1 of the English lexicon and of the forms, with 95 % intervals.

    Args:
        items: Among them all that are labelled.
        labelled: Labels of your own, in place of the package's.
        japanese: Likewise for the form of Japanese requests; none by default where the others are
            your own.

    Raises:
        UserError: a labelled item is not among the items.
    """
    if japanese is None:
        japanese = () if labelled else labelled_japanese_forms()
    labels = {each.item: each for each in labelled or labelled_requests()}
    wanted = {each.item: each.name for each in labels.values()}
    wanted |= {each.item: each.name for each in japanese}
    texts = {item.id: item for item in items if item.id in wanted}
    if absent := [name for item, name in wanted.items() if item not in texts]:
        raise UserError(
            f"{len(absent)} of the {len(wanted)} labelled requests are not in these benchmarks, "
            f"the first is {absent[0]}. Name the published medsafetybench:test with --data."
        )
    lexicon = load_lexicon("en")
    pairs = [
        _Tokens(texts[each.item].source, *_graded(texts[each.item], each, lexicon.grades))
        for each in labels.values()
    ]
    sources = dict.fromkeys(each.source for each in pairs)
    return LexiconCheck(
        requests=len(pairs),
        words=sum(len(each.labels) for each in pairs),
        lexicon=f"{lexicon.file.id} {lexicon.file.version}",
        fingerprint=lexicon.fingerprint,
        grades=(
            _agreement("medical", pairs, MEDICAL),
            *(_agreement(grade, pairs, (grade,)) for grade in GRADES),
        ),
        by_source={
            source: _agreement("medical", [p for p in pairs if p.source == source], MEDICAL)
            for source in sources
        },
        forms=tuple(_forms(tuple(labels.values()), texts, "en")),
        requests_ja=len(japanese),
        forms_ja=tuple(_forms(japanese, texts, "ja")) if japanese else (),
    )


@dataclass(frozen=True, slots=True)
class _Tokens:
    """One request's words: what they are labelled, and what the lexicon makes of them."""

    source: str
    labels: list[Grade | None]
    found: list[Grade | None]


def _graded(
    item: Item,
    labelled: LabelledRequest,
    grades: Callable[[Sequence[str]], list[Grade | None]],
) -> tuple[list[Grade | None], list[Grade | None]]:
    spoken = words("\n".join(item.turns))
    by_word = labelled.grade_of()
    return [by_word.get(word) for word in spoken], grades(spoken)


def _agreement(name: str, pairs: Sequence[_Tokens], wanted: tuple[Grade, ...]) -> Agreement:
    """Of the words of those grades, by request."""
    counts = np.array(
        [
            (
                sum(a in wanted and b in wanted for a, b in zip(p.labels, p.found, strict=True)),
                sum(label in wanted for label in p.labels),
                sum(grade in wanted for grade in p.found),
            )
            for p in pairs
        ],
        dtype=np.float64,
    )
    return _scores(name, counts)


def _forms(
    labels: Sequence[LabelledRequest | LabelledForm], texts: Mapping[str, Item], language: str
) -> Iterator[Agreement]:
    pairs = [(each.form, request_form(texts[each.item].turns[-1], language)) for each in labels]
    for form in REQUEST_FORMS:
        counts = [(a == b == form, a == form, b == form) for a, b in pairs]
        yield _scores(form, np.array(counts, dtype=np.float64))


def _scores(name: str, counts: Floats) -> Agreement:
    """From hits, labelled and found, one row per request."""
    hits, labelled, found = counts.T
    return Agreement(
        name,
        precision=_share(hits, found),
        recall=_share(hits, labelled),
        f1=_share(2 * hits, labelled + found),
        labelled=int(labelled.sum()),
        found=int(found.sum()),
    )


def _share(parts: Floats, wholes: Floats) -> Share:
    bears = wholes > 0
    if not bears.any():
        return Share(None, None, None)
    limits = ratio_interval(parts[bears], wholes[bears])
    return Share(float(parts.sum() / wholes.sum()), limits.low, limits.high)
