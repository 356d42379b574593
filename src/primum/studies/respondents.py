"""The people of a study: an answers file becomes one member for each respondent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from primum.core.errors import DataError, UnknownNameError, shorten
from primum.generation.spreadsheet import sheet_text
from primum.models.recorded import RecordedAnswer, read_answers
from primum.studies.design import StudyMember, labels_of
from primum.studies.study_file import ModelSettings, StudyFile

ANSWERS = "answers:"


def is_person(settings: ModelSettings) -> bool:
    """Whether the answers were written by people, elsewhere."""
    return settings.model.startswith(ANSWERS) and settings.base_url is None


def answers_file(settings: ModelSettings) -> Path:
    """Where the answers lie; a respondent named in the model itself is taken off."""
    argument = settings.model.removeprefix(ANSWERS)
    file, _, _ = argument.rpartition("@")
    return Path(file if file and not Path(argument).is_file() else argument).expanduser()


def members_of(study: StudyFile) -> tuple[StudyMember, ...]:
    """Every model and every person, in the order of the file.

    Raises:
        DataError: an answers file does not hold answers.
        UserError: a respondent is not in the file, or two members have one name.
    """
    members = tuple(member for model in study.models for member in _members(model))
    names: set[str] = set()
    for member in members:
        if member.name in names:
            raise DataError(
                study.id, f"two members of the study have the name “{shorten(member.name)}”."
            )
        names.add(member.name)
    return members


def _members(settings: ModelSettings) -> Iterator[StudyMember]:
    if is_person(settings):
        _require_sheets(answers_file(settings))
    if not settings.respondents:
        yield _member(settings, settings.name, settings.model)
        return
    path = answers_file(settings)
    chosen = _chosen(settings, path)
    for respondent in chosen:
        name = f"{settings.name}/{respondent}" if len(chosen) > 1 else settings.name
        yield _member(settings, name, f"{ANSWERS}{path}" + (f"@{respondent}" if respondent else ""))


def _require_sheets(path: Path) -> None:
    """Refuse what a spreadsheet saves under the name of a CSV file and is none, with the way out.

    Raises:
        DataError: the file, or one in the folder, is a workbook, damaged, or in another encoding.
    """
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if file.suffix.lower() in (".csv", ".tsv") and file.is_file():
            sheet_text(file)


def _chosen(settings: ModelSettings, path: Path) -> Sequence[str]:
    known = list(dict.fromkeys(answer.respondent for answer in read_answers(path)))
    if settings.respondents == "all":
        if len(known) > 1 and "" in known:
            raise DataError(
                path,
                "some rows name a respondent and others none, so “respondents = all” cannot tell "
                "people apart. Fill the column “respondent” in every row.",
            )
        return known
    for respondent in settings.respondents:
        if respondent not in known:
            raise UnknownNameError(f"respondent of {path}", respondent, filter(None, known))
    return list(dict.fromkeys(settings.respondents))


def _member(settings: ModelSettings, name: str, model: str) -> StudyMember:
    return StudyMember(
        name=name,
        settings=settings,
        model=model,
        labels=labels_of(settings),
        size=settings.size,
        is_person=is_person(settings),
        source=settings.source,
    )


def refuse_unknown_items(rows: Iterable[RecordedAnswer], parts: Sequence[str]) -> None:
    """Refuse answers to what is never asked.

    Args:
        rows: Rows of one person that match no item of any part.
        parts: The parts that the person takes.

    Raises:
        DataError: there is such a row; the first is named, in the file where it stands.
    """
    left = sorted(rows, key=lambda row: (row.file, row.line))
    if not left:
        return
    first = left[0]
    others = len(left) - 1
    does, rows_left = ("does", "row") if others == 1 else ("do", "rows")
    more = f", nor {does} {others:,} more {rows_left}" if others else ""
    raise DataError(
        first.file,
        f"no planned item of {', '.join(parts)} matches “{shorten(first.item)}”, turn "
        f"{first.turn + 1}{more}. Correct the item's id or turn, take the row out, or plan the "
        "item (limit, language, perspective).",
        line=first.line,
    )


def unmatched_everywhere(
    matched: Iterable[Sequence[RecordedAnswer]],
) -> list[RecordedAnswer]:
    """The rows that are unmatched in every part."""
    parts = [set(rows) for rows in matched]
    return sorted(set.intersection(*parts)) if parts else []
