"""CSV files that people open in a spreadsheet, and what comes back from one.

Nothing in them runs as a formula: a cell that would is led by an apostrophe, which ``shown_text``
takes off again. Control characters, and those that hide text or turn the direction of reading,
stand as their code points (``⟨U+001B⟩``), which ``shown_text`` turns back. Written as UTF-8 with a
byte order mark, which spreadsheets need to read Japanese; read with whatever separator and blank
rows a spreadsheet left.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from primum.benchmarks.item_form import Row
from primum.benchmarks.text_file import LONGEST_CELL, CsvRow, read_lines
from primum.core.errors import DataError, WorkspaceError, shorten

_GUARDED = frozenset("=+-@\t\r\n＝＋－＠'")
_SEPARATORS = (",", ";", "\t")
_UNSEEN = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
_CODE = r"U\+([0-9A-F]{4,6})⟩"
_VARIANT = r"(?<![\u3400-\u9fff\uf900-\ufaff])[\U000e0100-\U000e01ef]"
"""A sign that chooses a form of the kanji before it, where there is none."""
# An opening bracket that seems to begin a stand-in is replaced too, so that it comes back as it
# was; so is a formula's first character where a wrong separator would make it begin a cell.
_REPLACED = re.compile(rf"[{_UNSEEN}]|{_VARIANT}|⟨(?={_CODE})|(?<=[;\t])[=+@-]|(?<=[\r\n])[=+@]")
_STAND_IN = re.compile(rf"⟨{_CODE}")
_CHARACTERS = (range(0xD800), range(0xE000, 0x110000))
"""All code points but the halves of surrogate pairs, which are no characters."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx, .ods and .xls begin."""


def write_sheet(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str | float | None]]
) -> None:
    """The file, written whole or not at all.

    Raises:
        WorkspaceError: it cannot be written.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    write_text(path, "\ufeff" + out.getvalue())


def write_text(path: Path, text: str) -> None:
    """The file, written whole or not at all; its folder is made.

    Raises:
        WorkspaceError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.writing")
    data = text.encode("utf-8", "replace")
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkspaceError(f"{path} cannot be written: {reason}.") from None


def read_sheet(path: Path, key: str) -> list[Row]:
    """The rows that a spreadsheet left; blank ones are passed over, short ones filled up.

    Args:
        path: CSV in UTF-8, or in UTF-16 with its mark, separated by commas, semicolons or tabs.
        key: a column that is surely there, by which the separator is told.

    Raises:
        DataError: it is no such file, or a row does not fit its header; file and line are named.
    """
    text = sheet_text(path)
    records = _records(path, text, _separator(text, key))
    header = next(records, None)
    if header is not None and _names_separator(header.cells[0]):
        header = next(records, None)
    if header is None:
        raise DataError(
            path, "the file is empty. Put it back as it was, or delete it to get a new one."
        )
    names = _names(path, header)
    if key not in names:
        listed = shorten(", ".join(shorten(name, 30) for name in names), 300)
        raise DataError(
            path,
            f"the column “{key}” is missing; found: {listed}. The first line must be the headings "
            "as they were.",
            line=header.line,
        )
    return [_row(path, names, record) for record in records]


def shown_text(cell: str) -> str:
    """The text that a cell stood for: line ends made one kind, guard and stand-ins taken off."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    text = text[1:] if text[:1] == "'" and text[1:2] in _GUARDED else text
    return _STAND_IN.sub(_character, text)


def guarded(text: str) -> str:
    """The text as a cell shows it: nothing unseen in it, and no formula."""
    safe = _REPLACED.sub(lambda found: f"⟨U+{ord(found.group()):04X}⟩", text)
    return f"'{safe}" if safe[:1] in _GUARDED else safe


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return guarded(value)
    return "" if value is None else f"{value:g}"


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if any(code in each for each in _CHARACTERS) else found.group()


def sheet_text(path: Path) -> str:
    """The text of a CSV file that comes from a spreadsheet.

    Raises:
        DataError: it is a workbook, damaged, or in another encoding than UTF-8 or marked UTF-16.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(path, f"the file cannot be read: {reason}.") from None
    if data.startswith(_WORKBOOKS):
        raise DataError(
            path,
            "the file is a spreadsheet's workbook under the name of a CSV file. Open it in the "
            "spreadsheet and save it as “CSV UTF-8”, under this name.",
        )
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in data and not is_utf16:
        raise DataError(
            path,
            "the file holds NUL bytes, as a damaged file does, or one in UTF-16. Save it anew, as "
            "“CSV UTF-8”.",
            line=data.count(b"\n", 0, data.index(b"\0")) + 1,
        )
    try:
        return data.decode("utf-16" if is_utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        for _ in () if is_utf16 else read_lines(path):
            pass  # Raises, with the line and what its bytes look like.
        raise DataError(
            path, f"the file is damaged: {error.reason}. Save it anew, as “CSV UTF-8”."
        ) from None


def _separator(text: str, key: str) -> str:
    """That with which the first line that is not blank names the column; else a comma."""
    lines = (line for line in text.splitlines() if line.strip(",;\t "))
    header = next((line for line in lines if not _names_separator(line)), "")
    for separator in _SEPARATORS:
        if key in (name.strip(' "') for name in header.split(separator)):
            return separator
    return _SEPARATORS[0]


def _names_separator(line: str) -> bool:
    """Whether the line is a spreadsheet's own ``sep=;`` above the headings."""
    return line.strip(' "').casefold().startswith("sep=")


def _records(path: Path, text: str, separator: str) -> Iterator[CsvRow]:
    """All records in which anything stands."""
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        start = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(
                path,
                f"not a well-formed CSV record: {error}. Look for a quote that is not closed.",
                line=start,
            ) from None
        if any(cell.strip() for cell in cells):
            yield CsvRow(start, cells)


def _names(path: Path, header: CsvRow) -> list[str]:
    """The columns' names, without the empty ones on the right."""
    names = [name.strip() for name in header.cells]
    while not names[-1]:
        names.pop()
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        found = f"“{shorten(repeated[0])}”" if repeated[0] else "without a name"
        raise DataError(path, f"the column {found} stands twice in the header.", line=header.line)
    return names


def _row(path: Path, names: Sequence[str], record: CsvRow) -> Row:
    beyond = next((cell for cell in record.cells[len(names) :] if cell.strip()), "")
    if beyond:
        raise DataError(
            path,
            f"a cell to the right of the last column “{shorten(names[-1])}” holds "
            f"“{shorten(beyond)}”. Move it to the column that it belongs to, or clear it.",
            line=record.line,
        )
    cells = [*record.cells, *[""] * (len(names) - len(record.cells))]
    return Row(record.line, "line", dict(zip(names, cells, strict=False)))
