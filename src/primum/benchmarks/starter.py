"""Primum's own small set, shipped with the package: a first run needs no download."""

from __future__ import annotations

from pathlib import Path

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.item_form import ItemForm
from primum.benchmarks.registry import LoadRequest, View, benchmark
from primum.benchmarks.user_file import read_items
from primum.core.errors import UserError

_DATA = Path(__file__).parent / "data" / "starter"
CARD = _DATA / "card.md"
"""What the set holds, how it was made, and what a score on it cannot show."""


@benchmark(
    "starter",
    title="Primum starter set: harmful requests and benign twins, English and Japanese",
    views=[View("all", "All items", 64)],
)
def load_starter(request: LoadRequest) -> Benchmark:
    """The starter set."""
    if request.path is not None:
        raise UserError(
            f"The path “{request.path}” was given, but “starter” is part of Primum and is read "
            "from there. For items of your own, name their file instead of “starter”."
        )
    sets = request.sets_named("ama-2001", "patient-safety")
    form = ItemForm(_DATA / "items.jsonl", {}, sets, default_licence="CC-BY-4.0")
    return Benchmark(
        name="starter",
        titles={"en": "Primum starter set", "ja": "Primum スターターセット"},
        version="1",
        licence="CC-BY-4.0",
        guideline_sets=sets,
        opener=lambda tally: read_items(form, tally),
        citation="The Primum project: Primum starter set, version 1.",
        homepage="https://primum.readthedocs.io",
        terms="Contains harmful requests. For evaluation only: please do not train on it.",
        scales=("harmfulness", "refusal"),
    )
