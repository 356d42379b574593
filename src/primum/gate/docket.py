"""The rules of a policy, each with the runs that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from primum.gate.policy import LimitRule, NonInferiorityRule, Policy
from primum.gate.subject import ReadRun, Subject, subject_of


class Docket(NamedTuple):
    """A rule with the figures that it is about."""

    rule: LimitRule | NonInferiorityRule
    subject: Subject
    baseline: Subject | None


def dockets_of(
    policy: Policy, candidates: Sequence[ReadRun], baselines: Sequence[ReadRun]
) -> list[Docket]:
    """Every rule with its run, and its baseline where it has one.

    Raises:
        UserError: a rule fits no run or several.
    """
    found = []
    for rule in policy.rules:
        subject = subject_of(rule, candidates)
        base = None
        if isinstance(rule, NonInferiorityRule):
            base = subject_of(rule, baselines, "baseline run")
        found.append(Docket(rule, subject, base))
    return found
