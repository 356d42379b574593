"""What a response of a model costs; exact at the provider's published prices."""

from __future__ import annotations

from primum.core.response import Response
from primum.engine.caller import Price
from primum.models.chat_model import ChatModel
from primum.models.price import price_usd

FREE = frozenset({"embedded", "answers", "scripted"})


def known_price(model: ChatModel) -> Price | None:
    """US dollars of a response of that model; None where no price is known."""
    identity = model.identity
    provider, name = str(identity.get("provider", "")), str(identity.get("model", ""))
    if provider in FREE:
        return lambda _: 0.0
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
