"""``primum study template``."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from primum.cli.evaluate import LimitType
from primum.cli.number_words import counted
from primum.cli.option import column_option, guidelines_option, mapping_of
from primum.cli.screen import download_bar, output
from primum.core.errors import UserError
from primum.evaluation.request import EvaluationRequest
from primum.studies.answer_template import (
    INSTRUCTION_LANGUAGES,
    AnswerForm,
    forms_of,
    instructions,
    items_of,
    write_form,
    write_instructions,
)


@click.command("template", short_help="Write forms in which people answer a protocol's requests.")
@click.argument("protocol")
@click.option(
    "--output",
    "-o",
    "place",
    required=True,
    type=click.Path(path_type=Path),
    help="A new CSV file; for several respondents a folder, with a file each.",
)
@click.option(
    "--respondents",
    type=click.IntRange(min=1, max=999),
    default=1,
    show_default=True,
    help="How many people; each has a code (R1, R2, …) and an order of their own.",
)
@click.option("--benchmark", "-b", multiple=True, help="Another benchmark than the protocol's.")
@click.option("--data", multiple=True, metavar="[NAME=]PATH", help="Where a published set lies.")
@column_option
@guidelines_option
@click.option("--language", "-l", multiple=True, help="Only items in this language. Repeatable.")
@click.option("--perspective", multiple=True, help="Only patient, clinician or general items.")
@click.option("--intent", multiple=True, help="Only harmful or benign items.")
@click.option("--guideline", multiple=True, help="Only items of this guideline, e.g. ama-2001/4.")
@click.option("--limit", type=LimitType(), help="How many items at most.")
@click.option("--sample", type=click.Choice(["stratified", "first"]), help="How a limit is drawn.")
@click.option("--seed", type=int, help="Seed of the sample, and of each respondent's order.")
@click.option(
    "--mark-harmful",
    is_flag=True,
    help="Mark requests for something harmful, so that people can skip them. It tells them what "
    "the request is.",
)
def template_command(
    *,
    protocol: str,
    place: Path,
    respondents: int,
    mark_harmful: bool,
    columns: tuple[str, ...],
    **given: Any,
) -> None:
    """Write forms for people to answer a protocol's requests, with consent text and instructions.

    A form shows neither intent nor guideline nor source. Filled in, it is a target like any other:
    --model answers:FILE, or answers:FOLDER@R1 for one person of several.

    \b
    Examples:
      primum study template primum-core --language ja --limit 40 --seed 1 --output answers.csv
      primum study template primum-core --limit 40 --respondents 6 --output answers
    """
    settings = {name: value for name, value in given.items() if value not in (None, ())}
    if columns:
        settings["columns"] = mapping_of(columns)
    request = EvaluationRequest(protocol=protocol, **settings)
    files = _files(place, respondents)
    with download_bar("Fetching the items") as download:
        items = items_of(request, download=download)
    forms = forms_of(items, list(files), seed=request.seed or 0)
    texts = _instruction_files(place, respondents)
    _refuse_existing([*files.values(), *texts.values()])
    if respondents > 1:
        _make_folder(place)
    for form in forms:
        write_form(form, files[form.respondent], mark_harmful=mark_harmful)
    for language, path in texts.items():
        write_instructions(path, instructions(language, forms, protocol))
    chosen = {**given, "column": columns}
    who = f"@{forms[0].respondent}" if len(forms) > 1 else ""
    _tell(forms, place, texts.values(), _evaluation(protocol, chosen, f"answers:{place}{who}"))


def _files(place: Path, respondents: int) -> dict[str, Path]:
    """Respondent → file of the form."""
    if respondents == 1:
        if place.suffix.lower() != ".csv":
            raise UserError(f"--output {place} does not end in .csv, the form's only format.")
        return {"R1": place}
    if place.suffix or place.is_file():
        raise UserError(
            f"{respondents} people need a file each, so that none sees another's answers: give "
            f"--output a folder, for example --output {place.with_suffix('')}."
        )
    return {f"R{number}": place / f"R{number}.csv" for number in range(1, respondents + 1)}


def _instruction_files(place: Path, respondents: int) -> dict[Any, Path]:
    """Language → file of the consent text and instructions."""
    beside = place.parent / f"{place.stem}-" if respondents == 1 else place / "_"
    return {
        language: beside.parent / f"{beside.name.strip('_')}instructions-{language}.md"
        for language in INSTRUCTION_LANGUAGES
    }


def _refuse_existing(paths: list[Path]) -> None:
    """Refuse before the first file is written, so that a command writes all or nothing."""
    for path in paths:
        if path.exists():
            raise UserError(
                f"{path} exists already; what was written in it would be lost. Name another "
                "--output."
            )


def _make_folder(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {place} cannot be made: {error.strerror}.") from None


def _tell(forms: list[AnswerForm], place: Path, texts: Iterable[Path], evaluation: str) -> None:
    form, console = forms[0], output()
    whose = f", for each of {len(forms)} people," if len(forms) > 1 else ""
    turns = f" ({counted(len(form.rows), 'turn')})" if len(form.rows) > form.requests else ""
    beside = ", ".join(str(path) for path in texts)
    for line in (
        f"{counted(form.requests, 'request')}{turns}{whose}: {place}.",
        f"Consent and instructions: {beside}. Fill in what stands in square brackets.",
        "Filled in, they are evaluated by",
        f"  {evaluation}",
    ):
        console.print(line, markup=False, soft_wrap=True)


def _evaluation(protocol: str, chosen: dict[str, Any], model: str) -> str:
    """The command that asks the same items; another selection would match other rows."""
    words = ["primum", "evaluate", protocol]
    for name, value in chosen.items():
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        for each in values:
            words += [f"--{name}", str(each)]
    return shlex.join([*words, "--model", model])
