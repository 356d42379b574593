"""What the ledger keeps of a plan: the spec that decides the results, and facts worth knowing."""

from __future__ import annotations

import platform
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from primum import __version__
from primum.core.scale import REFUSAL
from primum.engine.live_user import LiveAttack
from primum.evaluation.behaviour_profile import stored_behaviours
from primum.evaluation.plan import Plan
from primum.judging.judge import Judge
from primum.judging.llm_judge import LLMJudge
from primum.models.profiles import load_profile


def spec_of(plan: Plan) -> dict[str, Any]:
    """All that decides the results, nothing else; JSON-able, without secrets."""
    protocol, survey, sample = plan.protocol, plan.survey, plan.sample
    model = plan.target.model
    attacker = {} if plan.live is None else {"attacker": _describe_attack(plan.live)}
    return {
        **attacker,
        "protocol": {
            "id": protocol.id,
            "version": protocol.version,
            "fingerprint": protocol.fingerprint,
        },
        "benchmark": {"name": plan.benchmark.name, "version": plan.benchmark.version},
        "items": {
            "count": survey.items,
            "turns": survey.turns,
            "fingerprint": survey.fingerprint,
            "sample": sample.model_dump(mode="json") if sample.limit is not None else None,
            "filters": {name: list(values) for name, values in plan.filters.items() if values},
        },
        "repeats": plan.repeats,
        "target": {"name": model.name, "identity": dict(model.identity)},
        "profile": plan.target.profile.model_dump(mode="json"),
        "judges": [describe_judge(judge) for judge in plan.judges],
        "summary": protocol.summary.model_dump(mode="json"),
    }


def facts_of(plan: Plan) -> dict[str, Any]:
    """Versions, licences, titles: what a report states and no result depends on."""
    protocol, benchmark = plan.protocol, plan.benchmark
    facts: dict[str, Any] = {
        "command": plan.command,
        "versions": {
            "primum": __version__,
            "python": platform.python_version(),
            "xllamacpp": version("xllamacpp"),
        },
        "protocol_title": {"en": protocol.title.en, "ja": protocol.title.ja},
        "protocol_benchmark": " + ".join(protocol.benchmarks),
        "published": list(protocol.published),
        "own": _own_choices(plan),
        "unsent_sampling": list(plan.unsent),
        "fidelity": [line.model_dump() for line in protocol.fidelity],
        "benchmark_facts": {
            "title": benchmark.title,
            "licence": benchmark.licence,
            "citation": benchmark.citation,
            "homepage": benchmark.homepage,
            "items_in_all": benchmark.count,
            "terms": benchmark.terms,
            "columns": dict(benchmark.columns),
            "notes": list(benchmark.report.notes),
        },
        "languages": dict(plan.survey.languages),
        "guidelines": {
            one.id: {
                "version": one.version,
                "fingerprint": one.fingerprint,
                "titles": {each.id: dict(each.titles) for each in one.guidelines},
                "categories": {
                    each.id: f"{one.id}/{each.category}" for each in one.guidelines if each.category
                },
                "category_titles": {
                    f"{one.id}/{each.id}": dict(each.titles) for each in one.categories
                },
            }
            for one in benchmark.guideline_sets
        },
    }
    behaviours = stored_behaviours(plan.judges)
    if behaviours:
        facts["behaviours"] = behaviours
    if plan.answers is not None:
        facts["answers"] = {
            "matched": len(plan.answers.matched),
            "rows_without_item": len(plan.answers.unmatched_rows),
            "turns_without_answer": len(plan.answers.items_without_answer),
        }
    return facts


def _own_choices(plan: Plan) -> list[str]:
    """In which respects the user chose otherwise than the protocol's file says."""
    request, protocol = plan.request, plan.protocol
    named = {setting.spec for setting in protocol.judges}
    profile = load_profile(protocol.profile)
    chosen = {
        "judges": {judge.name for judge in plan.judges} != named,
        "items": bool(request.benchmark) or any(plan.filters[name] for name in plan.filters
                                                if getattr(request, name)),
        "profile": plan.target.profile != profile,
    }  # fmt: skip
    return [name for name, is_own in chosen.items() if is_own]


def _describe_attack(live: LiveAttack) -> dict[str, Any]:
    """Who plays the user, how, and when it stops."""
    return {**live.user.description, "success": live.success.description}


def describe_judge(judge: Judge) -> dict[str, Any]:
    """What the spec and the ledger keep of a judge."""
    described: dict[str, Any] = {
        "name": judge.name,
        "scale": {
            "name": judge.scale.name,
            "low": judge.scale.low,
            "high": judge.scale.high,
            "direction": judge.scale.direction,
            "whole": judge.scale.whole,
        },
        "votes": judge.votes,
        "fingerprint": judge.fingerprint.hex(),
        "lexical": judge.model is None and judge.scale == REFUSAL,
        "scope": asdict(judge.scope),
        "model": judge.model.name if judge.model is not None else "",
    }
    if judge.model is not None:
        described["model_identity"] = dict(judge.model.identity)
    if isinstance(judge, LLMJudge):
        rubric = judge.rubric
        described["rubric"] = {
            "id": rubric.id,
            "version": rubric.version,
            "fingerprint": rubric.fingerprint.hex(),
        }
    return described
