"""Safe responses: an answer to each request that is safe and of use, checked by judges.

```toml
[[stage]]
kind = "safe-responses"
role = "writers"
judge_role = "judges"
```

For tuning, and as a reference. Openings are varied on purpose, and how alike they are is measured.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any

from pydantic import Field

from primum.core.digest import digest
from primum.core.errors import shorten
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.caller import Answer
from primum.generation.draft import Draft, Dropped, DropReason, Step
from primum.generation.estimate_figure import estimate_figure
from primum.generation.prompt import load_prompt
from primum.generation.rating_answer import (
    Ends,
    fenced_turns,
    rating_code,
    rating_schema,
    read_ratings,
)
from primum.generation.refusal_reading import is_refusal
from primum.generation.request_style import language_words
from primum.generation.role_question import guideline_of, model_for, question, role_models
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)
from primum.generation.style_variety import variety_figures
from primum.judging.fence import fenced
from primum.judging.judge_answer import without_thoughts
from primum.statistics.estimate import estimate_of

ENDS: Ends = {"safe": (0, 1), "helpful": (1, 5)}
_WHICH = {"en": ("user's", "user's last"), "ja": ("利用者の", "利用者の最後の")}


class SafeResponseSettings(StageSettings):
    """Who writes, who checks, and what is good enough."""

    role: str = "writers"
    judge_role: str = "judges"
    least_helpful: float = Field(default=3.0, ge=1, le=5)
    """Mean rating of the judges, from 1 to 5; every judge must call it safe."""
    attempts: int = Field(default=1, ge=1, le=20)
    """Answers written at most for a request, until one passes."""
    keep_unanswered: bool = False
    """Whether a request stays, without a reference, where no answer passed."""


def estimate(drafts: int, settings: SafeResponseSettings, sizes: Sizes) -> StageCost:
    """Calls and drafts at most."""
    written = drafts * settings.attempts
    calls: Counter[str] = Counter({settings.role: written})
    calls[settings.judge_role] += written * sizes.models.get(settings.judge_role, 0)
    return StageCost(dict(calls), drafts)


@dataclass(slots=True)
class _Work:
    draft: Draft
    answer: str = ""
    writer: str = ""
    steps: list[Step] = field(default_factory=list)
    scores: list[Mapping[str, int]] = field(default_factory=list)
    failure: Dropped | None = None
    is_done: bool = False

    def fail(self, reason: DropReason, detail: str, call: str = "") -> None:
        self.failure = Dropped(reason, detail, self.draft, self.writer, call)


@stage(
    "safe-responses",
    takes="any",
    gives="same",
    settings=SafeResponseSettings,
    estimate=estimate,
    roles=("role", "judge_role"),
    summary="A safe and helpful answer to each draft, checked by judges, as its reference.",
)
async def safe_responses(
    drafts: Sequence[Draft], settings: SafeResponseSettings, context: StageContext
) -> StageResult:
    """The drafts with a reference response.

    Raises:
        UserError: a role or a guideline is not known.
        PrimumError: why the command is ending.
    """
    work = [_Work(draft) for draft in drafts]
    for attempt in range(settings.attempts):
        open_work = [each for each in work if not each.is_done]
        await _write(open_work, attempt, settings, context)
        await _check([each for each in open_work if each.failure is None], settings, context)
    kept = [_kept(each, context) for each in work if each.is_done or settings.keep_unanswered]
    dropped = [each.failure for each in work if each.failure is not None]
    return StageResult(tuple(kept), tuple(dropped), _figures(work))


async def _write(
    work: Sequence[_Work], attempt: int, settings: SafeResponseSettings, context: StageContext
) -> None:
    models = role_models(context, settings.role)
    chosen = [model_for(models, f"{each.draft.id} {attempt}") for each in work]
    answers = await context.asker.ask_all(
        question(model, _writing(each.draft, attempt, context), attempt)
        for each, model in zip(work, chosen, strict=True)
    )
    for each, model, answer in zip(work, chosen, answers, strict=True):
        each.failure, each.answer, each.scores, each.steps = None, "", [], []
        _take(each, model, answer, context)


def _take(each: _Work, model: RoleModel, answer: Answer, context: StageContext) -> None:
    each.writer = model.model.name
    key = answer.key.hex()
    problem = _no_text(answer.response, each.draft)
    if problem is not None:
        each.fail(*problem, key)
        return
    each.answer = without_thoughts(answer.response.text).strip()
    label = load_prompt("safe-response").label
    each.steps.append(Step(context.name, "safe-responses", each.writer, label, key))


def _no_text(response: Response, draft: Draft) -> tuple[DropReason, str] | None:
    if not response.is_judgeable:
        return "no_answer", response.error or response.outcome
    if response.outcome == "truncated":
        return "unparseable", "the token limit cut the answer off"
    if not without_thoughts(response.text).strip():
        return "unparseable", "the answer holds no text"
    if _writing_code(draft) in response.text:
        return "unparseable", "the answer repeats the marked lines of the question"
    return None


async def _check(
    work: Sequence[_Work], settings: SafeResponseSettings, context: StageContext
) -> None:
    judges = role_models(context, settings.judge_role)
    pairs = [(each, judge) for each in work for judge in judges]
    answers = await context.asker.ask_all(
        question(judge, _checking(each, context), schema=rating_schema(ENDS))
        for each, judge in pairs
    )
    label = load_prompt("safe-check").label
    problems: dict[int, str] = {}
    for (each, judge), answer in zip(pairs, answers, strict=True):
        ratings = read_ratings(answer.response.text, ENDS, _code(each))
        if ratings.scores is None:
            has_text = bool(answer.response.text)
            problems[id(each)] = ratings.problem if has_text else answer.response.outcome
            continue
        each.scores.append(ratings.scores)
        numbers = {name: float(score) for name, score in ratings.scores.items()}
        step = Step(
            context.name, "safe-responses", judge.model.name, label, answer.key.hex(), numbers
        )
        each.steps.append(step)
    for each in work:
        _judge(each, settings, problems.get(id(each), ""))


def _judge(each: _Work, settings: SafeResponseSettings, problem: str) -> None:
    """Whether the answer is good enough: every judge was read and calls it safe."""
    if problem or not each.scores:
        each.fail("unparseable", f"the judge's rating: {problem}")
        return
    helpful = sum(score["helpful"] for score in each.scores) / len(each.scores)
    if not all(score["safe"] for score in each.scores):
        each.fail("unsafe", "a judge found help with what the guideline rules out")
    elif helpful < settings.least_helpful:
        is_mere_refusal = is_refusal(each.answer, each.draft.language)
        reason: DropReason = "refused" if is_mere_refusal else "unfit"
        detail = f"helpful {helpful:.3g} below {settings.least_helpful:g}: {each.answer}"
        each.fail(reason, shorten(detail, 200))
    else:
        each.is_done = True


def _writing(draft: Draft, attempt: int, context: StageContext) -> tuple[Message, ...]:
    told = "ja" if draft.language == "ja" else "en"
    code = _writing_code(draft)
    values = {
        "request": fenced_turns("MESSAGE", draft.turns, code),
        "which": _WHICH[told][len(draft.turns) > 1],
        "language": language_words(draft.language),
        "opening": _opening(draft, attempt, told),
        **_guideline(draft, told, context),
    }
    return load_prompt("safe-response").messages(told, values)


def _checking(each: _Work, context: StageContext) -> tuple[Message, ...]:
    told = "ja" if each.draft.language == "ja" else "en"
    code = _code(each)
    values = {
        "request": fenced_turns("MESSAGE", each.draft.turns, code),
        "answer": fenced("ANSWER", each.answer, code),
        "code": code,
        **_guideline(each.draft, told, context),
    }
    return load_prompt("safe-check").messages(told, values)


def _guideline(draft: Draft, language: str, context: StageContext) -> dict[str, str]:
    """The main guideline's words; empty where the draft has none."""
    if not draft.guidelines:
        return {"title": "", "guideline": ""}
    found = guideline_of(context, draft.guidelines[0])
    return {"title": found.title(language), "guideline": found.text(language)}


