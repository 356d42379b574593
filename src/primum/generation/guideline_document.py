"""A document of rules as text with places: text and Markdown by lines, PDF by pages.

document = read_document(Path("house-rules.pdf"))
document.place_of("Nobody opens a chart without a reason")   # Place(kind="page", number=3)
"""

from __future__ import annotations

import logging
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from primum.benchmarks.text_file import read_lines
from primum.core.errors import DataError, UserError, shorten

TEXT_SUFFIXES = (".txt", ".text", ".md", ".markdown")
SUFFIXES = (*TEXT_SUFFIXES, ".pdf")
_OFFICE_SUFFIXES = (
    ".docx", ".doc", ".odt", ".rtf", ".pages", ".pptx", ".ppt", ".odp", ".html", ".htm", ".xhtml",
    ".epub",
)  # fmt: skip
_PDF_MARK = b"%PDF-"
_MARK_WITHIN = 1024
"""Bytes; what stands before a PDF's mark is passed over by those who read it."""
_OFFICE_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
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

    @property
    def without_text(self) -> int:
        """Pages, or lines, that hold none."""
        return sum(not folded(passage.text) for passage in self.passages)

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
    _require_kind(path, suffix)
    passages = _pages(path) if suffix == ".pdf" else _lines_of(path)
    document = Document(path, tuple(passages))
    letters = sum(len(folded(passage.text)) for passage in passages)
    if letters >= LEAST_LETTERS:
        return document
    if suffix == ".pdf":
        count = len(passages)
        raise DataError(
            path,
            f"its {count:,} page{'s' * (count != 1)} hold{'s' * (count == 1)} no text that can be "
            "read, as is so of scanned paper. Run text recognition (OCR) on it, or give the text "
            "as .txt or .md.",
        )
    raise DataError(path, "the document holds no text; a text with rules in it was expected.")


def _require_kind(path: Path, suffix: str) -> None:
    """Refuse what is no text and no PDF, by its ending or by how it begins."""
    if suffix in _OFFICE_SUFFIXES:
        raise DataError(
            path,
            f"a {suffix} file is not read. Save it as a PDF or as plain text (.txt, UTF-8), and "
            "give that.",
        )
    if suffix not in SUFFIXES:
        raise DataError(path, f"the ending is not known; expected one of {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise DataError(path, "there is no such file.")
    start = _start(path)
    if not start and suffix == ".pdf":
        raise DataError(path, "the file is empty; a PDF was expected.")
    if start.startswith(_OFFICE_MARKS):
        raise DataError(
            path,
            f"a file of an office program, or an archive, under the ending {suffix}. Save it as a "
            "PDF or as plain text (.txt, UTF-8), and give that.",
        )
    if suffix == ".pdf" and start and _PDF_MARK not in start:
        raise DataError(
            path, "not a PDF, whatever its ending says. If it is a text, let it end in .txt or .md."
        )
    if suffix != ".pdf" and start.startswith(_PDF_MARK):
        raise DataError(path, f"a PDF under the ending {suffix}. Let its name end in .pdf.")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MARK_WITHIN)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(path, f"the file cannot be read: {reason}.") from None


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
        from pypdf.errors import DependencyError
    except ImportError:
        raise UserError(
            f"{path}: reading a PDF needs the extra “documents”. Install it with "
            "`pip install 'primum[documents]'`, or give the text as .txt or .md."
        ) from None
    try:
        with _silent("pypdf"):
            reader = PdfReader(path)
            is_locked = reader.is_encrypted and not reader.decrypt("")
            texts = [] if is_locked else [page.extract_text() for page in reader.pages]
    except DependencyError:
        raise DataError(
            path,
            "the PDF is encrypted with AES. Save it without encryption, or install what opens it "
            "with `pip install cryptography`.",
        ) from None
    # A malformed file can make a PDF reader fail in any way; none of them is ours.
    except Exception as error:  # noqa: BLE001
        problem = shorten(str(error) or type(error).__name__, 120)
        raise DataError(path, f"not a PDF that can be read: {problem}.") from None
    if is_locked:
        raise DataError(path, "the PDF asks for a password. Save it without one.")
    return [Passage(Place("page", number), text) for number, text in enumerate(texts, start=1)]


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Nothing of that library's log, which would stand on the terminal before our sentence."""
    log = logging.getLogger(name)
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(level)
