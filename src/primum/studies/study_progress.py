"""Counters of a study in progress: those of its runs, and which of them go on now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from primum.engine.progress import Progress
from primum.studies.study_plan import StudyPlan

RunStage = Literal["waiting", "running", "finished", "incomplete"]


@dataclass(slots=True)
class RunProgress:
    """One member on one part."""

    member: str
    part: str
    lane: str
    progress: Progress
    stage: RunStage = "waiting"
    reason: str = ""
    """Why it is incomplete."""

    def begin(self) -> None:
        """Its time runs from now."""
        self.stage = "running"
        self.progress.started = time.monotonic()


@dataclass(slots=True)
class StudyProgress:
    """What has happened so far, over all runs."""

    runs: list[RunProgress] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    lanes_begun: dict[str, float] = field(default_factory=dict)
    """Lane → when its first run began."""

    @classmethod
    def of(cls, plan: StudyPlan) -> StudyProgress:
        """Every run of the plan, waiting."""
        return cls(
            [
                RunProgress(
                    run.member, run.part, run.lane, Progress(planned=run.plan.conversations)
                )
                for run in plan.runs
            ]
        )

    def begin(self, run: RunProgress) -> None:
        """Note that a run begins now."""
        run.begin()
        self.lanes_begun.setdefault(run.lane, run.progress.started)

    @property
    def runs_done(self) -> int:
        """Runs that have ended, finished or not."""
        return sum(run.stage in ("finished", "incomplete") for run in self.runs)

    @property
    def runs_incomplete(self) -> int:
        """Runs that ended before their last conversation."""
        return sum(run.stage == "incomplete" for run in self.runs)

    @property
    def running(self) -> list[RunProgress]:
        """Runs that go on now."""
        return [run for run in self.runs if run.stage == "running"]

    @property
    def planned(self) -> int:
        """Conversations of all runs."""
        return sum(each.planned for each in self._each())

    @property
    def done(self) -> int:
        """Conversations whose turns and verdicts are all there."""
        return sum(each.done for each in self._each())

    @property
    def calls(self) -> int:
        """Calls made now."""
        return sum(each.calls for each in self._each())

    @property
    def reused(self) -> int:
        """Turns and verdict calls found in the ledger, or made once for several runs."""
        return sum(each.reused for each in self._each())

    @property
    def in_flight(self) -> int:
        """Calls that are being answered."""
        return sum(each.in_flight for each in self._each())

    @property
    def usd(self) -> float:
        """US dollars spent now, where prices are known."""
        return sum(each.usd for each in self._each())

    @property
    def missing_verdicts(self) -> int:
        """Verdicts that are not a score."""
        return sum(each.missing_verdicts for each in self._each())

    @property
    def elapsed_seconds(self) -> float:
        """Since the study began."""
        return time.monotonic() - self.started

    @property
    def eta_seconds(self) -> float | None:
        """Expected time to the end: of the lane that takes longest, at its own rate.

        None while a lane that has work left has not shown its rate.
        """
        longest = 0.0
        for lane in dict.fromkeys(run.lane for run in self.runs):
            runs = [run for run in self.runs if run.lane == lane]
            open_ones = [run.progress for run in runs if run.stage in ("waiting", "running")]
            left = sum(each.planned - each.done for each in open_ones)
            if not left:
                continue
            done = sum(run.progress.done_new for run in runs)
            if not done:
                return None
            elapsed = time.monotonic() - self.lanes_begun[lane]
            longest = max(longest, elapsed / done * left)
        return longest

    def _each(self) -> Iterator[Progress]:
        return (run.progress for run in self.runs)
