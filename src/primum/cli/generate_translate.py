"""``primum generate translate``: a finished benchmark in another language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
from pydantic import ValidationError

from primum.benchmarks.catalogue import load
from primum.benchmarks.sampling import stratified_sample
from primum.benchmarks.selection import select
from primum.cli.generate_asking import (
    PlannedCalls,
    ask,
    asking_options,
    options_of,
    show_plan,
)
from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted, share_words
from primum.cli.option import column_option, data_option, guidelines_option, mapping_of
from primum.cli.screen import download_bar
from primum.cli.screen import output as screen
from primum.cli.table import print_table
from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.item import Item
from primum.generation.language_code import require_language_code
from primum.generation.stage import RoleModel
from primum.generation.stages.translation import TranslationSettings
from primum.generation.translated_benchmark import (
    TranslatedItem,
    WrittenTranslation,
    require_own_folder,
    translated,
    translations_of,
    write_translation,
)
from primum.generation.yields import reason_words
from primum.guidelines.catalogue import load_sets
from primum.models.cache import Progress
from primum.models.profile import Sampling
from primum.models.registry import resolve

ROLES = ("translator", "back-translator", "judge")
_PROMPT_TOKENS = 400
_CHARACTERS_PER_TOKEN = 2


class _Selection(NamedTuple):
    benchmark: str
    items: list[Item]


@click.command("translate", short_help="Translate a finished benchmark, checked by judges.")
@click.argument("benchmark")
@click.option("--to", "languages", multiple=True, required=True, help="Language code, e.g. ja.")
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    required=True,
    metavar="[ROLE=]MODEL",
    help=f"Who translates, translates back and judges; or one for a role ({', '.join(ROLES)}).",
)
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="[ROLE=]URL",
    help="Any other endpoint that speaks chat completions, for all or for a role.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder.  [default: BENCHMARK-LANGUAGE]",
)
@data_option
@column_option
@guidelines_option
@click.option("--language", "-l", multiple=True, help="Only items in this language.")
@click.option("--intent", multiple=True, help="Only harmful or benign items.")
@click.option("--limit", type=click.IntRange(min=1), help="Items at most, spread as in evaluate.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the limit's sample.")
@click.option(
    "--least-meaning",
    type=NumberRange(1, 5),
    default=4.0,
    show_default=True,
    help="The judge's rating from 1 to 5 below which the meaning is lost.",
)
@click.option(
    "--least-naturalness",
    type=NumberRange(1, 5),
    default=3.0,
    show_default=True,
    help="Likewise for the language.",
)
@click.option(
    "--temperature", type=NumberRange(min=0), default=0.0, show_default=True, help="Of all."
)
@click.option(
    "--max-tokens",
    type=click.IntRange(min=1),
    default=2048,
    show_default=True,
    help="Of each answer.",
)
@click.option("--whole", is_flag=True, help="Keep items whose translation failed, too.")
@asking_options
def translate_command(
    *,
    benchmark: str,
    languages: tuple[str, ...],
    models: tuple[str, ...],
    base_urls: tuple[str, ...],
    output: Path | None,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    language: tuple[str, ...],
    intent: tuple[str, ...],
    limit: int | None,
    seed: int,
    least_meaning: float,
    least_naturalness: float,
    temperature: float,
    max_tokens: int,
    whole: bool,
    dry_run: bool,
    **given: Any,
) -> None:
    """Translate a benchmark's items, translate them back, and have both compared by a judge.

    BENCHMARK is a name (“primum benchmarks list”) or a file of yours. The folder holds pairs of
    originals and translations, ready for “primum evaluate --benchmark FOLDER/items.jsonl”; what did
    not pass stands in a list for a person. The licence of the original holds for its translation.

    \b
    Examples:
      primum generate translate medsafetybench:test --to ja --data med-safety-bench \\
        --model openai/gpt-4.1 --model judge=anthropic/claude-sonnet-4-5 --dry-run
      primum generate translate ours.csv --column request=prompt --to en --model openai/gpt-4.1
    """
    settings = _settings(languages, least_meaning, least_naturalness)
    folder = output or _folder_for(benchmark, settings.to)
    require_own_folder(folder, benchmark)
    sampling = Sampling(temperature=temperature, max_tokens=max_tokens)
    with download_bar("Fetching what this needs") as download:
        roles = _roles(models, base_urls, sampling, download)
        loaded = load(
            benchmark,
            path=data,
            mapping=mapping_of(columns),
            guidelines=guidelines,
            progress=download,
        )
        chosen = select(loaded.items(), language=language, intent=intent)
        items = list(stratified_sample(chosen, limit, seed) if limit else chosen)
        planned = translations_of(items, settings)
        if not planned:
            raise UserError(
                f"Of {shorten(benchmark)}, {counted(len(items), 'item')} were chosen, and nothing "
                f"in another language than {' and '.join(settings.to)}; there is nothing to "
                "translate."
            )
        if dry_run:
            _show_plan(_Selection(benchmark, items), planned, roles, sampling)
            return
        found = ask(
            lambda asker: translated(items, settings, roles, asker, folder),
            [played.model for each in roles.values() for played in each],
            _calls(planned),
            options_of(given),
        )
    written = write_translation(
        folder, benchmark, items, found, is_whole=whole, guideline_sets=load_sets(guidelines)
    )
    _report(written)


def _settings(
    languages: tuple[str, ...], meaning: float, naturalness: float
) -> TranslationSettings:
    for language in languages:
        require_language_code(language)
    try:
        return TranslationSettings(
            to=languages,
            role="translator",
            back_role="back-translator",
            judge_role="judge",
            least_meaning=meaning,
            least_naturalness=naturalness,
        )
    except ValidationError as error:
        problem = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise UserError(f"--to: {problem}.") from None


def _folder_for(benchmark: str, languages: Sequence[str]) -> Path:
    name = Path(benchmark).stem if Path(benchmark).suffix else benchmark.replace(":", "-")
    return Path(f"{name.replace('@', '-').replace('/', '-')}-{'-'.join(languages)}")


def _by_role(given: Sequence[str], what: str) -> Mapping[str, str]:
    """Role → value; a value without a role is that of every role that has none of its own."""
    found: dict[str, str] = {}
    general = ""
    for text in given:
        role, mark, value = text.partition("=")
        if mark and value and role in ROLES:
            found[role] = value
        elif mark and "/" not in role and ":" not in role:
            raise UnknownNameError("role", role, ROLES, hint=f"{what} is given as ROLE=VALUE.")
        elif general:
            raise UserError(
                f"{what} was given twice without a role, “{shorten(general)}” and "
                f"“{shorten(text)}”. Say which is whose: judge=…"
            )
        else:
            general = text
    return {role: found.get(role, general) for role in ROLES}


def _roles(
    models: Sequence[str], base_urls: Sequence[str], sampling: Sampling, progress: Progress
) -> dict[str, tuple[RoleModel, ...]]:
    names, urls = _by_role(models, "--model"), _by_role(base_urls, "--base-url")
    for role, name in names.items():
        if not name:
            raise UserError(f"No model was named for the role “{role}”. Add --model {role}=MODEL.")
    opened = {
        (names[role], urls[role]): resolve(
            names[role], base_url=urls[role] or None, progress=progress
        )
        for role in reversed(ROLES)
    }
    return {role: (RoleModel(opened[names[role], urls[role]], sampling),) for role in ROLES}


def _calls(planned: Sequence[TranslatedItem]) -> int:
    return sum(2 * len(each.item.turns) + 2 for each in planned)


def _show_plan(
    selection: _Selection,
    planned: Sequence[TranslatedItem],
    roles: Mapping[str, Sequence[RoleModel]],
    sampling: Sampling,
) -> None:
    turns = sum(len(each.item.turns) for each in planned)
    text = sum(len(turn) for each in planned for turn in each.item.turns) // _CHARACTERS_PER_TOKEN
    most = sampling.max_tokens or 0
    rows = [
        PlannedCalls(
            role, roles[role][0].model, calls, _PROMPT_TOKENS * calls + share * text, answer
        )
        for role, calls, share, answer in (
            ("translator", turns, 1, turns * most),
            ("back-translator", turns, 1, turns * most),
            ("judge", 2 * len(planned), 4, 2 * len(planned) * min(most, 64)),
        )
    ]
    facts = [
        ("Benchmark", f"{selection.benchmark}: {counted(len(selection.items), 'item')}"),
        ("Translations", f"{len(planned):,} of {counted(turns, 'turn')}"),
    ]
    show_plan(facts, rows, screen())


def _report(written: WrittenTranslation) -> None:
    console = screen()
    rows = []
    for language, figures in written.figures.items():
        share = share_words(figures["kept"])
        failed = ", ".join(
            f"{reason_words(reason)} {count:,}" for reason, count in figures["failed"].items()
        )
        if figures["corrected_by_people"]:
            failed += f"; {figures['corrected_by_people']:,} of them corrected by people"
        rows.append((language, f"{figures['translated']:,}", share, failed or "none"))
    print_table(console, ("Language", "Translated", "Kept (95 % interval)", "Failed"), rows)
    for path in written.failed:
        console.print(f"For a person to correct: {path}", soft_wrap=True, markup=False)
    if written.items:
        place = written.folder / "items.jsonl"
        console.print(
            f"{counted(written.items, 'item')}: primum evaluate --benchmark {place}",
            soft_wrap=True,
            markup=False,
        )
    else:
        console.print("No translation passed; no benchmark was made.", soft_wrap=True)
