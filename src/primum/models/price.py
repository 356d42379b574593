"""What a call costs, from the prices that ship with genai-prices; nothing is fetched."""

from __future__ import annotations

from functools import cache

from primum.models.provider import Provider, providers


@cache
def _is_priced(price_id: str, model: str) -> bool:
    return _price(price_id, model, 1, 1, 0) is not None


def price_usd(
    provider: str,
    model: str,
    prompt_tokens: int,
    completion_tokens: int,
    cached_tokens: int = 0,
) -> float | None:
    """The price in US dollars; 0 for a local server, None where no price is known.

    Args:
        provider: id of the provider.
        model: the model as the provider calls it.
        prompt_tokens: all tokens of the request, the cached ones among them.
        completion_tokens: all tokens of the answer, hidden reasoning among them.
        cached_tokens: tokens of the request that the provider had kept.
    """
    known: Provider | None = providers().get(provider)
    if known is None:
        return None
    if known.is_local:
        return 0.0
    if not known.price_id or not _is_priced(known.price_id, model):
        return None
    return _price(known.price_id, model, prompt_tokens, completion_tokens, cached_tokens)


def _price(price_id: str, model: str, prompt: int, completion: int, cached: int) -> float | None:
    from genai_prices import Usage, calc_price

    usage = Usage(
        input_tokens=prompt, output_tokens=completion, cache_read_tokens=min(cached, prompt)
    )
    try:
        return float(calc_price(usage, model, provider_id=price_id).total_price)
    except (LookupError, ValueError):
        return None
