"""The documents of a task as items of a run: the question, its options, the right answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Any

from primum.capability.task_loading import LoadedTask, document_place, reason_of
from primum.core.errors import DataError, shorten
from primum.core.item import Item

_KANA = re.compile("[\u3040-\u30ff]")
_ENGLISH = re.compile(r"\b(the|and|which|what)\b", re.IGNORECASE)
_JAPANESE_SHARE, _ENGLISH_SHARE = 0.3, 0.3
UNKNOWN_LANGUAGE = "und"


@dataclass(frozen=True, slots=True)
class Document:
    """One question of a task."""

    task: str
    position: int
    """Of the task's documents, from 0: the harness's ``doc_id``."""
    item: Item
    options: tuple[str, ...]
    """Empty where the answer is free text."""


def documents_of(task: LoadedTask, limit: int | None) -> list[Document]:
    """The task's documents in order, at most ``limit`` of them.

    Raises:
        DataError: a document cannot be read, or states no right answer.
    """
    found = [_document(task, *each) for each in _read(task, limit)]
    language = _language(task, [each.item.turns[0] for each in found])
    return [replace(each, item=replace(each.item, language=language)) for each in found]


def without_copies(documents: Sequence[Document]) -> list[Document]:
    """The documents, where equal ones bear a number in their reference.

    A published set may ask one question twice. Both count, as they do for the harness, so they
    need ids of their own; their fingerprint stays equal, so that an interval takes them for one.
    """
    seen: dict[str, int] = {}
    told: list[Document] = []
    for each in documents:
        count = seen[each.item.id] = seen.get(each.item.id, 0) + 1
        if count > 1:
            reference = f"{each.item.reference} (copy {count})"
            each = replace(each, item=replace(each.item, reference=reference))  # noqa: PLW2901
        told.append(each)
    return told


def option_name(place: int) -> str:
    """``a`` for the first option."""
    return ascii_lowercase[place] if place < len(ascii_lowercase) else str(place + 1)


def _read(task: LoadedTask, limit: int | None) -> Iterator[tuple[int, Any]]:
    for position, content in task.harness.doc_iterator(limit=limit):
        yield int(position), content


def _document(task: LoadedTask, position: int, content: Any) -> Document:
    harness = task.harness
    text = _made(task, position, "doc_to_text", content)
    target = _made(task, position, "doc_to_target", content)
    has_options = bool(harness.config.doc_to_choice)
    options = tuple(_made(task, position, "doc_to_choice", content)) if has_options else ()
    if harness.multiple_input:
        # The options are whole contexts, and what follows is the same for all.
        text, right = f"… {target}", _right(text, options)
    elif task.kind == "multiple_choice":
        right = _right(target, options)
    else:
        right = _stated(target, options)
    if not right:
        raise _bad(task, position, "states no right answer among its options")
    item = Item(
        turns=(_asked(str(text), options),),
        language=UNKNOWN_LANGUAGE,
        perspective="general",
        intent="benign",
        guidelines=(),
        source="",
        name=f"{task.name}-{position + 1}",
        reference=right,
        provenance=f"{task.name}, document {position + 1}",
        task="choice",
        benchmark=task.name,
    )
    return Document(task.name, position, item, options)


def _made(task: LoadedTask, position: int, key: str, content: Any) -> Any:
    """What the task file's key makes of the document."""
    try:
        return getattr(task.harness, key)(content)
    except Exception as error:
        fields = ", ".join(shorten(str(each)) for each in list(content)[:8])
        problem = f"has nothing that {key} fits ({reason_of(error)}; its fields: {fields})"
        raise _bad(task, position, problem) from error


def _right(target: Any, options: Sequence[str]) -> str:
    """The letters of the right options; empty where they are not among these."""
    places = target if isinstance(target, list) else [target]
    letters = []
    for place in places:
        found = options.index(place) if isinstance(place, str) and place in options else place
        # A label of -1 stands for an answer that was not published.
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < len(options):
            return ""
        letters.append(option_name(found))
    return ",".join(letters)


def _stated(target: Any, options: Sequence[str]) -> str:
    """The right answer of a task that is answered in words."""
    if options and isinstance(target, int):
        return options[target] if 0 <= target < len(options) else ""
    if isinstance(target, list):
        return " | ".join(str(each) for each in target)
    return str(target)


def _asked(text: str, options: Sequence[str]) -> str:
    """The question with its options, unless the text names them or they are bare letters."""
    if not options or all(len(each.strip()) <= 1 or each in text for each in options):
        return text
    listed = (f"{option_name(place)}. {each}" for place, each in enumerate(options))
    return "\n".join((text.rstrip(), "", *listed))


def _language(task: LoadedTask, texts: Sequence[str]) -> str:
    """As the task file says under ``metadata``, or by the words of its questions."""
    stated = (task.harness.config.metadata or {}).get("language")
    if isinstance(stated, str) and stated:
        return stated
    if sum(bool(_KANA.search(text)) for text in texts) > _JAPANESE_SHARE * len(texts):
        return "ja"
    if sum(bool(_ENGLISH.search(text)) for text in texts) > _ENGLISH_SHARE * len(texts):
        return "en"
    return UNKNOWN_LANGUAGE


def _bad(task: LoadedTask, position: int, problem: str) -> DataError:
    place = document_place(task.source, position)
    told = f"document {position + 1} of the task “{shorten(task.name)}” {problem}."
    if place is None:
        return DataError(task.file, told)
    return DataError(place.file, told, line=place.line)
