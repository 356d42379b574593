"""Who takes part in a study and what is put to them: members and parts.

A member is one model under one deployment profile, or one person; a part is one protocol as the
study runs it. Each pair has one run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from primum.core.errors import UnknownNameError
from primum.evaluation.protocol import Protocol, load_protocol
from primum.studies.study_file import ModelSettings, PartSettings


@dataclass(frozen=True, slots=True)
class StudyMember:
    """One model or one person; ``runs``, ``is_complete`` and ``reason`` are filled by a run."""

    name: str
    """Unique in the study; of one of several people ``NAME/RESPONDENT``."""
    settings: ModelSettings
    """Its table in the study file."""
    model: str
    """As ``primum evaluate --model`` takes it; of a person with the respondent."""
    labels: Mapping[str, str]
    """Factor → value: ``class``, ``family``, ``base``, ``profile``, ``languages`` and own ones;
    absent where the study says nothing."""
    size: float | None
    """Billions of parameters."""
    is_person: bool
    source: str
    """Where the model can be had."""
    runs: Mapping[str, str] = field(default_factory=dict)
    """Part → run id; a part that could not begin is absent."""
    is_complete: bool = False
    """Whether every planned run is finished."""
    reason: str = ""
    """Why it is not complete; empty if it is, or before a run."""

    def takes(self, part: str) -> bool:
        """Whether the part of that name is put to it."""
        return not self.settings.protocols or part in self.settings.protocols


@dataclass(frozen=True, slots=True)
class PartPlan:
    """One protocol as the study runs it, its items counted."""

    name: str
    """Unique in the study."""
    settings: PartSettings
    """Its table in the study file."""
    protocol: Protocol
    titles: Mapping[str, str]
    benchmark: str
    items: int
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Dimension of the items (``language``, ``perspective`` …) → its values among them."""


def part_name(settings: PartSettings) -> str:
    """How the study calls the part: its own name, or the protocol's id.

    Raises:
        UserError: it has no name, and its protocol is unknown or unreadable.
    """
    return settings.name or load_protocol(settings.protocol).id


def labels_of(settings: ModelSettings) -> dict[str, str]:
    """Factor → value, of what the study says about the model; people are a class of their own."""
    profile = settings.profile or ""
    labels = {
        "class": settings.class_ or ("people" if settings.model.startswith("answers:") else ""),
        "family": settings.family,
        "base": settings.base,
        "profile": Path(profile).stem if profile.endswith(".toml") else profile,
        "languages": settings.languages,
        **settings.labels,
    }
    return {factor: value for factor, value in labels.items() if value}


def base_of(member: StudyMember, members: Sequence[StudyMember]) -> StudyMember | None:
    """The member that this one was made from; None where it names none."""
    name = member.labels.get("base", "")
    if not name:
        return None
    for other in members:
        if other.name == name:
            return other
    raise UnknownNameError("base", name, [other.name for other in members])
