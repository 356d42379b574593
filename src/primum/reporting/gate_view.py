"""A gate's decision in words and as a table, before it has a medium.

    view = gate_view(decision, "ja")
    view.headline, view.table, view.reasons

Names of rules, policies and models are untrusted text.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from primum.core.errors import UnknownNameError
from primum.core.gate import GateDecision, GateRun, Outcome, Reason, RuleDecision
from primum.core.summary import Metric
from primum.reporting.catalogue import REPORT_LANGUAGES, Catalogue, load_catalogue
from primum.reporting.numerals import DASH, count, number, percent, with_unit
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief, visible_line
from primum.reporting.wording import wording_of

_BOUND_BESIDE: frozenset[Reason] = frozenset(
    {"on_limit", "missing_share", "missing_counted", "left_open"}
)
"""Reasons whose sentence is about something else; the bound is told beside it."""


class GateTexts(Catalogue):
    """The texts of a gate in one language."""

    def says(self, key: str, **values: object) -> str:
        """A text of the gate itself, its gaps filled."""
        return self.text("gate", key, **values)


@dataclass(frozen=True, slots=True)
class GateView:
    """What is shown."""

    language: str
    outcome: Outcome
    title: str
    headline: str
    facts: tuple[tuple[str, str], ...]
    table: Table
    reasons: tuple[str, ...]
    """One for each rule."""
    methods: tuple[str, ...]
    """How the bounds were found, and of which rules."""
    line: str
    """All in one line, for logs."""


def gate_view(decision: GateDecision, language: str = "en") -> GateView:
    """The decision in words.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    texts = gate_texts(language)
    outcome = texts.says(decision.outcome)
    title = brief(decision.title, 120)
    return GateView(
        language=language,
        outcome=decision.outcome,
        title=texts.says("title", title=title, outcome=outcome),
        headline=_headline(decision, texts),
        facts=_facts(decision, texts),
        table=_table(decision, texts),
        reasons=tuple(
            texts.says("reason", name=_name(rule), text=_reason(rule, texts))
            for rule in decision.rules
        ),
        methods=_methods(decision, texts),
        line=_line(decision, texts),
    )


