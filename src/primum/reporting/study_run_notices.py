"""The notices of a study's runs: each once, with the range of its figures over the runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from primum.core.summary import Notice, RunSummary
from primum.reporting.catalogue import Catalogue, gaps
from primum.reporting.narrative import NoticeText, notice_texts
from primum.reporting.study_words import StudyWords
from primum.reporting.visible import brief

_CUT = "truncated-answers"
_MUCH_CUT = 0.1
"""Share of a run's answers; above it, what was cut away can change what the study finds."""
_BETWEEN = " / "
"""Between the values of notices of one code that a run has joined."""
_FIGURE = re.compile(r"<?(\d[\d,]*(?:\.\d+)?)%?")


def part_notices(words: StudyWords) -> tuple[NoticeText, ...]:
    """The notices of all runs, each once, with the parts and how many models it concerns."""
    return _merged(_told(words), words)


def cut_notices(words: StudyWords) -> tuple[NoticeText, ...]:
    """That answers were cut, of the runs in which many were."""
    much = [one for one in _told(words) if one.notice.code == _CUT and _is_much_cut(one.run)]
    return _merged(much, words)


@dataclass(frozen=True, slots=True)
class _Told:
    """One notice of one run."""

    part: str
    run: RunSummary
    notice: Notice
    text: NoticeText


def _told(words: StudyWords) -> list[_Told]:
    return [
        _Told(part.name, run, notice, notice_texts([notice], words.parts[part.name])[0])
        for part in words.study.parts
        for model in words.study.models
        if (run := words.study.run(model.name, part.name)) is not None
        for notice in run.notices
    ]


def _merged(told: Sequence[_Told], words: StudyWords) -> tuple[NoticeText, ...]:
    alike: dict[tuple[str, str], list[_Told]] = {}
    for one in told:
        alike.setdefault((one.text.level, one.text.text), []).append(one)
    merged = []
    for (level, text), ones in alike.items():
        by_part: dict[str, list[Notice]] = {}
        for one in ones:
            by_part.setdefault(one.part, []).append(one.notice)
        details = {one.text.details for one in ones}
        own = details.pop() if len(details) == 1 else ()
        where = (
            _where(part, notices, words, has_figures=bool(details))
            for part, notices in by_part.items()
        )
        merged.append(NoticeText(level, text, (*own, *where)))
    return tuple(sorted(merged, key=lambda text: text.level != "warning"))


def _is_much_cut(run: RunSummary) -> bool:
    outcomes = run.response_outcomes
    made = sum(many for outcome, many in outcomes.items() if outcome != "not_reached")
    return outcomes.get("truncated", 0) > _MUCH_CUT * made


def _where(part: str, notices: Sequence[Notice], words: StudyWords, *, has_figures: bool) -> str:
    facts = {"part": words.part(part), "n": len(notices)}
    figures = _figures(notices, words.catalogue) if has_figures else ""
    if not figures:
        return words.text("notice_models", **facts)
    return words.text("notice_models_figures", **facts, figures=figures)


def _figures(notices: Sequence[Notice], catalogue: Catalogue) -> str:
    """The lowest to the highest of each figure over the runs, judge by judge."""
    code = notices[0].code
    shown = gaps(catalogue.sections["notice"][code]) if catalogue.has("notice", code) else ()
    by_judge: dict[str, dict[str, list[str]]] = {}
    for notice in notices:
        for row in _rows(notice.values):
            values = by_judge.setdefault(row.get("judge", ""), {})
            for key, value in row.items():
                if key not in shown and _FIGURE.fullmatch(value):
                    values.setdefault(key, []).append(value)
    texts = []
    for judge, values in by_judge.items():
        ranges = catalogue.listed(
            *(
                catalogue.ui("detail", name=catalogue.label("notice_value", key), value=_range(own))
                for key, own in values.items()
            )
        )
        if ranges:
            name = brief(judge, 60)
            texts.append(catalogue.ui("detail", name=name, value=ranges) if name else ranges)
    return "; ".join(texts)


def _rows(values: Mapping[str, str]) -> list[dict[str, str]]:
    """The values of each notice that the run joined into this one."""
    pieces = {key: value.split(_BETWEEN) for key, value in values.items()}
    many = max((len(own) for own in pieces.values()), default=0)
    return [
        {key: own[place] for key, own in pieces.items() if len(own) == many}
        for place in range(many)
    ]


def _range(values: Sequence[str]) -> str:
    ends = min(values, key=_size), max(values, key=_size)
    return ends[0] if _size(ends[0]) == _size(ends[1]) else "–".join(ends)


def _size(value: str) -> tuple[float, bool]:
    """For the order: what is said to be below a figure stands before that figure."""
    digits = _FIGURE.fullmatch(value)
    number = float(digits.group(1).replace(",", "")) if digits else 0.0
    return number, not value.startswith("<")
