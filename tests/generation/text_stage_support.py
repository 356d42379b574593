"""A stage run as a recipe runs it: through a real ledger, with models that answer by functions."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

from primum.core.response import Response
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.generation.catalogue import known_stage
from primum.generation.draft import Draft
from primum.generation.stage import RoleModel, StageContext, StageResult
from primum.guidelines.catalogue import load_sets
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling
from primum.models.scripted import ScriptedModel

GUIDELINE = "ama-2001/4"


def draft(text: str = "May my neighbour see my chart?", **changes: Any) -> Draft:
    """A harmless request."""
    fields: dict[str, Any] = {
        "turns": (text,),
        "language": "en",
        "perspective": "patient",
        "intent": "harmful",
        "guidelines": (GUIDELINE,),
        "source": "test",
    }
    return Draft(**(fields | changes))


def said(request: ChatRequest) -> str:
    """The last message."""
    return request.messages[-1].content


def code_in(text: str) -> str:
    """The check code of the fences in a prompt."""
    found = re.search(r"<<<[A-Z ]+ ([0-9a-f]{16})>>>", text)
    assert found is not None
    return found[1]


def fenced_text(text: str, label: str) -> str:
    """What stands in the last fence of that label."""
    found = re.findall(rf"<<<{label} [0-9a-f]{{16}}>>>\n(.*?)\n<<<END", text, re.DOTALL)
    return "\n".join(line.removeprefix("| ") for line in found[-1].split("\n"))


def model(name: str, answer: Callable[[ChatRequest], str | Response]) -> ScriptedModel:
    """A model that answers by the function."""
    return ScriptedModel(answer, name=name, identity_note=name)


def run_stage(  # noqa: PLR0917 - as a recipe names them
    kind: str,
    drafts: Sequence[Draft],
    settings: Mapping[str, Any],
    roles: Mapping[str, Sequence[ChatModel]],
    folder: Path,
    budget: Budget | None = None,
) -> StageResult:
    """The stage's result; calls are kept in a ledger in the folder."""
    found = known_stage(kind)
    checked = found.settings.model_validate(settings)

    def context(asker: Asker) -> StageContext:
        return StageContext(
            name=kind,
            asker=asker,
            roles={
                role: [RoleModel(each, Sampling(max_tokens=48)) for each in models]
                for role, models in roles.items()
            },
            guidelines=load_sets(),
            chosen=(GUIDELINE,),
            languages=("en",),
            seed=1,
            folder=folder / "people",
        )

    async def run() -> StageResult:
        if not roles:
            # Nobody is asked, so no ledger is needed, which takes most of such a test's time.
            return await found.run(drafts, checked, context(cast(Asker, None)))
        with open_ledger(Workspace(folder / "work")) as ledger:
            async with JobGroup(ledger, budget or Budget()) as group, AsyncExitStack() as stack:
                for each in {id(m): m for models in roles.values() for m in models}.values():
                    await stack.enter_async_context(each)
                return await found.run(drafts, checked, context(group.asker(Progress())))

    return asyncio.run(run())
