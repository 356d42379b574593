"""The table of providers: where each one listens, what its key is called, and its quirks.

The table is data (``data/providers.toml``); a new provider is a new table there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from primum.core.errors import UnknownNameError

CUSTOM = "custom"
"""The provider of an endpoint that is named by its base URL only."""


class Provider(BaseModel):
    """One provider's endpoint in the OpenAI chat-completions form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: str
    base_url: str = ""
    """Empty where every user has another one."""
    base_url_variable: str = ""
    """Environment variable that may hold the base URL."""
    chat_path: str = "/chat/completions"
    """May hold ``{model}``."""
    query: dict[str, str] = Field(default_factory=dict)
    query_variables: dict[str, str] = Field(default_factory=dict)
    """Query parameter → environment variable that replaces its value."""
    models: Literal["list", "lookup", "none"] = "list"
    """``list``: GET models_path names all that is served. ``lookup``: GET models_path/MODEL knows
    names that the list does not show. ``none``: there is no such path."""
    models_path: str = "/models"
    models_query: dict[str, str] = Field(default_factory=dict)
    models_headers: dict[str, str] = Field(default_factory=dict)
    models_key_header: str = ""
    """A second header that carries the bare key to models_path."""
    key_path: str = ""
    """A path that answers 401 to a wrong key, where models_path does not."""
    key_variable: str
    key_required: bool = True
    key_header: str = "Authorization"
    key_prefix: str = "Bearer "
    is_local: bool = False
    """Runs on the user's own machines: a call costs nothing."""
    price_id: str = ""
    """Its id in genai-prices."""
    concurrency: int = Field(default=16, ge=1)
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed", ""] = "seed"
    """Empty where a seed is refused or ignored."""
    schema_models: tuple[str, ...] = (".",)
    """Patterns of the models that follow ``response_format`` of type ``json_schema``."""
    unsampled_models: tuple[str, ...] = ()
    """Patterns of the models that refuse temperature and top_p."""
    takes_top_p_with_temperature: bool = True
    start_hint: str = ""
    """The command that starts a local server."""

    def follows_schema(self, model: str) -> bool:
        """Whether an answer of this model can be bound to a JSON schema."""
        return any(re.search(pattern, model) for pattern in self.schema_models)

    def takes_sampling(self, model: str) -> bool:
        """Whether this model takes temperature and top_p."""
        return not any(re.search(pattern, model) for pattern in self.unsampled_models)


@cache
def providers() -> Mapping[str, Provider]:
    """All providers by id, in the order of the table."""
    text = (files("primum.models") / "data" / "providers.toml").read_text(encoding="utf-8")
    return {
        name: Provider.model_validate({"id": name, **table})
        for name, table in tomllib.loads(text).items()
    }


def provider_named(name: str) -> Provider:
    """The provider of that id.

    Raises:
        UnknownNameError: there is none; near misses are named.
    """
    known = providers()
    if name not in known:
        hint = "Any other endpoint is named by its base URL."
        raise UnknownNameError("provider", name, known, hint)
    return known[name]
