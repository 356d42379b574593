"""A document of rules as text with places: text and Markdown by lines, PDF by pages.

document = read_document(Path("house-rules.pdf"))
document.place_of("Nobody opens a chart without a reason")   # Place(kind="page", number=3)
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from primum.benchmarks.text_file import read_lines
from primum.core.errors import DataError, UserError, shorten

TEXT_SUFFIXES = (".txt", ".text", ".md", ".markdown")
SUFFIXES = (*TEXT_SUFFIXES, ".pdf")
LEAST_QUOTATION = 8
"""Letters and digits; fewer would stand in many places."""
LEAST_LETTERS = 20
"""Of a document that holds any rule."""
PART_CHARACTERS = 8_000
"""Of a part that a model reads at once."""


class Place(NamedTuple):
    """Where something stands."""

    kind: Literal["line", "page"]
    number: int
    """From 1."""

    def __str__(self) -> str:
        """``page 3``."""
        return f"{self.kind} {self.number}"


class Passage(NamedTuple):
    """A line, or a page."""

    place: Place
    text: str


@dataclass(frozen=True)
class Document:
    """A document's passages in order. Not slotted: its folded text is made once, when needed."""

    path: Path
    passages: tuple[Passage, ...]

    @cached_property
    def _folded(self) -> tuple[str, tuple[int, ...]]:
        """All passages folded and joined, and where each begins in that."""
        starts: list[int] = []
        parts: list[str] = []
        length = 0
        for passage in self.passages:
            starts.append(length)
            parts.append(folded(passage.text))
            length += len(parts[-1])
        return "".join(parts), tuple(starts)

    def place_of(self, quotation: str) -> Place | None:
        """Where the quotation begins; None where it does not stand, or is too short to tell.

        Spaces, hyphens, quotation marks and the width of characters do not count, since a PDF
        breaks lines where it likes; every letter and digit does.
        """
        sought = folded(quotation)
        if len(sought) < LEAST_QUOTATION:
            return None
        text, starts = self._folded
        found = text.find(sought)
        return None if found < 0 else self.passages[bisect_right(starts, found) - 1].place

    def parts(self, characters: int = PART_CHARACTERS) -> list[str]:
        """The text in parts of about that length, cut between lines."""
        parts: list[str] = []
        held: list[str] = []
        length = 0
        for line in self._lines(characters):
            if held and length + len(line) > characters:
                parts.append("\n".join(held).strip())
                held, length = [], 0
            held.append(line)
            length += len(line) + 1
        parts.append("\n".join(held).strip())
        return [part for part in parts if folded(part)]

    def _lines(self, characters: int) -> Iterator[str]:
        """All lines; one that is longer than a part is cut."""
        for passage in self.passages:
            for line in passage.text.splitlines() or [""]:
                for start in range(0, max(len(line), 1), characters):
                    yield line[start : start + characters]


def read_document(path: Path) -> Document:
    """The document in the file.

    Raises:
        DataError: it cannot be read, holds no text, or has an ending that is not known.
        UserError: a PDF without the extra that reads it.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(path, f"the ending is not known; expected one of {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise DataError(path, "there is no such file.")
    passages = _pages(path) if suffix == ".pdf" else _lines_of(path)
    document = Document(path, tuple(passages))
    letters = sum(len(folded(passage.text)) for passage in passages)
    if letters >= LEAST_LETTERS:
        return document
    if suffix == ".pdf":
        raise DataError(
            path,
            f"its {len(passages)} pages hold no text that can be read, as is so of scanned paper. "
            "Run text recognition (OCR) on it, or give the text as .txt or .md.",
        )
    raise DataError(path, "the document holds no text; a text with rules in it was expected.")


def folded(text: str) -> str:
    """The text's letters and digits (NFKC): what two copies of one passage share."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if unicodedata.category(c)[0] in "LNM")


def _lines_of(path: Path) -> Sequence[Passage]:
    return [
        Passage(Place("line", line.number), line.text.rstrip("\r\n")) for line in read_lines(path)
    ]


def _pages(path: Path) -> Sequence[Passage]:
    try:
        from pypdf import PdfReader
    except ImportError:
        raise UserError(
            f"{path}: reading a PDF needs the extra “documents”. Install it with "
            "`pip install 'primum[documents]'`, or give the text as .txt or .md."
        ) from None
    try:
        reader = PdfReader(path)
        is_locked = reader.is_encrypted and not reader.decrypt("")
        texts = [] if is_locked else [page.extract_text() for page in reader.pages]
    # A malformed file can make a PDF reader fail in any way; none of them is ours.
    except Exception as error:  # noqa: BLE001
        problem = shorten(str(error) or type(error).__name__, 120)
        raise DataError(path, f"not a PDF that can be read: {problem}.") from None
    if is_locked:
        raise DataError(path, "the PDF asks for a password. Save it without one.")
    return [Passage(Place("page", number), text) for number, text in enumerate(texts, start=1)]
