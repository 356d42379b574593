"""An improvement as one self-contained HTML file, and what terminal and page have in common.

    Path("improve.html").write_text(render_improve_html(summary, "ja"), encoding="utf-8")

Loads nothing and runs nothing, as ``html`` has it; names of points, candidates and policies are
untrusted.
"""

from __future__ import annotations

from primum.core.improve import ImproveSummary, Reason
from primum.reporting.glossary import GlossaryEntry
from primum.reporting.html import document
from primum.reporting.improve_charts import curve_charts, front_charts
from primum.reporting.improve_finding_tables import (
    findings_table,
    silent_table,
    transfer_table,
)
from primum.reporting.improve_tables import (
    adapters_table,
    changes_table,
    gate_table,
    points_table,
    runs_table,
)
from primum.reporting.improve_words import WHOLE, ImproveWords, improve_words
from primum.reporting.narrative import NoticeText
from primum.reporting.numerals import count, interval
from primum.reporting.section import Part, Section, filled, noted_once, shown
from primum.reporting.visible import brief

_SIGNATURES = ("no_further_gain", "over_refusal_rise", "capability_drop", "seed_variance")


def render_improve_html(summary: ImproveSummary, language: str = "en") -> str:
    """The improvement's report, a complete HTML document.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    words = improve_words(summary, language)
    return document(
        words.catalogue,
        words.title,
        improve_sections(words),
        version=summary.version,
        lines=(*header_lines(words), *command_lines(words)),
    )


def improve_sections(words: ImproveWords) -> tuple[Section, ...]:
    """What the report shows; sections with nothing to show are left out."""
    text, ui = words.text, words.catalogue.ui
    points, changes = filled(points_table(words)), filled(changes_table(words))
    sections = (
        Section("summary", ui("in_short"), sentences=in_short(words)),
        Section("notices", text("can_show"), notices=notice_texts(words)),
        Section(
            "recommendation",
            text("recommendation"),
            recommendation_rule(words),
            sentences=recommendation_sentences(words),
        ),
        Section(
            "points",
            text("points"),
            parts=shown([Part(tables=points), Part(tables=changes)]),
        ),
        Section(
            "front",
            text("front_charts"),
            text("front_note"),
            parts=shown([Part("", front_charts(words))]),
        ),
        _curves(words),
        _failures(words),
        Section(
            "transfer",
            text("transfer"),
            parts=shown([Part(tables=filled(transfer_table(words)))]),
        ),
        Section("gate", text("gates"), parts=shown([Part(tables=filled(gate_table(words)))])),
        Section(
            "adapters",
            text("adapters"),
            parts=shown(
                [Part(tables=filled(adapters_table(words), runs_table(words)), is_folded=True)]
            ),
        ),
        Section("glossary", text("rules"), glossary=_glossary(words)),
    )
    return noted_once(sections)


def _curves(words: ImproveWords) -> Section:
    charts = curve_charts(words)
    note = words.text("curves_note") if charts else ""
    return Section("curves", words.text("curves"), note, parts=shown([Part("", charts)]))


def _failures(words: ImproveWords) -> Section:
    text = words.text
    told = findings_table(words, ("found", "cannot_tell"), text("failures_found"))
    absent = findings_table(words, ("not_found",), text("failures_not_found"))
    parts = [
        Part(tables=filled(told)),
        Part(text("failures_not_found"), tables=filled(absent), is_folded=True),
        Part(text("not_looked_for"), tables=filled(silent_table(words))),
    ]
    return Section("failures", text("failures"), failures_note(words), parts=shown(parts))


def failures_note(words: ImproveWords) -> str:
    """In how many places was looked, how often chance alone finds, and what “needed” means."""
    summary = words.summary
    return words.text(
        "failures_note",
        looks=summary.looks,
        confidence=words.confidence,
        chance=f"{round((1 - summary.confidence) * 50, 2):g}",
    )


def recommendation_rule(words: ImproveWords) -> str:
    """The rule, and whether the ledger had it before the first tuned model answered."""
    summary = words.summary
    rule = words.text(f"recommendation_rule_{summary.recommendation.rule}")
    when = words.text(f"declared_{summary.declared}") if summary.declared != "not_known" else ""
    return words.catalogue.joined(rule, when)


def in_short(words: ImproveWords) -> tuple[str, ...]:
    """Which point is recommended, what it changed, and what failed, one sentence each."""
    summary, text = words.summary, words.text
    chosen = summary.recommendation.point
    sentences = [text("in_short_none")]
    if chosen:
        point, seed = words.point(chosen), summary.recommendation.seed
        sentences = [text("in_short_take", point=point, seed=seed), *_changes(chosen, words)]
    rises = [
        one.point
        for one in summary.findings
        if one.signature == "over_refusal_rise" and one.outcome == "found"
    ]
    if rises:
        names = words.catalogue.listed(*map(words.point, rises[:4]), "…" if rises[4:] else "")
        sentences.append(
            text("in_short_over_refusal", count=len(rises), points=len(summary.points), names=names)
        )
    outcomes = [one.outcome for one in summary.findings]
    sentences.append(
        text(
            "in_short_found",
            found=outcomes.count("found"),
            untold=outcomes.count("cannot_tell"),
            looks=summary.looks,
        )
    )
    return tuple(sentences)


def _changes(chosen: str, words: ImproveWords) -> list[str]:
    summary = words.summary
    point = summary.point(chosen)
    found = []
    for one in summary.objectives:
        rate = one.metric.kind == "rate"
        gain = point.gains[one.name]
        found.append(
            words.text(
                "in_short_change",
                objective=words.objective(one.name),
                point=words.point(chosen),
                before=words.level_figure(summary.baseline.levels[one.name], one, between=WHOLE),
                after=words.level_figure(point.levels[one.name], one, between=WHOLE),
                gain=words.difference(gain.value, one),
                confidence=words.confidence,
                ends=interval(gain.low, gain.high, rate=rate, signed=True),
                rests=words.rests(gain),
            )
        )
    return found


def recommendation_sentences(words: ImproveWords) -> tuple[str, ...]:
    """The reasons, and where the adapter lies."""
    recommendation = words.summary.recommendation
    found = [_reason(reason, words) for reason in recommendation.reasons]
    if recommendation.adapter:
        found.append(words.text("adapter", folder=brief(recommendation.adapter, 200)))
    return tuple(found)


def _reason(reason: Reason, words: ImproveWords) -> str:
    values = {key: brief(value, 300) for key, value in reason.values.items()}
    for key in ("point", "against"):
        if key in values:
            values[key] = words.point(reason.values[key])
    if "points" in values:
        values["points"] = words.points(reason.values["points"])
    if "objective" in values:
        values["objective"] = words.text(values["objective"])
    if "chance" in values:
        values["resamples"] = count(words.summary.resamples)
    for key, outcome in (("failed", "fail"), ("undecided", "undecided")):
        if key in values:
            values[key] = _rules(reason.values["point"], outcome, words)
    return words.text(f"reason_{reason.code}", **values)


def _rules(name: str, outcome: str, words: ImproveWords) -> str:
    """The gate's rules with that outcome, each with the seeds where it has it."""
    adapters = words.summary.point(name).adapters
    found: dict[str, list[str]] = {}
    for adapter in adapters:
        for rule in adapter.gate.rules if adapter.gate else ():
            if rule.outcome == outcome:
                found.setdefault(rule.name, []).append(str(adapter.seed))
    told = []
    for rule_name, seeds in found.items():
        key = "rule_everywhere" if len(seeds) == len(adapters) else "rule_in_seeds"
        listed = words.catalogue.listed(*seeds)
        shown = brief(rule_name, 80)
        told.append(shown if len(adapters) == 1 else words.text(key, rule=shown, seeds=listed))
    return words.catalogue.listed(*told)


