"""Translation with back-translation and a judge's check; what fails goes to a list for a person.

```toml
[[stage]]
kind = "translation"
to = "ja"
role = "translators"
judge_role = "judges"
```

A draft and its translation share a pair label. The back-translator sees the translation alone; the
judge of meaning sees all three texts, the judge of naturalness the translation alone.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from primum.core.errors import UserError
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.estimate_figure import estimate_figure
from primum.generation.language_code import require_language_code
from primum.generation.role_question import role_models
from primum.generation.stage import (
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)
from primum.generation.stages.translation_correction import apply_corrections, write_failed
from primum.generation.stages.translation_work import (
    CHECKS,
    Check,
    Translation,
    Translators,
    rate,
    translate,
)
from primum.statistics.estimate import estimate_of

_BEFORE = "of the model's text, before a person corrected it"
_SUBTAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")


class TranslationSettings(StageSettings):
    """Into which languages, by whom, and how good a translation must be."""

    to: tuple[str, ...] = Field(min_length=1)
    """Language codes; drafts that are in one of them are translated into the others."""
    role: str = "translators"
    back_role: str = ""
    """Who translates back; empty: the translators."""
    judge_role: str = "judges"
    least_meaning: float = Field(default=4.0, ge=1, le=5)
    """Mean rating of the judges, from 1 to 5, below which the meaning counts as lost."""
    least_naturalness: float = Field(default=3.0, ge=1, le=5)
    keep_unpaired: bool = True
    """Whether a draft stays where its translation failed."""
    turns: int = Field(default=1, ge=1)
    """Turns of a draft, for the estimate of cost alone."""

    @field_validator("to", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("to")
    @classmethod
    def _are_codes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for language in value:
            if not _SUBTAG.fullmatch(language):
                raise ValueError(f"“{language}” is no language code such as “ja” or “en”")
            try:
                require_language_code(language)
            except UserError as error:
                raise ValueError(str(error)) from None
        return value


def estimate(drafts: int, settings: TranslationSettings, sizes: Sizes) -> StageCost:
    """Calls and drafts at most."""
    translations = drafts * len(settings.to)
    calls: Counter[str] = Counter()
    calls[settings.role] += translations * settings.turns
    calls[settings.back_role or settings.role] += translations * settings.turns
    calls[settings.judge_role] += 2 * translations * sizes.models.get(settings.judge_role, 0)
    return StageCost(dict(calls), drafts + translations)


@stage(
    "translation",
    takes="any",
    gives="same",
    settings=TranslationSettings,
    estimate=estimate,
    roles=("role", "back_role", "judge_role"),
    summary="Each draft in further languages, checked by back-translation and judges.",
)
async def translation(
    drafts: Sequence[Draft], settings: TranslationSettings, context: StageContext
) -> StageResult:
    """The drafts, each followed by its translations.

    Raises:
        UserError: a role is not known.
        PrimumError: why the command is ending.
    """
    work = list(wanted(drafts, settings))
    await translate_all(work, settings, context, {draft.id for draft in drafts})
    for language in settings.to:
        write_failed(failed_file(context, language), [w for w in work if w.to == language])
    kept, dropped = _sorted_out(drafts, work, settings, context)
    return StageResult(kept, dropped, translation_figures(work))


async def translate_all(
    work: Sequence[Translation],
    settings: TranslationSettings,
    context: StageContext,
    taken: Iterable[str] = (),
) -> None:
    """Do the work: afterwards each has its turns and ratings, or its failure and correction.

    Args:
        work: what is translated.
        settings: by whom, and how good it must be.
        context: whom to ask.
        taken: ids of drafts that no translation may equal.
    """

    def asked(role: str) -> Translators:
        return Translators(context.asker, role_models(context, role), context.name)

    await translate(work, asked(settings.role), "translate")
    await translate(work, asked(settings.back_role or settings.role), "back-translate")
    await rate(work, asked(settings.judge_role), "meaning")
    await rate(work, asked(settings.judge_role), "naturalness")
    for each in work:
        _judge(each, settings)
    known = set(taken)
    _refuse_equals(work, known)
    for language in settings.to:
        apply_corrections(failed_file(context, language), [w for w in work if w.to == language])
    _refuse_equals([each for each in work if each.correction], known)


def failed_file(context: StageContext, language: str) -> Path:
    """Where the translations that failed stand, for a person."""
    return context.folder / f"{context.name}-{language}-failed.csv"


def translated_draft(each: Translation, context: StageContext) -> Draft:
    """The translation as a draft of its own, the original its parent."""
    scores: dict[str, float] = {
        check: mean for check in CHECKS if (mean := each.mean(check)) is not None
    }
    step = Step(context.name, "translation", each.translator, scores=scores, note=f"to {each.to}")
    steps = each.steps
    if each.correction:
        # The judges rated the machine's text: nobody has rated the person's.
        step = Step(context.name, "translation", note=f"to {each.to}, corrected by a person")
        steps = [replace(one, note=_BEFORE) if one.scores else one for one in each.steps]
    return replace(each.draft, steps=(*each.draft.steps, *steps)).child(
        step,
        turns=each.final_turns,
        language=each.to,
        translation_pair=pair_label(each.draft),
        reference="",
    )


def pair_label(draft: Draft) -> str:
    """The label that a draft and its translations share."""
    return draft.translation_pair or f"pair-{draft.id[:16]}"


def wanted(drafts: Sequence[Draft], settings: TranslationSettings) -> Iterator[Translation]:
    """Every draft with every language that neither it nor its pair is in."""
    languages: defaultdict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        languages[pair_label(draft)].add(draft.language)
    for draft in drafts:
        for language in dict.fromkeys(settings.to):
            if language not in languages[pair_label(draft)]:
                languages[pair_label(draft)].add(language)
                yield Translation(draft, language)


def _refuse_equals(work: Sequence[Translation], taken: set[str]) -> None:
    """Fail translations that equal another item: a benchmark holds each item once."""
    for each in work:
        if each.is_kept:
            own = replace(each.draft, turns=each.final_turns, language=each.to).id
            if own in taken:
                each.correction = ()
                each.fail("near_duplicate", "the translation equals another item")
            taken.add(own)


def _judge(each: Translation, settings: TranslationSettings) -> None:
    """Fail the translation whose ratings are below what the settings ask for."""
    if each.failure is not None:
        return
    meaning, naturalness = each.mean("meaning"), each.mean("naturalness")
    if meaning is not None and meaning < settings.least_meaning:
        each.fail("meaning_lost", f"meaning {meaning:.3g} below {settings.least_meaning:g}")
    elif naturalness is not None and naturalness < settings.least_naturalness:
        detail = f"naturalness {naturalness:.3g} below {settings.least_naturalness:g}"
        each.fail("unnatural", detail)


def _sorted_out(
    drafts: Sequence[Draft],
    work: Sequence[Translation],
    settings: TranslationSettings,
    context: StageContext,
) -> tuple[tuple[Draft, ...], tuple[Dropped, ...]]:
    by_draft: defaultdict[int, list[Translation]] = defaultdict(list)
    for each in work:
        by_draft[id(each.draft)].append(each)
    kept: list[Draft] = []
    dropped: list[Dropped] = []
    for draft in drafts:
        made = by_draft[id(draft)]
        good = [translated_draft(each, context) for each in made if each.is_kept]
        dropped += [each.failure for each in made if each.failure and not each.is_kept]
        if good:
            kept += [replace(draft, translation_pair=pair_label(draft)), *good]
        elif not made or settings.keep_unpaired:
            kept.append(draft)
    return tuple(kept), tuple(dropped)


def translation_figures(work: Sequence[Translation]) -> dict[str, Any]:
    """By language: how many came through, the judges' means, and why the others did not."""
    figures: dict[str, Any] = {}
    for language in dict.fromkeys(each.to for each in work):
        mine = [each for each in work if each.to == language]
        failures = Counter(each.failure.reason for each in mine if each.failure is not None)
        kept = [each.failure is None for each in mine]
        figures[language] = {
            "translated": len(mine),
            "kept": estimate_figure(estimate_of("rate", kept, low=0, high=1)),
            "failed": dict(failures),
            "corrected_by_people": sum(bool(each.correction) for each in mine),
            "unread_ratings": sum(each.unread_ratings for each in mine),
            "meaning": _mean(mine, "meaning"),
            "naturalness": _mean(mine, "naturalness"),
        }
    return figures


def _mean(work: Sequence[Translation], check: Check) -> dict[str, Any]:
    """Of the judges' ratings, kept or not, where there is one."""
    means = [mean for each in work if (mean := each.mean(check)) is not None]
    return estimate_figure(estimate_of("mean", means, low=1, high=5))
