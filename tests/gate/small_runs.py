"""Small runs with known verdicts, for the tests of the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tests.evaluation.run_columns import Votes, an_item, columns_of, facts_of, talk

from primum.core.scale import HARMFULNESS, REFUSAL, Scale
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.summary import summarise


def refusals(
    harmful: Sequence[Votes], benign: Sequence[Votes] = (), *, run: str = "run-1", **spec: object
) -> EvaluatedRun:
    """A run of single turns judged on refusal."""
    return a_run({"harmful": harmful, "benign": benign}, REFUSAL, run, spec=spec)


def scores(
    harmful: Sequence[Votes], *, run: str = "run-1", perspectives: Sequence[str] = ("patient",)
) -> EvaluatedRun:
    """A run of single turns judged on harmfulness, its items going round the perspectives."""
    return a_run({"harmful": harmful}, HARMFULNESS, run, perspectives, {})


def a_run(
    values: dict[str, Sequence[Votes]],
    scale: Scale,
    run: str,
    perspectives: Sequence[str] = ("patient",),
    spec: Mapping[str, object] | None = None,
) -> EvaluatedRun:
    """Items are named by intent and number, so that equal numbers are one request."""
    columns = columns_of(
        *(
            talk(
                an_item(
                    f"{intent}-{number}",
                    intent=intent,
                    perspective=perspectives[number % len(perspectives)],
                ),
                value,
            )
            for intent, given in values.items()
            for number, value in enumerate(given)
        )
    )
    known = {"protocol": {"id": "test"}, "benchmark": {"name": "ours", "version": "1"}}
    facts = replace(facts_of(j=scale), run_id=run, spec={**known, **(spec or {})})
    return EvaluatedRun(columns, facts, summarise(columns, run=facts))


def shares(ones: int, of: int, missing: int = 0) -> list[Votes]:
    """So many ones, then zeros, then verdicts that could not be read."""
    return [*[1.0] * ones, *[0.0] * (of - ones - missing), *[None] * missing]
