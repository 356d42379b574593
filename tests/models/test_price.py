"""Prices of calls."""

from __future__ import annotations

import subprocess
import sys

import pytest

from primum.models.price import price_usd


def test_price_of_a_known_model_counts_cached_tokens_at_their_own_rate() -> None:
    full = price_usd("openai", "gpt-4.1", 1_000_000, 0)
    cached = price_usd("openai", "gpt-4.1", 1_000_000, 0, 1_000_000)

    # gpt-4.1: 2 dollars for a million tokens in, 0.50 for a million cached ones.
    assert full == pytest.approx(2.0)
    assert cached == pytest.approx(0.5)


def test_price_grows_with_the_answer() -> None:
    # gpt-4.1: 8 dollars for a million tokens out.
    assert price_usd("openai", "gpt-4.1", 0, 500_000) == pytest.approx(4.0)


def test_more_cached_than_sent_is_taken_as_all_cached() -> None:
    assert price_usd("openai", "gpt-4.1", 10, 5, 99) == price_usd("openai", "gpt-4.1", 10, 5, 10)


@pytest.mark.parametrize("provider", ["ollama", "vllm", "llamacpp", "lmstudio"])
def test_local_server_costs_nothing(provider: str) -> None:
    assert price_usd(provider, "any-model", 1000, 1000) == 0.0


@pytest.mark.parametrize(
    ("provider", "model"),
    [("openai", "no-such-model"), ("custom", "gpt-4.1"), ("nobody", "gpt-4.1")],
)
def test_unknown_price_is_none_and_not_zero(provider: str, model: str) -> None:
    assert price_usd(provider, model, 1000, 1000) is None


def test_prices_are_read_lazily_and_without_a_network() -> None:
    program = (
        "import socket, sys\n"
        "import primum.models.price as price\n"
        "assert 'genai_prices' not in sys.modules\n"
        "def refuse(*_a, **_k): raise AssertionError('network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse\n"
        "assert price.price_usd('mistral', 'mistral-large-latest', 1000, 10) > 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
