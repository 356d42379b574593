"""Members and panels written by hand: one value for each model and item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.evaluation.run_columns import Talk, columns_of, facts_of

from primum.core.scale import REFUSAL, Scale
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.fact import RunFacts
from primum.evaluation.summary import summarise
from primum.ledger.record import Run
from primum.studies.design import StudyMember
from primum.studies.panel import MemberScores, Panel, panel_of, scores_of_member
from primum.studies.study_file import ModelSettings, StudyFile

PART = "small"
JUDGE = "j"


def a_member(
    name: str,
    *,
    size: float | None = None,
    is_person: bool = False,
    is_complete: bool = True,
    protocols: tuple[str, ...] = (),
    model: str = "",
    **labels: str,
) -> StudyMember:
    """A member with a run of the only part; ``class_`` stands for the label ``class``."""
    return StudyMember(
        name=name,
        settings=ModelSettings(name=name, model=model or f"small:{name}", protocols=protocols),
        model=model or f"small:{name}",
        labels={key.rstrip("_"): value for key, value in labels.items()},
        size=size,
        is_person=is_person,
        source="",
        runs={PART: f"run-{name}"},
        is_complete=is_complete,
        reason="" if is_complete else "its endpoint did not answer",
    )


def a_study(
    *contrasts: Mapping[str, object], factors: Sequence[str] = (), seed: int = 1
) -> StudyFile:
    """A study of these contrasts; its models and protocols stand elsewhere."""
    content: dict[str, Any] = {
        "id": "small",
        "title": {"en": "small"},
        "seed": seed,
        "factors": tuple(factors),
        "protocol": [{"protocol": PART}],
        "model": [{"name": "x", "model": "x"}],
        "contrast": list(contrasts),
    }
    return StudyFile.model_validate(content)


def evaluated(
    name: str, talks: Sequence[Talk], facts: RunFacts | None = None, scale: Scale = REFUSAL
) -> EvaluatedRun:
    """The run of a member, as if read from the ledger."""
    columns = columns_of(*talks)
    facts = facts or facts_of(j=scale)
    return EvaluatedRun(columns, facts, summarise(columns, run=facts))


def member_scores(
    member: StudyMember,
    talks: Sequence[Talk],
    *,
    facts: RunFacts | None = None,
    scale: Scale = REFUSAL,
    settings: Mapping[str, object] | None = None,
    profile: Mapping[str, object] | None = None,
) -> MemberScores:
    """What a panel keeps of the member's run."""
    spec = {"summary": dict(settings or {}), "profile": {"name": "default", **(profile or {})}}
    run = Run(member.runs[PART], spec, {}, "finished", 0, 0)
    return scores_of_member(member, run, evaluated(member.name, talks, facts, scale))


def a_panel(
    runs: Mapping[str, Sequence[Talk]], members: Sequence[StudyMember], scale: Scale = REFUSAL
) -> Panel:
    """The panel of these members, each with its conversations."""
    by_name = {member.name: member for member in members}
    return panel_of(
        PART, [member_scores(by_name[name], talks, scale=scale) for name, talks in runs.items()]
    )
