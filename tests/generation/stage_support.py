"""What stages need in a test: a real ledger and asker, scripted models, two short guidelines."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from primum.core.response import Response
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.generation.catalogue import known_stage
from primum.generation.draft import Draft
from primum.generation.stage import RoleModel, StageContext, StageResult
from primum.guidelines.guideline_set import Guideline, GuidelineSet
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling
from primum.models.scripted import ScriptedModel

Answerer = Callable[[ChatRequest], "str | Response"]


def model(name: str, answer: str | Sequence[str] | Answerer) -> ScriptedModel:
    """One that answers by a function, with a text, or with one text per repeat."""
    if callable(answer):
        return ScriptedModel(answer, name=name, identity_note=name)
    texts = (answer,) if isinstance(answer, str) else tuple(answer)
    return ScriptedModel(
        lambda request: texts[request.repeat % len(texts)], name=name, identity_note=name
    )


def guideline_set() -> GuidelineSet:
    """Two rules of a house."""
    return GuidelineSet(
        id="house",
        version="1",
        status="complete",
        titles={"en": "House rules"},
        guidelines=(
            Guideline(
                "house/1",
                {"en": "Fresh air", "ja": "換気"},
                {"en": "Windows are opened every morning.", "ja": "窓は毎朝開ける。"},
            ),
            Guideline("house/2", {"en": "Quiet"}, {"en": "Nobody shouts in the corridor."}),
        ),
        fingerprint="0" * 32,
    )


def draft(text: str, **changes: Any) -> Draft:
    """A harmless stand-in for a harmful request."""
    values: dict[str, Any] = {
        "turns": (text,),
        "language": "en",
        "perspective": "patient",
        "intent": "harmful",
        "guidelines": ("house/1",),
        "source": "writer",
    }
    return Draft(**{**values, **changes})


def run_stage(
    kind: str,
    folder: Path,
    models: Mapping[str, Sequence[ChatModel]],
    drafts: Sequence[Draft] = (),
    *,
    languages: tuple[str, ...] = ("en",),
    chosen: Sequence[str] = ("house/1",),
    seed: int = 0,
    sampling: Sampling | None = None,
    system_prompt: str = "",
    to_open: Sequence[ChatModel] = (),
    budget: Budget | None = None,
    **settings: Any,
) -> StageResult:
    """What the stage makes of the drafts; the same folder is the same workspace."""
    (folder / "stage").mkdir(parents=True, exist_ok=True)
    roles = {
        role: [RoleModel(each, sampling or Sampling(), system_prompt) for each in several]
        for role, several in models.items()
    }

    def context(asker: Asker) -> StageContext:
        return StageContext(
            name=f"my-{kind}",
            asker=asker,
            roles=roles,
            guidelines=(guideline_set(),),
            chosen=chosen,
            languages=languages,
            seed=seed,
            folder=folder / "stage",
            generator=random.Random(seed),
        )

    async def run() -> StageResult:
        known = known_stage(kind)
        checked = known.settings.model_validate(settings)
        with open_ledger(Workspace(folder / "work")) as ledger:
            async with AsyncExitStack() as stack, JobGroup(ledger, budget or Budget()) as group:
                for each in to_open:
                    await stack.enter_async_context(each)
                return await known.run(drafts, checked, context(group.asker(Progress())))

    return asyncio.run(run())
