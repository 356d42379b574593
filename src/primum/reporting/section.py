"""What a page is made of: sections, their parts, and the texts in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from primum.reporting.chart import Chart
from primum.reporting.glossary import GlossaryEntry
from primum.reporting.heat import HeatMap
from primum.reporting.narrative import NoticeText
from primum.reporting.table import Table


@dataclass(frozen=True, slots=True)
class Part:
    """Charts and the tables that hold their numbers, under one heading."""

    title: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    is_folded: bool = False
    note: str = ""
    heats: tuple[HeatMap, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictText:
    """One verdict of an example."""

    judge: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class TurnText:
    """One turn of an example."""

    request_title: str
    request: str
    response_title: str
    response: str
    no_response: str
    verdicts: tuple[VerdictText, ...]


@dataclass(frozen=True, slots=True)
class ExampleText:
    """One conversation."""

    name: str
    labels: str
    language: str
    turns: tuple[TurnText, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page."""

    id: str
    title: str
    note: str = ""
    sentences: tuple[str, ...] = ()
    notices: tuple[NoticeText, ...] = ()
    parts: tuple[Part, ...] = ()
    glossary: tuple[GlossaryEntry, ...] = ()
    examples: tuple[ExampleText, ...] = ()
    warning: str = ""
    fold: str = ""
    """What is to be opened to see the parts; empty where they are open."""


def filled(*tables: Table) -> tuple[Table, ...]:
    """The tables that have rows."""
    return tuple(table for table in tables if table.rows)


def shown(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts that have content."""
    return tuple(part for part in parts if part.charts or part.tables or part.heats)


def noted_once(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections that have content, each table's note only where it is met first."""
    always = {"notices", "setup"}
    noted: set[str] = set()
    kept = []
    for section in sections:
        if section.id not in always and not _has_content(section):
            continue
        parts = []
        noted.add(section.note)
        for part in section.parts:
            noted.add(part.note)
            tables = []
            for table in part.tables:
                tables.append(replace(table, note="") if table.note in noted else table)
                noted.add(table.note)
            parts.append(replace(part, tables=tuple(tables)))
        kept.append(replace(section, parts=tuple(parts)))
    return tuple(kept)


def _has_content(section: Section) -> bool:
    return bool(
        section.sentences or section.parts or section.glossary or section.examples or section.note
    )
