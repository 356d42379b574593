"""How an outcome of runs goes with the wording of their requests, as plain values.

Made by ``studies.wording_association``; shown by ``reporting.request_wording_view``.
"""

from __future__ import annotations

from dataclasses import dataclass

from primum.core.summary import Metric
from primum.statistics.regression import Association


@dataclass(frozen=True, slots=True)
class WordingAssociation:
    """One property of the wording, beside one outcome."""

    key: str
    """Of ``wording.PROPERTIES``."""
    step: float
    """Associations are given per so much of the property: 0.1 is ten points of a share."""
    alone: Association
    """The property beside what is adjusted for."""
    jointly: Association | None
    """The same at equal values of the other properties; None where there is no other."""
    adjusted_p: float | None
    """Of ``alone``, Holm-adjusted over the properties of this outcome."""


@dataclass(frozen=True, slots=True)
class SourceDifference:
    """The outcome of one source's requests less that of another's."""

    first: str
    second: str
    alone: Association
    """Adjusted for what the outcome is adjusted for but the source."""
    beside_wording: Association
    """Also at equal values of the properties of the wording: what is left of the difference."""


@dataclass(frozen=True, slots=True)
class OutcomeAssociations:
    """One measure of one or several runs, and every property beside it."""

    metric: Metric
    runs: tuple[str, ...]
    """Run ids."""
    items: int
    """Different requests that the measure is planned for."""
    n: int
    """Requests with a score, counted in every run."""
    missing: int
    """Requests without one, counted in every run."""
    adjusted_for: tuple[str, ...]
    """What has more than one value: ``guideline``, ``source``, ``language``, ``run``."""
    associations: tuple[WordingAssociation, ...]
    sources: tuple[SourceDifference, ...]
    """Of every pair of sources; empty where there are more than a few."""
    lexical: bool
    """Whether the score is of a screen that only looks for words."""
    confidence: float = 0.95
