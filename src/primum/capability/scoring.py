"""The harness's scores as verdicts: right or wrong by the task's metric, the others beside it."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from primum.capability.document import Document, option_name
from primum.capability.surroundings import harness_version
from primum.capability.task_loading import LoadedTask
from primum.core.digest import digest
from primum.core.errors import shorten
from primum.core.item import INTENTS, PERSPECTIVES
from primum.core.judgement import Verdict
from primum.core.response import Response
from primum.core.scale import ACCURACY

LM_EVAL = "lm-eval"
"""The judge's name."""
NOT_FOUND = "[invalid]"
"""What the harness's filters leave of an answer in which they found none."""
CUT_PROMPT = "prompt_cut"
"""``finish_reason`` of an answer to a prompt that was longer than the model's context."""
_NOT_CONTENT = frozenset({"dataset_path", "dataset_kwargs", "metadata", "task_alias", "tag"})


def judge_fingerprint(metric: str | None) -> bytes:
    """Hash of what decides a verdict beside the task: the harness's version, the metric chosen."""
    return digest("lm-eval-judge-1", harness_version(), metric or "")


def describe_judge(fingerprint: bytes) -> dict[str, Any]:
    """What the spec and the ledger keep of the judge."""
    return {
        "name": LM_EVAL,
        "scale": {
            "name": ACCURACY.name,
            "low": ACCURACY.low,
            "high": ACCURACY.high,
            "direction": ACCURACY.direction,
            "whole": ACCURACY.whole,
        },
        "votes": 1,
        "fingerprint": fingerprint.hex(),
        "lexical": False,
        "scope": {"tasks": ["choice"], "perspectives": [*PERSPECTIVES], "intents": [*INTENTS]},
        "model": "",
    }


def scoring_digest(task: LoadedTask) -> bytes:
    """Digest of how the task turns answers into scores: its settings and its own code."""
    settings = {k: v for k, v in task.harness.dump_config().items() if k not in _NOT_CONTENT}
    text = json.dumps(settings, sort_keys=True, default=_source, ensure_ascii=False)
    return digest("scoring-1", task.name, task.metric, task.filter, text)


def verdict_of(task: LoadedTask, sample: Mapping[str, Any], answers: Sequence[Response]) -> Verdict:
    """The verdict on one document.

    Args:
        task: Whose metric decides.
        sample: What the harness logged of the document.
        answers: What the model answered to its requests.
    """
    failed = next((each for each in answers if not each.is_judgeable), None)
    if failed is not None:
        why = failed.error or failed.outcome
        return Verdict("missing", reason=shorten(f"no answer to score: {why}", 200))
    value = sample.get(task.metric)
    measures = _measures(task, sample)
    if not isinstance(value, Real) or math.isnan(value):
        return Verdict("missing", reason=f"the harness gave no {task.metric}", measures=measures)
    if not ACCURACY.holds(float(value)):
        reason = f"{task.metric} is {float(value):g}, which is neither right nor wrong"
        return Verdict("out_of_range", reason=reason, measures=measures)
    reason = f"{task.metric} = {float(value):g}"
    if any(each.finish_reason == CUT_PROMPT for each in answers):
        measures[CUT_PROMPT] = 1.0
        reason += "; the prompt was longer than the model's context and lost its beginning"
    return Verdict("scored", float(value), reason, measures)


def answer_text(task: LoadedTask, document: Document, answers: Sequence[Response]) -> str:
    """What the model answered, for a reader: the option it found likeliest, or its words."""
    if task.kind == "generate_until":
        return answers[0].text if answers else ""
    if task.kind == "loglikelihood":
        is_greedy = bool(answers) and likelihood(answers[0])[1]
        return f"{'' if is_greedy else 'not '}the expected continuation"
    values = [likelihood(each)[0] for each in answers[: len(document.options)]]
    if not values or any(math.isnan(value) for value in values):
        return ""
    place = max(range(len(values)), key=values.__getitem__)
    return f"{option_name(place)}. {document.options[place]}"


def likelihood_text(value: float, *, is_greedy: bool) -> str:
    """How a log-likelihood stands in the ledger; empty where it is no number."""
    if not math.isfinite(value):
        return ""
    return json.dumps({"loglikelihood": value, "is_greedy": is_greedy})


def likelihood(answer: Response) -> tuple[float, bool]:
    """The log-likelihood that stands in the ledger; NaN where there is none."""
    if not answer.text:
        return math.nan, False
    content = json.loads(answer.text)
    return float(content["loglikelihood"]), bool(content["is_greedy"])


def _source(value: Any) -> str:
    """A function of a task by its code; its place in memory is another one each time."""
    try:
        return inspect.getsource(value)
    except (TypeError, OSError):
        return (
            f"{type(value).__module__}.{getattr(value, '__qualname__', type(value).__qualname__)}"
        )


def _measures(task: LoadedTask, sample: Mapping[str, Any]) -> dict[str, float]:
    """Every score of the document that is a plain number."""
    found = {
        name: float(sample[name])
        for name in sample.get("metrics", ())
        if isinstance(sample.get(name), Real) and math.isfinite(sample[name])
    }
    if task.kind == "generate_until" and NOT_FOUND in (sample.get("filtered_resps") or ()):
        found["no_answer_found"] = 1.0
    return found
