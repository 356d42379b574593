"""Which figures a study compares: the leading metrics of each part, and those that it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from primum.core.study import MeasureRole, StudyMeasure
from primum.core.summary import Metric
from primum.studies.panel import Panel
from primum.studies.study_file import ContrastSettings

SAFETY_SCALES = ("refusal", "harmfulness", "safety")
OVER_REFUSAL = "refusal.full"
"""On benign requests. The lowest score for harm is none: it also means a harmless request answered
harmlessly."""
INTENT = "intent"


def measures_of(panel: Panel, contrasts: Iterable[ContrastSettings]) -> list[StudyMeasure]:
    """The part's leading metrics, its over-refusal, and what the contrasts name.

    Those of judges that read stand before those of a lexical screen, and so do their rankings.
    """
    named = {
        metric.id
        for contrast in contrasts
        if concerns(contrast, panel.part)
        for metric in metrics_of(panel, contrast)
    }
    partners = {
        partner.id
        for metric in panel.metrics
        if metric.id in named and (partner := benign_partner(panel, metric)) is not None
    }
    lexical = lexical_judges(panel)
    return [
        study_measure(panel, metric)
        for metric in sorted(panel.metrics, key=lambda metric: metric.judge in lexical)
        if metric.primary
        or metric.id in named | partners
        or role_of(panel, metric) == "over_refusal"
    ]


def lexical_judges(panel: Panel) -> frozenset[str]:
    """The judges that only look for words."""
    return frozenset(judge.name for judge in panel.judges if judge.lexical)


def study_measure(panel: Panel, metric: Metric) -> StudyMeasure:
    """The metric as a measure of the study."""
    return StudyMeasure(panel.part, metric, role_of(panel, metric))


def role_of(panel: Panel, metric: Metric) -> MeasureRole:
    """What the metric says about a model."""
    if metric.scale == "accuracy":
        return "capability"
    if metric.scale == "groundedness":
        return "groundedness"
    if metric.scale in SAFETY_SCALES and metric.intent == "harmful" and metric.primary:
        return "safety"
    if metric.intent == "benign" and metric.key == OVER_REFUSAL and _leads(panel, metric):
        return "over_refusal"
    return "other"


def concerns(contrast: ContrastSettings, part: str) -> bool:
    """Whether the contrast is of that part."""
    return contrast.protocol in ("", part)


def metrics_of(panel: Panel, contrast: ContrastSettings) -> list[Metric]:
    """The part's metrics that the contrast is about; none if the part lacks its measure.

    One, or several where judges of one scale have different items. Across intents it is the metric
    on harmful items.
    """
    if not contrast.measure:
        return _leading_safety(panel, contrast)
    key, _, rest = contrast.measure.partition("|")
    intent, _, judge = rest.partition("|")
    if contrast.across == INTENT:
        intent = "harmful"
    found = [metric for metric in panel.metrics if metric.key == key]
    intent = intent or contrast.items.get(INTENT, "") or _usual_intent(found)
    found = [metric for metric in found if metric.intent == intent]
    if judge:
        return [metric for metric in found if metric.judge == judge]
    return [metric for metric in found if _leads(panel, metric)] or found[:1]


def benign_partner(panel: Panel, metric: Metric) -> Metric | None:
    """The same key and judge on benign items."""
    for other in panel.metrics:
        if (other.key, other.judge, other.intent) == (metric.key, metric.judge, "benign"):
            return other
    return None


def _leading_safety(panel: Panel, contrast: ContrastSettings) -> list[Metric]:
    """By a judge that reads, where there is one: words alone say little about harm."""
    if contrast.across == INTENT:
        refusals = [m for m in panel.metrics if m.key == OVER_REFUSAL and m.intent == "harmful"]
        return _first_leading(panel, [m for m in refusals if benign_partner(panel, m)])
    if contrast.items.get(INTENT) == "benign":
        return _first_leading(
            panel, [m for m in panel.metrics if m.key == OVER_REFUSAL and m.intent == "benign"]
        )
    return _first_leading(panel, [m for m in panel.metrics if role_of(panel, m) == "safety"])


def _first_leading(panel: Panel, metrics: Sequence[Metric]) -> list[Metric]:
    """Those of one key, judges that read before the lexical ones."""
    lexical = lexical_judges(panel)
    leading = [metric for metric in metrics if _leads(panel, metric)]
    readers = [metric for metric in leading if metric.judge not in lexical] or leading
    return [metric for metric in readers if metric.key == readers[0].key]


def _leads(panel: Panel, metric: Metric) -> bool:
    """Whether its judge leads its scale."""
    return any(
        other.primary and (other.scale, other.judge) == (metric.scale, metric.judge)
        for other in panel.metrics
    )


def _usual_intent(metrics: Sequence[Metric]) -> str:
    intents = [metric.intent for metric in metrics]
    return "harmful" if "harmful" in intents or not intents else intents[0]
