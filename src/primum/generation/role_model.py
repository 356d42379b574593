"""The models of a recipe's roles: opened by name, each once, and asked as the role says.

``stand-in:judge`` and ``stand-in:refuser`` name the stand-ins of a demo (``stand_in``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from primum.core.errors import EndpointError, MissingKeyError, UserError
from primum.core.response import Response
from primum.engine.caller import Price
from primum.generation.recipe import Recipe, RoleSettings
from primum.generation.stage import RoleModel
from primum.generation.stand_in import PREFIX, STUDY_PREFIX, stand_in
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.models.local import LocalModel
from primum.models.price import price_usd
from primum.models.profile import Sampling
from primum.models.registry import resolve

FREE = frozenset({"embedded", "answers", "scripted"})


@dataclass(frozen=True, slots=True)
class Cast:
    """Role → its models, each model one object however many roles it plays."""

    roles: Mapping[str, tuple[RoleModel, ...]]

    @property
    def models(self) -> tuple[ChatModel, ...]:
        """All models, each once."""
        found = {id(each.model): each.model for role in self.roles.values() for each in role}
        return tuple(found.values())

    def models_of(self, roles: tuple[str, ...]) -> tuple[ChatModel, ...]:
        """The models that play those roles, each once."""
        found = {id(each.model): each.model for role in roles for each in self.roles[role]}
        return tuple(found.values())

    def role_of(self, model: ChatModel) -> str:
        """The first role that the model plays."""
        return next(
            name
            for name, played in self.roles.items()
            if any(each.model is model for each in played)
        )


def cast_of(recipe: Recipe, progress: DownloadProgress | None = None) -> Cast:
    """The models of all roles; none is started.

    Raises:
        UserError: a model's name is not known, or its file is not usable; the role is named.
    """
    known: dict[tuple[str, str | None, str | None], ChatModel] = {}
    roles: dict[str, tuple[RoleModel, ...]] = {}
    for role in recipe.roles:
        played: list[RoleModel] = []
        for name in role.models:
            key = (name, role.base_url, role.api_key_variable)
            if key not in known:
                known[key] = _model(name, role, progress)
            played.append(RoleModel(known[key], sampling_of(role), role.system_prompt))
        roles[role.name] = tuple(played)
    return Cast(roles)


def sampling_of(role: RoleSettings) -> Sampling:
    """How the role's models are asked."""
    return Sampling(
        temperature=role.temperature,
        top_p=role.top_p,
        max_tokens=role.max_tokens,
        seed=role.seed,
    )


def known_price(model: ChatModel) -> Price | None:
    """US dollars of a response of that model; None where no price is known."""
    if isinstance(model, LocalModel):  # its identity needs torch, a plan does not
        return _free
    provider = str(model.identity.get("provider", ""))
    name = str(model.identity.get("model", ""))
    if provider in FREE:
        return _free
    if price_usd(provider, name, 1, 1, 0) is None:
        return None

    def price(response: Response) -> float:
        cost = price_usd(
            provider,
            name,
            response.prompt_tokens or 0,
            response.completion_tokens or 0,
            response.cached_tokens or 0,
        )
        return cost or 0.0

    return price


def _free(_response: Response) -> float:
    return 0.0


def _model(name: str, role: RoleSettings, progress: DownloadProgress | None) -> ChatModel:
    try:
        if name.startswith((PREFIX, STUDY_PREFIX)):
            return stand_in(name)
        return resolve(
            name,
            base_url=role.base_url,
            api_key_variable=role.api_key_variable,
            progress=progress,
        )
    except UserError as error:
        raise in_role(error, role.name) from None


def in_role(error: UserError, role: str) -> UserError:
    """The error of a model, with the role that it plays and the way to another one."""
    kept = isinstance(error, MissingKeyError | EndpointError)
    kind = type(error) if kept else UserError
    return kind(f"{error} It plays the role “{role}”: --model {role}=MODEL names another.")
