"""``primum benchmarks coverage``: the items for each guideline, and which guideline has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from primum.benchmarks.catalogue import load
from primum.benchmarks.coverage import (
    Cell,
    Coverage,
    GuidelineCoverage,
    ItemTally,
    coverage,
    tally_items,
    tally_of,
)
from primum.cli.filled_text import filled
from primum.cli.option import (
    column_option,
    data_option,
    guidelines_option,
    mapping_of,
    workspace_option,
)
from primum.cli.report import write_bytes
from primum.cli.screen import download_bar, output
from primum.core.digest import canonical
from primum.core.errors import UserError, shorten
from primum.guidelines.catalogue import load_set, load_sets
from primum.guidelines.crosswalk import STRENGTHS, Crosswalk, Strength
from primum.guidelines.crosswalk_catalogue import built_in_crosswalks, load_crosswalks
from primum.guidelines.guideline_set import Guideline, GuidelineSet
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate

GAP = 2
"""Spaces between columns."""
LABEL_CELLS = 30
LABEL = "guideline"
TOTAL = "all"


@click.command("coverage")
@click.argument("benchmark", required=False)
@click.option(
    "--run",
    "run_id",
    metavar="RUN",
    help="Count the items of a run instead (its id, the beginning of one, or “latest”), along "
    "every set that a crosswalk leads to.",
)
@workspace_option
@data_option
@column_option
@guidelines_option
@click.option(
    "--by",
    "sets",
    multiple=True,
    metavar="SET",
    help="The guideline set to read it along (a built-in id or a TOML file); may be given again.  "
    "[default: those that its items name]",
)
@click.option(
    "--strength",
    type=click.Choice(STRENGTHS),
    default="overlaps",
    show_default=True,
    help="The weakest link of a crosswalk that counts.",
)
@click.option(
    "--crosswalk",
    "files",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="A crosswalk of your own (TOML), before the built-in ones.",
)
@click.option(
    "--language",
    "-l",
    type=click.Choice(["en", "ja"]),
    default="en",
    show_default=True,
    help="Language of the guidelines' titles.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write JSON there; - for standard output.",
)
def command(
    benchmark: str | None,
    *,
    run_id: str | None,
    workspace: Path | None,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    sets: tuple[str, ...],
    strength: Strength,
    files: tuple[Path, ...],
    language: str,
    json_file: Path | None,
) -> None:
    """Count the items for each guideline by perspective, language and intent; list what has none.

    “12” are items that name the guideline. “+30” are items that name a counterpart of it in another
    set, by a crosswalk: they may bear on it or not, and are never added to the others.

    \b
    Examples:
      primum benchmarks coverage primum-core
      primum benchmarks coverage medsafetybench:test --by jma-2018 --data med-safety-bench
      primum benchmarks coverage --run latest
    """
    named = {name: load_set(name) for name in dict.fromkeys(sets)}
    if run_id is not None:
        if benchmark is not None or data is not None or columns:
            raise UserError(
                "A run has items of its own: name --run without a benchmark, --data and --column."
            )
        tally = _tally_of_run(run_id, workspace, guidelines)
        along = tuple(named.values()) or _within_reach(tally, files)
    elif benchmark is not None:
        tally = _tally(benchmark, data, columns, guidelines)
        along = tuple(named.values()) or tally.named_sets
    else:
        raise UserError("Name a benchmark (see “primum benchmarks list”), or a run with --run RUN.")
    if not along:
        raise UserError(
            f"No item of {tally.benchmark} names a guideline. There is nothing to read it along."
        )
    crosswalks = load_crosswalks(files, (*tally.guideline_sets, *along))
    found = [_along(tally, each, crosswalks, strength) for each in along]
    if json_file is not None:
        document = {
            "benchmark": tally.benchmark,
            "items": tally.items,
            "coverage": [each.as_json() for each in found],
        }
        write_bytes(json_file, canonical(document) + b"\n")
        return
    console = output()
    for each in found:
        _show(console, each, language)


def _tally(
    benchmark: str, data: Path | None, columns: tuple[str, ...], guidelines: tuple[str, ...]
) -> ItemTally:
    with download_bar(f"Fetching {benchmark}") as progress:
        found = load(
            benchmark,
            path=data,
            mapping=mapping_of(columns),
            guidelines=load_sets(guidelines),
            progress=progress,
        )
    return tally_items(found)


def _tally_of_run(run_id: str, workspace: Path | None, guidelines: tuple[str, ...]) -> ItemTally:
    with read_ledger(locate(workspace)) as ledger:
        run = ledger.run(run_id)
        name = f"{run.spec['benchmark']['name']} (run {run.id[:12]})"
        return tally_of(name, ledger.run_items(run.id), load_sets(guidelines))


def _within_reach(tally: ItemTally, files: Sequence[Path]) -> tuple[GuidelineSet, ...]:
    """The sets that items name, and those that a crosswalk leads to from them."""
    crosswalks = load_crosswalks(files, tally.guideline_sets)
    return tuple(
        each
        for each in tally.guideline_sets
        if any(
            each.id == named.id or any(walk.joins(named, each) for walk in crosswalks)
            for named in tally.named_sets
        )
    )


def _along(
    tally: ItemTally,
    guideline_set: GuidelineSet,
    crosswalks: Sequence[Crosswalk],
    strength: Strength,
) -> Coverage:
    """The coverage along that set, in the content that the items' ids were looked up in."""
    own = {each.id: each for each in tally.guideline_sets}
    return coverage(tally, own.get(guideline_set.id, guideline_set), crosswalks, strength)


