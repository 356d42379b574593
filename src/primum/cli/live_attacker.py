"""The attacker of a request: the one place where evaluation and generation meet for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from primum.core.errors import shorten
from primum.evaluation.request import EvaluationRequest
from primum.generation.attacker import Attacker
from primum.generation.strategy_library import choose_strategies
from primum.models.cache import Progress as DownloadProgress
from primum.models.profile import Sampling
from primum.models.registry import resolve

SAMPLING = Sampling(temperature=1.0, max_tokens=1_024)
"""An attacker needs variety; the length leaves room for a reasoning model's thoughts."""


def attacker_of(
    request: EvaluationRequest, download: DownloadProgress | None = None
) -> Attacker | None:
    """The attacker that the request names, or None; its model is not started.

    Raises:
        UserError: model or strategy is not known.
    """
    if request.attacker is None:
        return None
    model = resolve(
        request.attacker,
        base_url=request.attacker_base_url,
        api_key_variable=request.attacker_api_key_variable,
        timeout_seconds=request.timeout_seconds,
        max_concurrency=request.concurrency,
        progress=download,
    )
    strategies = choose_strategies(request.attacker_strategies)
    return Attacker(model, SAMPLING, request.attacker_turns, strategies, request.attacker_mode)


def attack_lines(spec: Mapping[str, Any]) -> Iterator[str]:
    """What a finished live attack came to, for the terminal; nothing where turns were scripted."""
    outcome, attacker = spec.get("attack"), spec.get("attacker")
    if not outcome or not attacker:
        return
    yield ""
    yield (
        f"Attacker {shorten(attacker['name'])} ({attacker['mode']}, at most "
        f"{attacker['most_turns']} turns, stops by {shorten(attacker['success']['judge'])}): "
        f"successes {outcome['successes']} of the conversations with a result."
    )
    if outcome["median_turns_to_success"] is not None:
        yield f"  turns to success: {outcome['median_turns_to_success']:g} (median)"
    for name, share in outcome["successes_by_strategy"].items():
        yield f"  {shorten(name)}: {share}"
    lost = ", ".join(f"{name} {count}" for name, count in outcome["without_result"].items())
    if lost:
        yield f"  without result, counted as missing: {lost}"
