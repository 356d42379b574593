"""The deployment profile a target runs under: what is said to it and how it samples.

The profile is part of a run's identity: the same model under another system prompt is another
target.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from primum.core.digest import digest_of


class Sampling(BaseModel):
    """How an answer is drawn; fields left at None are not sent, the endpoint's default rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float | None = Field(default=0.0, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=512, ge=1)
    seed: int | None = None
    """Repeat *k* of an item is asked with seed + k."""
    stop: tuple[str, ...] = ()


class Profile(BaseModel):
    """System prompt, sampling and quantisation of one deployment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "default"
    system_prompt: str = ""
    sampling: Sampling = Sampling()
    quantisation: str = ""
    """As the deployment states it, for example ``Q4_1`` or ``fp8``; for the record."""

    def content(self) -> dict[str, Any]:
        """What decides the answers: everything but the profile's name."""
        return self.model_dump(mode="json", exclude={"name"})

    @property
    def fingerprint(self) -> bytes:
        """Content hash, 16 bytes."""
        return digest_of(self.content())