def _show(console: Console, found: Coverage, language: str) -> None:
    width = console.width
    items = found.tally.items
    heading = f"{found.tally.benchmark} along {found.guideline_set.id}"
    console.print()
    console.print(Text(shorten(heading, 200), style="bold underline", overflow="fold"))
    for line in _facts(found, items):
        console.print(filled(line, width))
    if found.placed_directly or found.placed_through:
        labels = {each.id: _label(each, language) for each in found.guideline_set.guidelines}
        for cells in _pages(found, labels, width):
            console.print()
            console.print(_table(found, labels, cells))
    _list(console, found, language)


def _facts(found: Coverage, items: int) -> Iterator[str]:
    yield (
        f"{items:,} items: {found.placed_directly:,} name a guideline of the set, "
        f"{found.placed_through:,} only a counterpart of one (+), {found.unplaced:,} neither."
    )
    if found.crosswalks:
        names = ", ".join(f"{each.id} {each.version}" for each in found.crosswalks)
        yield (
            f"Counterparts by {names}, links of at least “{found.strength}”; an item counts under "
            "each counterpart, and may bear on it or not."
        )
        if any(each in built_in_crosswalks() for each in found.crosswalks):
            yield (
                "The built-in crosswalks were written without clinicians or lawyers, and the "
                "bodies whose principles they name have not verified them."
            )
    without = [
        each.id
        for each in found.tally.named_sets
        if each.id != found.guideline_set.id
        and not any(walk.joins(each, found.guideline_set) for walk in found.crosswalks)
    ]
    if without:
        yield f"No crosswalk leads here from {', '.join(without)}."
    if len(found.tally.cells) == 1:
        yield f"All items are {' '.join(found.tally.cells[0])}."


def _label(guideline: Guideline, language: str) -> str:
    """The guideline's short id; where that is a bare number, with the beginning of its title."""
    local = shorten(guideline.id.partition("/")[2], LABEL_CELLS)
    if not local.isdecimal():
        return local
    written = f"{local} {shorten(guideline.title(language), 200)}"
    if cell_len(written) <= LABEL_CELLS:
        return written
    return f"{set_cell_size(written, LABEL_CELLS - 1).rstrip()}…"


def _pages(found: Coverage, labels: Mapping[str, str], width: int) -> Iterator[tuple[Cell, ...]]:
    """The kinds of items in portions that fit beside the guidelines; the first has the totals."""
    room = width - _column([LABEL, *labels.values()])
    cells = found.tally.cells if len(found.tally.cells) > 1 else ()
    used = _column([TOTAL, *(_total(row) for row in found.rows)])
    page: list[Cell] = []
    for cell in cells:
        needed = _column([*cell, *(_count(row, cell) for row in found.rows)])
        if page and used + needed > room:
            yield tuple(page)
            page, used = [], 0
        page.append(cell)
        used += needed
    yield tuple(page)


def _column(texts: Sequence[str]) -> int:
    return max(cell_len(text) for text in texts) + GAP


def _table(found: Coverage, labels: Mapping[str, str], cells: tuple[Cell, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    table.add_column(LABEL, no_wrap=True, overflow="ellipsis")
    has_totals = cells[:1] == found.tally.cells[:1] or not cells
    has_sources = not cells and bool(found.placed_through)
    if has_totals:
        table.add_column(TOTAL, justify="right", no_wrap=True)
    for cell in cells:
        table.add_column("\n".join(cell), justify="right", no_wrap=True)
    if has_sources:
        table.add_column("+ by", overflow="fold")
    for row in found.rows:
        table.add_row(
            Text(labels[row.guideline]),
            *((_total(row),) if has_totals else ()),
            *(_count(row, cell) for cell in cells),
            *((Text(shorten(", ".join(row.via), 200)),) if has_sources else ()),
        )
    return table


def _count(row: GuidelineCoverage, cell: Cell) -> str:
    return _written(row.direct.get(cell, 0), row.through.get(cell, 0))


def _total(row: GuidelineCoverage) -> str:
    return _written(row.direct_items, row.through_items)


def _written(direct: int, through: int) -> str:
    """``12``, ``+30``, ``12 +30``, or a dot where there is nothing."""
    parts = (f"{direct:,}" if direct else "", f"+{through:,}" if through else "")
    return " ".join(part for part in parts if part) or "·"


def _list(console: Console, found: Coverage, language: str) -> None:
    """What only counterparts lead to, counted, and what no item covers, by name."""
    console.print()
    everything = len(found.rows)
    if found.only_through:
        console.print(f"Only through a counterpart: {len(found.only_through)} of {everything}.")
    console.print(f"No item at all: {len(found.uncovered)} of {everything}.")
    for each in found.uncovered:
        title = shorten(found.guideline_set.guideline(each).title(language), 200)
        line = Text.assemble(title, "  ", (each, "dim"), overflow="fold")
        console.print(Padding(line, (0, 0, 0, 2), expand=False))