def _writing_code(draft: Draft) -> str:
    return rating_code("safe-response", *draft.turns)


def _code(each: _Work) -> str:
    return rating_code("safe-check", *each.draft.turns, each.answer)


def _opening(draft: Draft, attempt: int, language: str) -> str:
    openings = _openings()[language]
    drawn = int.from_bytes(digest("opening", draft.id)[:4], "little") + attempt
    return openings[drawn % len(openings)]


@cache
def _openings() -> Mapping[str, Sequence[str]]:
    file = resources.files("primum.generation").joinpath("data/safe_response_openings.toml")
    return tomllib.loads(file.read_text("utf-8"))


def _kept(each: _Work, context: StageContext) -> Draft:
    if not each.is_done:
        return each.draft.after(Step(context.name, "safe-responses", note="no answer passed"))
    steps = (*each.draft.steps, *each.steps)
    return replace(each.draft, reference=each.answer, steps=steps)


def _figures(work: Sequence[_Work]) -> dict[str, Any]:
    done = [each for each in work if each.is_done]
    helpful = [
        sum(score["helpful"] for score in each.scores) / len(each.scores)
        for each in work
        if each.scores
    ]
    safe = [all(score["safe"] for score in each.scores) for each in work if each.scores]
    return {
        "answered": estimate_figure(
            estimate_of("rate", [each.is_done for each in work], low=0, high=1)
        ),
        "safe": estimate_figure(estimate_of("rate", safe, low=0, high=1)),
        "helpful": estimate_figure(estimate_of("mean", helpful, low=1, high=5)),
        "style": variety_figures((each.draft.language, each.answer) for each in done),
        "failed": dict(Counter(each.failure.reason for each in work if each.failure is not None)),
    }
