"""Counters of an improvement in progress: steps of three kinds, one after another."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from primum.engine.progress import Progress
from primum.studies.improve_plan import BASELINE, ImprovePlan
from primum.tuning.progress import TuningProgress

StepKind = Literal["tune", "evaluate", "capability"]
StepState = Literal["waiting", "running", "finished", "incomplete"]


@dataclass(slots=True)
class ImproveStep:
    """One thing to do."""

    subject: str
    """Name of the adapter, or ``baseline``."""
    kind: StepKind
    part: str = ""
    """Of an evaluation."""
    state: StepState = "waiting"
    reason: str = ""
    """Why it is not complete."""
    seconds: float | None = None
    """Of a step that was worked on now; None for one that was found finished."""
    asked: Progress = field(default_factory=Progress)
    tuned: TuningProgress = field(default_factory=TuningProgress)
    started: float = 0.0

    def begin(self) -> None:
        """Count the time from now."""
        self.state, self.started = "running", time.monotonic()
        self.asked.started = self.started

    def end(self, *, was_known: bool = False) -> None:
        """It is done; ``was_known``: it was before."""
        self.state = "finished"
        self.seconds = None if was_known else time.monotonic() - self.started


@dataclass(slots=True)
class ImproveProgress:
    """All steps, in the order in which they are done."""

    steps: list[ImproveStep] = field(default_factory=list)

    @classmethod
    def of(cls, plan: ImprovePlan) -> ImproveProgress:
        """Every step of the plan, waiting."""
        steps: list[ImproveStep] = []
        for name in (BASELINE, *(adapter.name for adapter in plan.adapters)):
            if name != BASELINE:
                steps.append(ImproveStep(name, "tune"))
            steps += [ImproveStep(name, "evaluate", part) for part in plan.parts]
            if plan.capability is not None:
                steps.append(ImproveStep(name, "capability"))
        return cls(steps)

    def step(self, subject: str, kind: StepKind, part: str = "") -> ImproveStep:
        """The step of that subject and kind."""
        wanted = subject, kind, part
        return next(one for one in self.steps if (one.subject, one.kind, one.part) == wanted)

    def give_up(self, subject: str, reason: str) -> None:
        """Mark what the subject still had to do as incomplete."""
        for step in self.steps:
            if step.subject == subject and step.state != "finished":
                step.state, step.reason = "incomplete", reason

    @property
    def running(self) -> ImproveStep | None:
        """What is done now."""
        return next((step for step in self.steps if step.state == "running"), None)

    @property
    def done(self) -> int:
        """Steps that will not be touched again, incomplete ones with them."""
        return sum(step.state in ("finished", "incomplete") for step in self.steps)

    @property
    def calls(self) -> int:
        """Requests computed now."""
        return sum(step.asked.calls for step in self.steps)

    @property
    def eta_seconds(self) -> float | None:
        """Expected time to the end: each kind of step as long as those that were done now.

        None while a kind that is left was not done now.
        """
        total = 0.0
        for step in self.steps:
            if step.state in ("finished", "incomplete"):
                continue
            alike = [
                each.seconds
                for each in self.steps
                if (each.kind, each.part) == (step.kind, step.part) and each.seconds is not None
            ]
            if not alike:
                return None
            left = sum(alike) / len(alike)
            if step.state == "running":
                left = max(0.0, left - (time.monotonic() - step.started))
            total += left
        return total