def notice_texts(words: ImproveWords) -> tuple[NoticeText, ...]:
    """The notices in words, warnings first."""
    found = []
    for notice in words.summary.notices:
        values = {key: brief(value, 200) for key, value in notice.values.items()}
        if "objective" in values:
            values["objective"] = words.text(values["objective"])
        found.append(NoticeText(notice.level, words.text(f"notice_{notice.code}", **values), ()))
    return tuple(sorted(found, key=lambda one: one.level != "warning"))


def header_lines(words: ImproveWords) -> tuple[tuple[str, str], ...]:
    """What was tuned and how it was measured, as lines below the title."""
    summary, text = words.summary, words.text
    adapters = sum(len(point.adapters) for point in summary.points)
    grid = text(
        "grid_value",
        points=len(summary.points),
        adapters=adapters,
        seeds=words.catalogue.listed(*map(str, summary.seeds)),
    )
    lines = [(text("base_model"), brief(summary.model, 120)), (text("grid"), grid)]
    lines += [(text("measured_on"), words.metric(one)) for one in summary.objectives]
    lines.append((text("policy"), brief(summary.policy, 160) or text("no_policy")))
    if summary.licences:
        licences = (brief(one, 120).rstrip(".") for one in summary.licences)
        lines.append((text("licences"), words.catalogue.listed(*licences)))
    return tuple(lines)


def command_lines(words: ImproveWords) -> tuple[tuple[str, str], ...]:
    """The command, as another line; on a terminal it stands above, and its paths would break."""
    command = words.summary.command
    return ((words.text("command"), brief(command, 300)),) if command else ()


def _glossary(words: ImproveWords) -> tuple[GlossaryEntry, ...]:
    used = {one.signature for one in words.summary.findings}
    entries = [
        GlossaryEntry(words.text(f"signature_{name}"), words.text(f"rule_{name}"))
        for name in _SIGNATURES
        if name in used
    ]
    own = ("front", "seeds") if len(words.summary.seeds) > 1 else ("front",)
    entries += [GlossaryEntry(words.text(f"term_{k}"), words.text(f"meaning_{k}")) for k in own]
    return tuple(entries)
