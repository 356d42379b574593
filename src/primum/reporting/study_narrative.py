"""What a study found, in sentences that carry their interval and their n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from primum.core.study import RankedModel, StudyContrast, StudyRanking
from primum.reporting.narrative import NoticeText
from primum.reporting.numerals import DASH, count, number, p_value, with_unit
from primum.reporting.study_comparison import comparison
from primum.reporting.study_contrasts import (
    contrast_notices,
    declared,
    exploratory,
    has_people,
    is_rate,
    is_told_of_study,
    named_notice,
    taking_part,
    without,
)
from primum.reporting.study_leaderboard import probability
from primum.reporting.study_setup import judges_of
from primum.reporting.study_words import StudyWords, leading_ranking, standing
from primum.reporting.visible import brief

_MOST_NAMED = 6
"""More models than that are counted, not listed."""
_MOST_TOLD = 6
"""More contrasts than that are counted; the table has them all."""


def study_headline(words: StudyWords) -> tuple[str, ...]:
    """What was asked of whom, each declared contrast, and who cannot be told apart at the top."""
    return (
        _asked(words),
        *_incomplete(words),
        *_declared_sentences(words),
        *(_no_contrast(words)),
        *_first(words),
    )


def contrast_sentence(one: StudyContrast, words: StudyWords) -> str:
    """One contrast: its difference with interval, n and p, and what may be concluded."""
    d, rate = one.difference, is_rate(one, words)
    shared = {
        "name": brief(one.name, 90),
        "comparison": comparison(one, words),
        "measure": words.measure_named(one.measure),
    }
    value = _signed(one, words)
    if value == DASH:
        return words.text("found_nothing", **shared)
    low, high = (number(end, rate=rate, signed=True) for end in (d.low, d.high))
    confidence = f"{d.confidence * 100:g}"
    ends = words.text("found_interval", low=low, high=high, confidence=confidence)
    details = [
        words.text("found_no_interval") if DASH in (low, high) else ends,
        taking_part(one, words),
        words.catalogue.counted("item", d.items),
        _p(one, words),
    ]
    sentence = words.text("found", **shared, value=value, details=words.catalogue.listed(*details))
    return words.catalogue.joined(sentence, _simple(one, words), _verdict(one, words))


def study_notices(words: StudyWords) -> tuple[NoticeText, ...]:
    """The notices of the study and of its rankings, each once."""
    texts = []
    for notice in words.study.notices:
        text = named_notice(notice, "", words)
        if notice.code == "study-incomplete-models":
            text = replace(text, details=without(notice, words))
        texts.append(text)
    for ranking in words.study.rankings:
        own = [one for one in ranking.notices if not is_told_of_study(one, words)]
        texts += [named_notice(notice, ranking.measure, words) for notice in own]
    unique = {(text.level, text.text, text.details): text for text in texts}
    return tuple(unique.values())


def notices_elsewhere(words: StudyWords) -> tuple[NoticeText, ...]:
    """That warnings of single comparisons stand with these, and how many; nothing if none do."""
    found = [
        text
        for contrasts in (declared(words), exploratory(words))
        for text in contrast_notices(contrasts, words)
        if text.level == "warning"
    ]
    if not found:
        return ()
    return (NoticeText("warning", words.text("notices_of_contrasts", n=len(found)), ()),)


def limits_of_studies(words: StudyWords) -> tuple[NoticeText, ...]:
    """What is true of every study: few situations, judges between, no clinician."""
    judges = words.catalogue.listed(*judges_of(words.study))
    texts = (
        words.text("limit_situations"),
        words.text("limit_judges", judges=judges) if judges else words.text("limit_no_judges"),
        words.text("limit_review"),
    )
    return tuple(NoticeText("limit", text, ()) for text in texts)


def _asked(words: StudyWords) -> str:
    order = standing(words.study)
    people = sum(model.is_person for model in words.study.models)
    models = words.catalogue.counted("model", len(words.study.models) - people)
    persons = words.catalogue.counted("person", people) if people else ""
    parts = [
        words.text("part_of", title=words.part(part.name), items=count(part.items))
        for part in words.study.parts
    ]
    complete = len(order.models) + len(order.people)
    return words.text(
        "asked",
        models=words.catalogue.listed(models, persons),
        parts=words.catalogue.listed(*parts),
        complete=complete,
    )


def _declared_sentences(words: StudyWords) -> tuple[str, ...]:
    """The first declared contrasts in the order of the file, whatever they show, and a count."""
    found = declared(words)
    told, rest = found[:_MOST_TOLD], found[_MOST_TOLD:]
    sentences = tuple(contrast_sentence(one, words) for one in told)
    if not rest:
        return sentences
    beyond = sum(_is_beyond_chance(one, words) for one in rest)
    return (*sentences, words.text("more_contrasts", n=len(rest), beyond=beyond))


def _is_beyond_chance(one: StudyContrast, words: StudyWords) -> bool:
    d = one.difference
    if one.adjusted_p is None or d.low is None or d.high is None or d.value is None:
        return False
    return one.adjusted_p < 1 - words.study.confidence and not d.low <= 0 <= d.high


def _incomplete(words: StudyWords) -> tuple[str, ...]:
    found = standing(words.study).incomplete
    if not found:
        return ()
    names = _listed([model.name for model in found], words)
    return (words.text("asked_incomplete", names=names, n=len(found)),)


def _no_contrast(words: StudyWords) -> tuple[str, ...]:
    return () if declared(words) else (words.text("none_declared"),)


def _first(words: StudyWords) -> tuple[str, ...]:
    ranking = leading_ranking(words.study)
    return (_top(ranking, words),) if ranking and ranking.models else ()


def _top(ranking: StudyRanking, words: StudyWords) -> str:
    """The first model and those that share a letter with it."""
    first = ranking.models[0]
    measure = words.known(ranking.measure)
    rate = measure is not None and measure.metric.kind == "rate"
    same = [one for one in ranking.models[1:] if _shares_letter(one, first)]
    values = {
        "measure": words.measure_named(ranking.measure),
        "name": words.text("quoted", name=words.model(first.model)),
        "value": with_unit(first.estimate.value, rate=rate),
        "low": number(first.estimate.low, rate=rate),
        "high": number(first.estimate.high, rate=rate),
        "confidence": f"{first.estimate.confidence * 100:g}",
        "best_text": _best(ranking, words, is_alone=not same),
    }
    if not same:
        return words.text("top_alone", **values)
    key = "top_all" if len(same) == len(ranking.models) - 1 else "top_shared"
    names = _listed([one.model for one in same], words)
    return words.text(key, **values, names=names, n=len(same))


def _best(ranking: StudyRanking, words: StudyWords, *, is_alone: bool) -> str:
    """How often the first comes first, and why that may be often though letters are shared."""
    first = ranking.models[0].best_probability
    best = probability(first)
    if is_alone or first < words.study.confidence:
        return words.text("top_best", best=best)
    return words.text("top_best_not_enough", best=best, clusters=count(ranking.clusters))


def _shares_letter(one: RankedModel, other: RankedModel) -> bool:
    return bool(set(one.groups) & set(other.groups))


def _listed(names: Sequence[str], words: StudyWords) -> str:
    """The names, or the first of them and how many more."""
    shown = [words.text("quoted", name=words.model(name)) for name in names[:_MOST_NAMED]]
    rest = len(names) - len(shown)
    more = [words.text("and_more", n=rest)] if rest else []
    return words.catalogue.listed(*shown, *more)


def _p(one: StudyContrast, words: StudyWords) -> str:
    text = p_value(one.adjusted_p)
    if text == DASH:
        return ""
    if text.startswith("<"):
        return words.text("adjusted_small")
    return words.text("adjusted", p=text)


def _verdict(one: StudyContrast, words: StudyWords) -> str:
    """What the declared contrast shows, for whom it speaks."""
    d = one.difference
    if one.adjusted_p is None or d.low is None or d.high is None or d.value is None:
        return ""
    measure = words.known(one.measure)
    reach = words.text(f"speaks_{d.reach}{'_people' if has_people(one, words) else ''}")
    if not _is_beyond_chance(one, words):
        return words.catalogue.joined(words.text("not_shown"), reach)
    sides = _sides(one, words)
    if one.kind == "interaction":
        changed = words.text("shown_interaction", **sides, change=_signed(one, words))
        return words.catalogue.joined(changed, reach)
    better = measure.metric.better if measure else None
    if better is None or one.across == "intent":
        side = "higher" if d.value > 0 else "lower"
    else:
        side = "better" if (d.value > 0) == (better == "higher") else "worse"
    kind = "pair" if one.kind == "pairs" and d.units_first == 1 else one.kind
    return words.catalogue.joined(words.text(f"shown_{kind}_{side}", **sides), reach)


def _simple(one: StudyContrast, words: StudyWords) -> str:
    """The two differences that an interaction subtracts, where the study compared both."""
    if one.kind != "interaction":
        return ""
    values = [_on_level(one, level, words) for level in one.levels]
    if len(values) != len(("low", "high")) or "" in values:
        return ""
    at_low, at_high = values
    return words.text("simple_differences", **_sides(one, words), at_low=at_low, at_high=at_high)


def _on_level(one: StudyContrast, level: str, words: StudyWords) -> str:
    """The groups' difference on the items of that level; empty where the study has none."""
    where = {**(one.where or {}), one.across: level}
    sides = (one.measure, one.factor, one.first, one.second)
    for other in words.study.contrasts:
        own = (other.measure, other.factor, other.first, other.second)
        if other.kind == "groups" and own == sides and dict(other.where or {}) == where:
            value = _signed(other, words)
            return "" if value == DASH else value
    return ""


def _sides(one: StudyContrast, words: StudyWords) -> dict[str, str]:
    levels = [words.level(one.across, level) for level in one.levels] or ["", ""]
    return {
        "first": words.label(one.factor, one.first),
        "second": words.label(one.factor, one.second),
        "low": levels[0],
        "high": levels[-1],
    }


def _signed(one: StudyContrast, words: StudyWords) -> str:
    """The difference with its sign and, of a share, in percentage points."""
    rate = is_rate(one, words)
    value = number(one.difference.value, rate=rate, signed=True)
    if value == DASH or not rate:
        return value
    return _spaced(value, words.catalogue.ui("points_long"), words)


def _spaced(value: str, unit: str, words: StudyWords) -> str:
    return f"{value}{unit}" if words.catalogue.language == "ja" else f"{value} {unit}"
