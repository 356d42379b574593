"""A guideline set's file, written from what a model found; a person reviews it before use.

The first line says ``# NOT REVIEWED``. Whoever has reviewed the file deletes that line.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import NamedTuple

from primum.core.errors import shorten
from primum.generation.guideline_document_answer import FoundGuideline
from primum.generation.spreadsheet import write_text
from primum.guidelines.file import read_set

NOT_REVIEWED = "# NOT REVIEWED"
_HEAD = """\
: a model wrote these guidelines. Nobody has checked them yet.
# Compare each with its quotation and its place in the document, correct it or take it out, and look
# for rules that are missing. Then delete these lines down to the first empty one.
"""


class SetFacts(NamedTuple):
    """What stands at the top of the file."""

    id: str
    title_en: str
    title_ja: str
    document: str
    """The document's file name."""
    model: str
    prompt: str
    licence: str = "not stated; see the document"


def write_set(path: Path, facts: SetFacts, found: list[FoundGuideline]) -> None:
    """The file, written whole or not at all, after a look whether the loader reads it.

    Raises:
        DataError: the id is none of a guideline set.
        WorkspaceError: it cannot be written.
    """
    text = set_text(facts, found)
    with tempfile.TemporaryDirectory(prefix="primum-") as folder:
        draft = Path(folder) / path.name
        write_text(draft, text)
        read_set(draft)
    write_text(path, text)


def set_text(facts: SetFacts, found: list[FoundGuideline]) -> str:
    """The file's content."""
    notes_en = (
        f"Drawn from {facts.document} by the model {facts.model} (prompt {facts.prompt}). The "
        "quotation above each guideline stands in the document; whether title and text say the "
        "same, and whether a rule is missing, is for a person to check."
    )
    notes_ja = (
        f"{facts.document} からモデル {facts.model} が作成（プロンプト {facts.prompt}）。"
        "各項目の上の引用は文書中に存在することを確認済み。題名と本文がその内容に合っているか、漏れがないかは人が確認すること。"
    )
    lines = [
        NOT_REVIEWED + _HEAD,
        f"id = {_quoted(facts.id)}",
        'version = "1"',
        'status = "ours"',
        f"title.en = {_quoted(facts.title_en)}",
        f"title.ja = {_quoted(facts.title_ja)}",
        f"source = {_quoted(facts.document)}",
        f"licence = {_quoted(facts.licence)}",
        f"notes.en = {_quoted(notes_en)}",
        f"notes.ja = {_quoted(notes_ja)}",
    ]
    for number, each in enumerate(found, start=1):
        lines += [
            "",
            f"# {each.place}: “{shorten(each.quotation, 2_000)}”",
            "[[guideline]]",
            f'id = "{number}"',
            f"title.en = {_quoted(each.title_en)}",
            f"title.ja = {_quoted(each.title_ja)}",
            f"text.en = {_quoted(each.text_en)}",
            f"text.ja = {_quoted(each.text_ja)}",
        ]
    return "\n".join(lines) + "\n"


def is_unreviewed(path: Path) -> bool:
    """Whether the file still says that nobody has reviewed it; False where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return any(
                line.startswith(NOT_REVIEWED) for _, line in zip(range(20), file, strict=False)
            )
    except (OSError, UnicodeDecodeError):
        return False


def unreviewed_note(path: Path) -> str:
    """What is said where such a file is used."""
    return (
        f"{path} says that nobody has reviewed it: a model wrote its guidelines. Review it, then "
        f"delete the line “{NOT_REVIEWED}…”."
    )


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