@cache
def gate_texts(language: str) -> GateTexts:
    """The texts of a gate in that language.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    if language not in REPORT_LANGUAGES:
        raise UnknownNameError("report language", language, REPORT_LANGUAGES)
    content = files("primum.reporting").joinpath("data", "gate.toml").read_bytes()
    return GateTexts(language, tomllib.loads(content.decode())[language])


def _name(rule: RuleDecision) -> str:
    return brief(rule.name, 80)


def _headline(decision: GateDecision, texts: GateTexts) -> str:
    concerned = [rule for rule in decision.rules if rule.outcome == decision.outcome]
    return texts.says(
        f"headline_{decision.outcome}",
        names=texts.listed(*(_name(rule) for rule in concerned)),
        false_pass=f"{decision.false_pass * 100:g}",
        false_fail=f"{decision.false_fail * 100:g}",
    )


def _facts(decision: GateDecision, texts: GateTexts) -> tuple[tuple[str, str], ...]:
    policy = texts.says(
        "policy",
        id=brief(decision.policy, 60),
        version=brief(decision.version, 20),
        fingerprint=decision.fingerprint[:8],
    )
    runs = (
        (texts.says("fact_baseline" if run.is_baseline else "fact_candidate"), _run(run, texts))
        for run in decision.runs
    )
    return ((texts.says("fact_policy"), policy), *runs)


def _run(run: GateRun, texts: GateTexts) -> str:
    filters = texts.listed(
        *(f"{name} {visible_line('/'.join(values))}" for name, values in run.filters.items())
    )
    told = texts.says(
        "run",
        model=brief(run.model, 80) or DASH,
        complete=count(run.complete),
        planned=count(run.conversations),
        protocol=brief(run.protocol or run.benchmark, 60) or DASH,
        run=run.run,
    )
    return texts.listed(
        told,
        texts.says("run_filtered", filters=filters) if filters else "",
        texts.says("run_stopped") if run.stopped_early else "",
        texts.says("run_beyond", beyond=count(run.beyond)) if run.beyond else "",
        "" if run.is_finished else texts.says("run_unfinished"),
    )


def _table(decision: GateDecision, texts: GateTexts) -> Table:
    columns = (
        Column(texts.says("rule"), numeric=False),
        Column(texts.says("figure"), numeric=False, from_width=110),
        Column(texts.says("estimate")),
        Column(texts.says("bound")),
        Column(texts.says("limit")),
        Column(texts.says("n")),
        Column(texts.says("missing")),
        Column(texts.says("verdict"), numeric=False),
    )
    rows = tuple(
        Row(
            (
                _name(rule),
                _figure(rule, texts),
                _estimate(rule, texts),
                _bound(rule, texts),
                _limit(rule, texts),
                count(rule.n),
                count(rule.missing),
                texts.says(rule.outcome),
            )
        )
        for rule in decision.rules
    )
    is_sequential = decision.mode == "sequential"
    note = texts.joined(
        texts.says("note_bounds"), texts.says("note_sequential") if is_sequential else ""
    )
    return Table(texts.says("rules"), columns, rows, note)


def _figure(rule: RuleDecision, texts: GateTexts) -> str:
    key, intent, judge = rule.metric.split("|", 2)
    scale = key.partition(".")[0]
    metric = Metric(key, rule.unit, scale, judge, intent, None, 0.0, 1.0)
    wording = wording_of(load_catalogue(texts.language), [])
    group = wording.group(rule.dimension, rule.group) if rule.dimension else ""
    found = " · ".join(filter(None, (wording.metric(metric), group)))
    if rule.kind == "limit":
        return found
    rate = rule.unit == "rate"
    sides = " → ".join(with_unit(value, rate=rate) for value in rule.sides)
    return f"{found} · {texts.says('against_baseline', sides=sides)}"


def _value(rule: RuleDecision, value: float | None, texts: GateTexts) -> str:
    rate = rule.unit == "rate"
    if rule.kind == "limit":
        return with_unit(value, rate=rate)
    shown = number(value, rate=rate, signed=True)
    return texts.says("points", value=shown) if rate and shown != DASH else shown


def _estimate(rule: RuleDecision, texts: GateTexts) -> str:
    return _value(rule, rule.estimate, texts)


def _bound(rule: RuleDecision, texts: GateTexts) -> str:
    """Towards the bad side for a pass, towards the good one for a fail; see ``looks_at_fail``."""
    is_upper = (rule.side == "at_most") != rule.looks_at_fail
    value = rule.high if is_upper else rule.low
    if value is None:
        return DASH
    return texts.says("at_most" if is_upper else "at_least", value=_value(rule, value, texts))


def _limit(rule: RuleDecision, texts: GateTexts) -> str:
    return texts.says(rule.side, value=_value(rule, rule.limit, texts))


def _reason(rule: RuleDecision, texts: GateTexts) -> str:
    planned = rule.n + rule.missing
    bound, confidence = _bound(rule, texts), f"{round(rule.confidence * 100, 2):g}"
    said = texts.says(
        f"reason_{rule.reason}",
        bound=bound,
        limit=_limit(rule, texts),
        confidence=confidence,
        missing=count(rule.missing),
        share=percent(rule.missing, planned),
        allowed=with_unit(rule.max_missing, rate=True),
        wanted=with_unit(rule.min_paired, rate=True),
        **_pairs(rule),
    )
    if rule.reason in _BOUND_BESIDE and bound != DASH:
        said = texts.joined(said, texts.says("bound_now", bound=bound, confidence=confidence))
    needed = ""
    if rule.reason in ("too_few_to_pass", "too_few_to_fail"):
        needed = texts.says("no_number")
        if rule.needed is not None:
            needed = texts.says("needed", needed=count(rule.needed), n=count(planned))
    after = ""
    if rule.decided_after is not None and rule.outcome != "undecided":
        after = texts.says("decided_after", after=count(rule.decided_after))
    unpaired = ""
    if rule.unpaired and rule.reason != "too_few_paired":
        unpaired = texts.says("unpaired", **_pairs(rule))
    return texts.joined(said, needed, after, unpaired)


def _pairs(rule: RuleDecision) -> dict[str, str]:
    """Observations that both runs have, and all of either."""
    paired = rule.n + rule.missing
    return {"paired": count(paired), "either": count(paired + rule.unpaired)}


def _methods(decision: GateDecision, texts: GateTexts) -> tuple[str, ...]:
    found: dict[str, list[str]] = {}
    for rule in decision.rules:
        if texts.has("method", rule.method):
            found.setdefault(rule.method, []).append(_name(rule))
    return tuple(
        texts.text("method", method, rules=texts.listed(*names)) for method, names in found.items()
    )


def _line(decision: GateDecision, texts: GateTexts) -> str:
    rules = (
        texts.says(
            "line_rule",
            name=_name(rule),
            verdict=texts.says(rule.outcome),
            estimate=_estimate(rule, texts),
            bound=_bound(rule, texts),
            limit=_limit(rule, texts),
            n=count(rule.n),
            missing=count(rule.missing),
            paired=texts.says("line_paired", **_pairs(rule)) if rule.unpaired else "",
        )
        for rule in decision.rules
    )
    return texts.says(
        "line",
        id=brief(decision.policy, 60),
        version=brief(decision.version, 20),
        outcome=texts.says(decision.outcome).upper(),
        rules=("；" if texts.language == "ja" else "; ").join(rules),
    )
