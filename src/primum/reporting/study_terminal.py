"""A study as text for the terminal.

    render_study_terminal(study, Console(), "ja")

As ``terminal`` has it: narrow terminals get fewer columns, figures are never broken over lines,
and every text of a study is plain text. Which columns were left out is said below the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from primum.core.study import StudySummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.narrative import NoticeText
from primum.reporting.study_behaviours import behaviour_tables
from primum.reporting.study_contrasts import (
    contrast_notices,
    contrast_table,
    declared,
    exploratory,
)
from primum.reporting.study_fitted import (
    FittedTable,
    as_wide,
    chosen,
    fitted_table,
    one_line,
)
from primum.reporting.study_html import study_title
from primum.reporting.study_leaderboard import leaderboard
from primum.reporting.study_narrative import (
    limits_of_studies,
    study_headline,
    study_notices,
)
from primum.reporting.study_profile import language_tables, perspective_tables
from primum.reporting.study_run_notices import cut_notices
from primum.reporting.study_setup import header_lines
from primum.reporting.study_turns import turns_table
from primum.reporting.study_words import StudyWords, leads_of, study_words
from primum.reporting.table import Table
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_notices,
    print_sentences,
    print_tables,
)
from primum.reporting.visible import brief


def render_study_terminal(
    study: StudySummary, console: Console, language: str = "en", *, is_brief: bool = False
) -> None:
    """Print the study: what was found, the leaderboard, the contrasts, profiles, notices.

    Args:
        study: the study.
        console: where to; its width decides the columns.
        language: ``en`` or ``ja``.
        is_brief: leave out exploratory contrasts and profiles, as after ``primum study``.
    """
    words = study_words(study, load_catalogue(language))
    print_heading(console, study_title(words))
    print_facts(console, header_lines(words))
    print_sentences(console, study_headline(words))
    tables = [*_boards(words, console.width), *_contrasts(words, console.width, is_declared=True)]
    if not is_brief:
        tables += _further(words, console.width)
    _print_fitted(console, tables, words)
    shown = declared(words) if is_brief else (*declared(words), *exploratory(words))
    texts = [*study_notices(words), *cut_notices(words), *contrast_notices(shown, words)]
    texts = [*sorted(texts, key=_is_limit), *limits_of_studies(words)]
    print_notices(console, texts, words.catalogue, words.text("can_show"))


def _turns(table: Table, words: StudyWords, width: int) -> FittedTable:
    """The turns in between give way before the first and the last."""
    caption = f"{words.catalogue.ui('decay')} · {table.caption}"
    lean = _short_labels(one_line(replace(table, caption=caption)), words)
    labels = [column.label for column in lean.columns]
    turns = [label for label in labels[1:] if label not in (words.text("board_decay"), labels[-1])]
    fitted = fitted_table(lean, width, (*turns[-2:0:-1], labels[-1], *turns[:1]))
    return _noted(fitted, _board_notes(words), words)


def _is_limit(text: NoticeText) -> bool:
    return text.level != "warning"


def _print_fitted(console: Console, tables: Sequence[FittedTable], words: StudyWords) -> None:
    """Each table with the columns that were left out below it, each note once."""
    noted: set[str] = set()
    for fitted in tables:
        note = "" if fitted.table.note in noted else fitted.table.note
        noted.add(fitted.table.note)
        if not fitted.table.rows:
            continue
        quoted = [words.text("quoted", name=brief(label, 60)) for label in fitted.left_out]
        columns = words.catalogue.listed(*quoted)
        line = words.text("columns_left_out", columns=columns) if quoted else ""
        print_tables(console, [replace(fitted.table, note=words.catalogue.joined(line, note))])


def _contrasts(words: StudyWords, width: int, *, is_declared: bool) -> list[FittedTable]:
    found = declared(words) if is_declared else exploratory(words)
    if not found:
        return []
    ui = words.catalogue.ui
    table = one_line(contrast_table(found, words, is_declared=is_declared))
    models, measure = words.text("models"), ui("measure")
    own_p = (ui("p_value"),) if is_declared else ()
    gives_way = (words.text("reach"), ui("bounds"), *own_p, measure, words.text("items"), models)
    fitted = fitted_table(table, width, gives_way, joins_first=(measure,))
    return [_noted(fitted, _contrast_notes(words, models, is_declared=is_declared), words)]


def _contrast_notes(
    words: StudyWords, models: str, *, is_declared: bool
) -> tuple[tuple[str, str], ...]:
    return (
        ("", "" if is_declared else words.text("exploratory_note")),
        ("", words.text("contrast_table_note")),
        (models, words.text("contrast_note_models")),
        (words.catalogue.ui("missing"), words.text("contrast_note_missing")),
        (words.catalogue.ui("bounds"), words.text("contrast_note_bounds")),
    )


def _noted(fitted: FittedTable, notes: Sequence[tuple[str, str]], words: StudyWords) -> FittedTable:
    """With the notes of the columns that it shows; a note of no column always stands."""
    labels = {"", *(column.label for column in fitted.table.columns)}
    note = words.catalogue.joined(*(text for label, text in notes if label in labels))
    return replace(fitted, table=replace(fitted.table, note=note))


def _further(words: StudyWords, width: int) -> list[FittedTable]:
    turns = [turns_table(measure, words) for measure in leads_of(words.study, "safety")]
    tables = [
        *perspective_tables(words),
        *(
            replace(table, caption=f"{words.text('languages')} · {table.caption}")
            for table in language_tables(words)
        ),
        *behaviour_tables(words),
    ]
    fitted = [as_wide(one_line(table), width) for table in tables]
    turned = [_turns(table, words, width) for table in turns if table.rows]
    return [*turned, *fitted, *_contrasts(words, width, is_declared=False)]


def _boards(words: StudyWords, width: int) -> list[FittedTable]:
    """The leaderboard, in a table for each part where the study has several."""
    whole = leaderboard(words)
    parts = [name for name, _ in whole.groups if name] or [""]
    boards = []
    for part in parts:
        kept = [n for n, column in enumerate(whole.columns) if column.group in ("", part)]
        caption = f"{whole.caption} · {part}" if part else whole.caption
        table = _short_labels(one_line(chosen(replace(whole, caption=caption), kept)), words)
        fitted = fitted_table(table, width, _board_gives_way(words))
        boards.append(_noted(fitted, _board_notes(words), words))
    return boards


def _board_gives_way(words: StudyWords) -> tuple[str, ...]:
    """First what needs no warning to be read, last over-refusal; missing verdicts never do."""
    return (
        words.text("cost"),
        words.text("role_groundedness"),
        words.factor("class"),
        words.text("role_capability"),
        words.text("p_best"),
        words.text("board_decay"),
        words.text("letters"),
        words.text("role_over_refusal"),
    )


def _board_notes(words: StudyWords) -> tuple[tuple[str, str], ...]:
    """Label of a column → what a reader must know of it."""
    level = f"{words.study.confidence * 100:g}"
    return (
        ("", words.text("board_note_figures", confidence=level)),
        (words.text("rank"), words.text("board_note_rank")),
        (words.text("letters"), words.text("board_note_letters")),
        (words.text("board_decay"), words.text("board_note_decay")),
        (words.catalogue.ui("missing"), words.text("board_note_missing")),
    )


def _short_labels(table: Table, words: StudyWords) -> Table:
    """With labels that leave the figures room; the note says what they stand for."""
    short = {
        words.text("missing_verdicts"): words.catalogue.ui("missing"),
        words.text("decay_column"): words.text("board_decay"),
    }
    columns = (replace(one, label=short.get(one.label, one.label)) for one in table.columns)
    return replace(table, columns=tuple(columns))
