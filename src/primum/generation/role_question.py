"""A role's models, and questions as the role asks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from primum.core.digest import digest
from primum.core.errors import UnknownNameError, UserError
from primum.core.message import Message
from primum.engine.asking import Question
from primum.generation.stage import RoleModel, StageContext
from primum.guidelines.catalogue import unknown_guideline
from primum.guidelines.guideline_set import Guideline
from primum.models.chat_model import ChatRequest


def role_models(context: StageContext, role: str) -> Sequence[RoleModel]:
    """The models of that role.

    Raises:
        UnknownNameError: the recipe has no such role.
        UserError: two of its models have one name, so that what they wrote could not be told apart.
    """
    if role not in context.roles:
        raise UnknownNameError("role", role, context.roles, hint="Add it to the recipe: [[role]].")
    models = context.roles[role]
    names = [each.model.name for each in models]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise UserError(f"The role “{role}” names the model “{twice}” twice. Keep one of the two.")
    return models


def model_for(models: Sequence[RoleModel], key: str) -> RoleModel:
    """One of the models, always the same for the same key, all of them about equally often."""
    return models[int.from_bytes(digest("model-for", key)[:4], "little") % len(models)]


def question(
    asked: RoleModel,
    messages: Sequence[Message],
    repeat: int = 0,
    schema: Mapping[str, Any] | None = None,
) -> Question:
    """The messages as this role asks its model; its system prompt goes before the stage's own."""
    said = [message.content for message in messages if message.role == "system"]
    system = "\n\n".join(part for part in (asked.system_prompt.strip(), *said) if part)
    rest = tuple(message for message in messages if message.role != "system")
    begun = (Message("system", system),) if system else ()
    has_schema = asked.model.supports_schema
    request = ChatRequest(
        (*begun, *rest), asked.sampling, repeat, schema=schema if has_schema else None
    )
    return Question(asked.model, request)


def guideline_of(context: StageContext, full_id: str) -> Guideline:
    """The guideline of that full id, from the recipe's sets.

    Raises:
        UnknownNameError: none of them has it.
    """
    for guideline_set in context.guidelines:
        for guideline in guideline_set.guidelines:
            if guideline.id == full_id:
                return guideline
    raise unknown_guideline(full_id, context.guidelines)
