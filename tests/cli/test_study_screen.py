"""The lines of a study in progress."""

from __future__ import annotations

from primum.cli.study_screen import counted, described
from primum.engine.progress import Progress
from primum.studies.study_progress import RunProgress, StudyProgress


def study(runs: int = 6) -> StudyProgress:
    """Runs of ten conversations, each at an endpoint of its own, none begun."""
    return StudyProgress(
        [RunProgress(f"m{n}", "core", f"lane {n}", Progress(planned=10)) for n in range(runs)]
    )


def test_totals_and_running_models_are_named() -> None:
    progress = study()
    first, second = progress.runs[:2]
    for run in (first, second):
        progress.begin(run)
    first.progress.done, first.progress.calls, first.progress.usd = 4, 9, 1.5
    second.stage = "incomplete"

    totals, running = described(progress)

    assert totals == (
        "1/6 runs · 4/60 conversations · 9 calls · $1.50 · 0 verdicts missing · 1 incomplete"
    )
    assert running == "now: m0 on core 4/10"


def test_of_many_running_models_the_rest_is_counted() -> None:
    progress = study()
    for run in progress.runs:
        progress.begin(run)

    assert described(progress)[1].endswith("m3 on core 0/10, 2 more")


def test_the_time_left_is_that_of_the_slowest_endpoint_and_unknown_until_all_have_a_rate() -> None:
    progress = study(2)
    for run, done in zip(progress.runs, (5, 1), strict=True):
        progress.begin(run)
        progress.lanes_begun[run.lane] -= 100
        run.progress.done = run.progress.done_new = done
    slow = progress.eta_seconds
    progress.runs[1].progress.done_new = 0

    assert slow is not None
    assert 900 <= slow < 1000
    assert progress.eta_seconds is None


def test_a_number_has_its_noun() -> None:
    assert [counted(n, "run") for n in (0, 1, 1234)] == ["0 runs", "1 run", "1,234 runs"]
