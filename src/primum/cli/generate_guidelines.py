"""``primum generate guidelines``: from a document of rules to a guideline set for review."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from primum.cli.generate_asking import (
    AskingOptions,
    PlannedCalls,
    ask,
    asking_options,
    options_of,
    show_plan,
)
from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted
from primum.cli.screen import download_bar, notes
from primum.cli.screen import output as screen
from primum.core.errors import UserError, shorten
from primum.generation.guideline_document import PART_CHARACTERS, Document, read_document
from primum.generation.guideline_document_answer import (
    FoundGuidelines,
    document_questions,
    fault_words,
    find_guidelines,
    nothing_found,
)
from primum.generation.guideline_document_set import SetFacts, write_set
from primum.generation.prompt import load_prompt
from primum.generation.stage import RoleModel
from primum.guidelines.catalogue import list_sets
from primum.models.profile import Sampling
from primum.models.registry import resolve

_CHARACTERS_PER_TOKEN = 3
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")


@click.command("guidelines", short_help="Draw guidelines from a document, for a person to review.")
@click.argument("document", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The guideline set's file (.toml).",
)
@click.option("--model", "-m", required=True, help="Who reads the document, as in “evaluate”.")
@click.option("--base-url", help="Any other endpoint that speaks chat completions.")
@click.option("--api-key-variable", metavar="NAME", help="Environment variable of its key.")
@click.option("--id", "set_id", default="", help="Of the set.  [default: the output's name]")
@click.option("--title", default="", help="Of the set, in English.  [default: the file's name]")
@click.option("--title-ja", default="", help="Of the set, in Japanese.  [default: as --title]")
@click.option("--licence", default="", help="Of the document, as the set states it.")
@click.option(
    "--part-characters",
    type=click.IntRange(min=500),
    default=PART_CHARACTERS,
    show_default=True,
    help="Of the document that the model reads at once.",
)
@click.option(
    "--temperature", type=NumberRange(min=0), default=0.0, show_default=True, help="Of it."
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=8192,
    show_default=True,
    help="Of each answer.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@asking_options
def guidelines_command(
    *,
    document: Path,
    output: Path,
    model: str,
    base_url: str | None,
    api_key_variable: str | None,
    set_id: str,
    title: str,
    title_ja: str,
    licence: str,
    part_characters: int,
    temperature: float,
    max_tokens: int,
    overwrite: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Draw numbered guidelines from a text, Markdown or PDF file.

    Above each guideline stands a quotation that was found in the document, with its line or page;
    what cannot be found there is left out and counted. The file begins with “# NOT REVIEWED”:
    compare it with the document, correct it, and delete these lines.

    \b
    Examples:
      primum generate guidelines rules.md --output rules.toml --model openai/gpt-4.1
      primum generate guidelines rules.pdf --output rules.toml --model openai/gpt-4.1 --dry-run
    """
    _require_output(output, is_replaced=overwrite)
    name = set_id or output.stem
    _require_id(name, is_given=bool(set_id))
    read = read_document(document)
    _say_empty_pages(read)
    with download_bar("Fetching the model") as download:
        opened = resolve(
            model, base_url=base_url, api_key_variable=api_key_variable, progress=download
        )
        asked = RoleModel(opened, Sampling(temperature=temperature, max_tokens=max_tokens))
        if dry_run:
            _show_plan(read, asked, part_characters, max_tokens)
            return
        found = _found(read, asked, part_characters, options_of(given))
    if not found.guidelines:
        raise UserError(nothing_found(read, opened.name, found))
    titles = title or document.stem, title_ja or title or document.stem
    facts = SetFacts(name, *titles, document.name, opened.name, load_prompt("guidelines").label)
    write_set(output, facts._replace(licence=licence) if licence else facts, found.guidelines)
    _report(output, found)


def _require_output(output: Path, *, is_replaced: bool) -> None:
    if output.suffix != ".toml":
        raise UserError(
            f"“{output}” was given as --output; a name that ends in .toml was expected."
        )
    if output.exists() and not is_replaced:
        raise UserError(
            f"{output} is there already, and somebody may have reviewed it. Name another file with "
            "--output, or say --overwrite."
        )


def _say_empty_pages(document: Document) -> None:
    """Say how many pages nothing was read from: a rule on a scanned page would be missing."""
    count = document.without_text
    if document.passages[-1].place.kind == "page" and count:
        notes().print(
            f"{count:,} of {len(document.passages):,} pages hold no text that can be read. If they "
            "were scanned, run text recognition (OCR) first.",
            style="yellow",
            markup=False,
        )


def _require_id(name: str, *, is_given: bool) -> None:
    way_out = "Name another with --id." if not is_given else "Correct --id."
    if not _ID.fullmatch(name):
        raise UserError(
            f"“{shorten(name)}” is no id of a guideline set: lower-case letters, digits, “.”, “_” "
            f"and “-” were expected. {way_out}"
        )
    if name in list_sets():
        raise UserError(f"“{name}” is the id of a built-in guideline set. {way_out}")


def _found(
    document: Document, asked: RoleModel, characters: int, options: AskingOptions
) -> FoundGuidelines:
    questions = document_questions(document, asked, characters)
    return ask(
        lambda asker: find_guidelines(document, asked, asker, characters),
        [asked.model],
        len(questions),
        options,
    )


def _show_plan(document: Document, asked: RoleModel, characters: int, max_tokens: int) -> None:
    questions = document_questions(document, asked, characters)
    length = sum(len(each.content) for q in questions for each in q.request.messages)
    tokens = length // _CHARACTERS_PER_TOKEN
    last = document.passages[-1].place
    facts = [("Document", f"{document.path}: {counted(last.number, last.kind)}")]
    calls = len(questions)
    planned = PlannedCalls("Reader", asked.model, calls, tokens, max_tokens * calls)
    show_plan(facts, [planned], screen())


def _report(output: Path, found: FoundGuidelines) -> None:
    for note in fault_words(found):
        notes().print(note, style="yellow", markup=False)
    number = counted(len(found.guidelines), "guideline")
    screen().print(
        f"{output}: {number}, each with a quotation that stands in "
        "the document. Review the file, then delete the lines from “# NOT REVIEWED” down to the "
        "first empty one.",
        soft_wrap=True,
        markup=False,
    )
