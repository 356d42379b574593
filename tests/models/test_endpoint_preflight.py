"""The check before any work."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from primum.core.errors import EndpointError, MissingKeyError
from primum.models.endpoint import HttpModel
from primum.models.provider import CUSTOM, Provider, provider_named
from primum.testing import ChatServer, failing

KEY = "sk-the-right-key"


def preflight(
    model: str,
    base_url: str,
    provider: Provider | None = None,
    environ: dict[str, str] | None = None,
    **options: Any,
) -> None:
    async def main() -> None:
        async with HttpModel(
            model,
            model,
            provider or provider_named(CUSTOM),
            base_url,
            environ=environ or {},
            **options,
        ) as opened:
            await opened.preflight()

    asyncio.run(main())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_served_model_passes_without_a_completion() -> None:
    with ChatServer(("mock", "other"), key=KEY) as server:
        preflight("other", server.base_url, environ={"PRIMUM_API_KEY": KEY})

        assert server.calls == []


def test_unknown_model_names_near_misses_of_what_is_served() -> None:
    meant = pytest.raises(EndpointError, match=r"“llama-3-7b”.*Did you mean “llama-3-8b”")
    with ChatServer(("llama-3-8b", "qwen-2-7b")) as server, meant:
        preflight("llama-3-7b", server.base_url)


def test_hostile_model_list_is_shown_clean() -> None:
    with ChatServer(("\x1b[31mred",)) as server, pytest.raises(EndpointError) as caught:
        preflight("xyz", server.base_url)

    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("llama3", "llama3:latest"),
        ("gemini-2.5-flash", "models/gemini-2.5-flash"),
        ("openai/gpt-4.1:nitro", "openai/gpt-4.1"),
        ("small.gguf", "/srv/models/small.gguf"),
    ],
)
def test_names_that_providers_list_otherwise_are_found(asked: str, listed: str) -> None:
    with ChatServer((listed,)) as server:
        preflight(asked, server.base_url)


def test_server_that_is_not_running_is_named_with_what_to_do() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"

    with pytest.raises(EndpointError, match=f"{url} cannot be reached.*--base-url"):
        preflight("m", url)
    with pytest.raises(EndpointError, match=r"Start the server \(ollama serve\)"):
        preflight("m", url, provider_named("ollama"))


def test_host_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", unknown)

    with pytest.raises(EndpointError, match="cannot be reached: the host name is not known"):
        preflight("m", "http://no-such-host.invalid/v1")


def test_server_that_never_answers_fails_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    import aiohttp

    monkeypatch.setattr("primum.models.preflight.TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(EndpointError, match="no answer in time"):
            preflight("m", f"http://127.0.0.1:{deaf.getsockname()[1]}/v1")


def test_server_that_speaks_no_tls_is_told() -> None:
    with ChatServer() as server, pytest.raises(EndpointError, match=r"TLS failed.*SSL_CERT_FILE"):
        preflight("mock", server.base_url.replace("http://", "https://"))


# aiohttp 3 has no other way that also works for plain HTTP; the way it names comes with 4.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer(("mock",), lists_models=False) as proxy:
        address = proxy.base_url.removesuffix("/v1").removeprefix("http://")
        monkeypatch.setenv("http_proxy", f"http://me:word@{address}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        preflight("mock", "http://models.clinic.example/v1")

        (call,) = proxy.calls
        assert call.headers["Host"] == "models.clinic.example"
        # base64 of “me:word”
        assert call.headers["Proxy-Authorization"] == "Basic bWU6d29yZA=="


def test_wrong_key_names_the_variable_and_quotes_no_part_of_the_key() -> None:
    refused = pytest.raises(EndpointError, match="the key in PRIMUM_API_KEY")
    with ChatServer(key=KEY) as server, refused as caught:
        preflight("mock", server.base_url, environ={"PRIMUM_API_KEY": "sk-the-wrong-key"})

    assert "sk-" not in str(caught.value)


def test_key_that_is_needed_after_all_names_the_variable() -> None:
    refused = pytest.raises(EndpointError, match=r"a call without a key \(VLLM_API_KEY\)")
    with ChatServer(key=KEY) as server, refused:
        preflight("mock", server.base_url, provider_named("vllm"))


def test_missing_key_is_told_before_any_network() -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"

    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY is not set"):
        preflight("gpt-4.1", url, provider_named("openai"))


def test_endpoint_without_a_list_is_asked_for_nothing() -> None:
    with ChatServer(lists_models=False) as server:
        preflight("mock", server.base_url)

        (call,) = server.calls
        assert call.body == {"model": "mock", "messages": []}


@pytest.mark.parametrize(
    ("status", "message"), [(404, "does not serve “mock”"), (401, "refuses a call without a key")]
)
def test_endpoint_without_a_list_still_tells_model_and_key(status: int, message: str) -> None:
    with ChatServer(lists_models=False) as server:
        server.always(failing(status, "no"))
        with pytest.raises(EndpointError, match=message):
            preflight("mock", server.base_url)


def test_address_without_an_endpoint_hints_at_the_base_url() -> None:
    with ChatServer() as server, pytest.raises(EndpointError, match="many end in /v1"):
        preflight("mock", server.base_url.removesuffix("/v1"))


def test_alias_that_only_a_lookup_knows_passes() -> None:
    anthropic = provider_named("anthropic")
    environ = {"ANTHROPIC_API_KEY": KEY}

    with ChatServer(("claude-alias",), key=KEY) as server:
        preflight("claude-alias", server.base_url, anthropic, environ)
        with pytest.raises(EndpointError, match="“claude-alias”"):
            preflight("claude-alas", server.base_url, anthropic, environ)
