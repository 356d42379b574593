"""What an improvement looked for, as tables and as sentences: findings, transfers, and silences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from primum.core.improve import Finding, FindingOutcome, NotLookedFor, TransferGain
from primum.reporting.improve_words import BREAK, WHOLE, ImproveWords, beside
from primum.reporting.numerals import DASH, count, interval, number
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief


def findings_table(words: ImproveWords, outcomes: Iterable[FindingOutcome], caption: str) -> Table:
    """The findings of these outcomes."""
    text, wanted = words.text, tuple(outcomes)
    columns = (
        Column(text("signature"), numeric=False),
        Column(text("where"), numeric=False),
        Column(text("outcome"), numeric=False),
        Column(text("figure")),
        Column(text("n")),
        Column(text("missing")),
        Column(text("margin")),
        Column(text("needed"), numeric=False),
    )
    found = [one for one in words.summary.findings if one.outcome in wanted]
    found.sort(key=lambda one: wanted.index(one.outcome))
    rows = [Row(_finding(one, words)) for one in found if not _is_of_one_seed(one)]
    alone = next((one for one in found if _is_of_one_seed(one)), None)
    if alone is not None:
        # The same of every point and objective: said once.
        cells = list(_finding(alone, words))
        cells[1], cells[4:6] = text("everywhere"), [DASH, DASH]
        rows.append(Row(tuple(cells)))
    return Table(caption, columns, tuple(rows))


def _is_of_one_seed(finding: Finding) -> bool:
    return finding.signature == "seed_variance" and finding.value is None


def _finding(finding: Finding, words: ImproveWords) -> tuple[str, ...]:
    objective = words.summary.objective(finding.objective)
    assert objective is not None  # noqa: S101 - findings are made for objectives
    return (
        words.text(f"signature_{finding.signature}"),
        _where(finding, words),
        words.text(finding.outcome),
        _figure(finding, words),
        count(finding.items),
        count(finding.missing),
        words.difference(finding.margin, objective, signed=False),
        _needed(finding, words) or DASH,
    )


def finding_sentence(finding: Finding, words: ImproveWords) -> str:
    """The finding as one sentence, for where a table has no room."""
    objective = words.summary.objective(finding.objective)
    assert objective is not None  # noqa: S101 - findings are made for objectives
    is_alone = _is_of_one_seed(finding)
    return words.text(
        "finding_alone" if is_alone else "finding",
        signature=words.text(f"signature_{finding.signature}"),
        where=words.text("everywhere") if is_alone else _where(finding, words),
        outcome=words.text(finding.outcome),
        figure=_figure(finding, words, between=WHOLE),
        rests=words.rests(finding),
        margin=words.difference(finding.margin, objective, signed=False),
        needed=_needed_clause(finding, words),
    )


def _needed_clause(finding: Finding, words: ImproveWords) -> str:
    needed = _needed(finding, words)
    key = "finding_on_margin" if finding.is_on_margin else "finding_needed"
    return words.text(key, needed=needed) if needed else ""


def finding_sentences(words: ImproveWords, outcomes: Iterable[FindingOutcome]) -> Iterator[str]:
    """Those of these outcomes, in this order; what one seed cannot tell is said once."""
    is_said = False
    for outcome in outcomes:
        for finding in words.summary.findings:
            if finding.outcome != outcome or (is_said and _is_of_one_seed(finding)):
                continue
            is_said = is_said or _is_of_one_seed(finding)
            yield finding_sentence(finding, words)


def _where(finding: Finding, words: ImproveWords) -> str:
    point = words.point(finding.point)
    if finding.signature == "seed_variance":
        return f"{point} · {words.objective(finding.objective)}"
    if finding.signature == "no_further_gain":
        return words.text("against", point=point, against=words.point(finding.against))
    return point


def _figure(finding: Finding, words: ImproveWords, *, between: str = BREAK) -> str:
    objective = words.summary.objective(finding.objective)
    assert objective is not None  # noqa: S101 - findings are made for objectives
    rate = objective.metric.kind == "rate"
    if finding.signature == "seed_variance":
        shown = number(finding.value, rate=rate)
        ends = interval(finding.low, finding.high, rate=rate)
        return shown if shown == DASH else beside(f"±{shown}", ends, between)
    level = ""
    if finding.level is not None:
        own = words.summary.point(finding.point).levels[finding.objective]
        figure = words.level_figure(own, objective, between=WHOLE)
        told = words.text("level_now", figure=figure, rests=words.rests(own))
        level = f"{'; ' if between == WHOLE else BREAK}{told}"
    return f"{words.change_figure(finding, objective, between=between)}{level}"


def _needed(finding: Finding, words: ImproveWords) -> str:
    """Empty where nothing is needed, or no number tells."""
    if finding.is_on_margin:
        return words.text("on_margin")
    items = seeds = ""
    if finding.needed_items is not None:
        items = words.text("needed_items", n=count(finding.needed_items))
    if finding.needed_seeds is not None:
        is_scatter = finding.signature == "seed_variance" and finding.value is not None
        key = "needed_seeds_scatter" if is_scatter else "needed_seeds"
        seeds = words.text(key, n=count(finding.needed_seeds))
    if items and seeds:
        return words.text("needed_or", items=items, seeds=seeds)
    return items or seeds


def silent_table(words: ImproveWords) -> Table:
    """What was not looked for, and why."""
    text = words.text
    columns = (
        Column(text("not_looked_for"), numeric=False),
        Column(text("because"), numeric=False),
    )
    rows = tuple(Row(_silent(one, words)) for one in words.summary.not_looked_for)
    return Table(text("not_looked_for"), columns, rows)


def silent_sentences(words: ImproveWords) -> tuple[str, ...]:
    """The same as sentences."""
    shown = (_silent(one, words) for one in words.summary.not_looked_for)
    return tuple(words.text("not_looked_for_is", what=what, why=why) for what, why in shown)


def _silent(silent: NotLookedFor, words: ImproveWords) -> tuple[str, str]:
    name = f" · {brief(silent.name, 60)}" if silent.name else ""
    return f"{words.text(f'silent_{silent.what}')}{name}", words.text(f"why_{silent.why}")


def transfer_table(words: ImproveWords) -> Table:
    """How far gains reach."""
    text = words.text
    columns = (
        Column(text("transfer_of"), numeric=False),
        Column(text("point"), numeric=False),
        Column(text("own_gain")),
        Column(text("other_gain")),
        Column(text("ratio")),
    )
    rows = tuple(Row(_transfer(one, words)) for one in words.summary.transfers)
    return Table(text("transfer"), columns, rows, text("transfer_note"))


def _transfer(transfer: TransferGain, words: ImproveWords) -> tuple[str, ...]:
    safety = words.summary.objectives[0]
    return (
        brief(transfer.name, 60),
        words.point(transfer.point),
        f"{words.change(transfer.own_gain, safety)}\n{brief(transfer.own, 60)}",
        f"{words.change(transfer.other_gain, safety)}\n{brief(transfer.other, 60)}",
        _ratio(transfer, BREAK),
    )


def _ratio(transfer: TransferGain, between: str) -> str:
    if transfer.ratio is None:
        return DASH
    ends = interval(transfer.ratio_low, transfer.ratio_high, rate=False)
    return beside(number(transfer.ratio, rate=False), ends, between)


def transfer_sentences(words: ImproveWords) -> Iterator[str]:
    """Each transfer as one sentence."""
    safety = words.summary.objectives[0]
    for transfer in words.summary.transfers:
        yield words.text(
            "transfer_is",
            name=brief(transfer.name, 60),
            point=words.point(transfer.point),
            own=words.change_figure(transfer.own_gain, safety, between=WHOLE),
            own_rests=words.rests(transfer.own_gain),
            own_side=brief(transfer.own, 60),
            other=words.change_figure(transfer.other_gain, safety, between=WHOLE),
            other_rests=words.rests(transfer.other_gain),
            other_side=brief(transfer.other, 60),
            ratio=_ratio(transfer, WHOLE),
        )
