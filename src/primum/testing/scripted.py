"""Models that answer as a test says: no network, no weights, every request kept."""

from primum.models.recorded import RecordedAnswers
from primum.models.scripted import Rule, ScriptedModel

__all__ = ["RecordedAnswers", "Rule", "ScriptedModel"]
