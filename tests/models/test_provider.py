"""The table of providers and the addresses made from it."""

from __future__ import annotations

import pytest

from primum.core.errors import EndpointError, MissingKeyError, UnknownNameError
from primum.models.address import resolve
from primum.models.provider import CUSTOM, provider_named, providers

NAMED = [
    "openai",
    "azure",
    "anthropic",
    "google",
    "mistral",
    "groq",
    "together",
    "openrouter",
    "deepseek",
    "ollama",
    "vllm",
    "llamacpp",
    "lmstudio",
]


def test_table_names_every_provider_of_the_documentation() -> None:
    assert list(providers()) == [*NAMED, CUSTOM]


@pytest.mark.parametrize("name", NAMED)
def test_provider_has_an_address_and_a_key_variable(name: str) -> None:
    provider = provider_named(name)

    assert provider.base_url.startswith("http") or provider.base_url_variable
    assert provider.key_variable.isupper()
    assert provider.is_local == (not provider.key_required)


def test_unknown_provider_names_near_misses() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown provider “opneai”.*“openai”.*base URL"):
        provider_named("opneai")


def test_newer_openai_models_take_no_temperature() -> None:
    openai = provider_named("openai")

    taken = [
        name
        for name in ("gpt-4.1", "o3-mini", "gpt-5", "gpt-5-mini")
        if openai.takes_sampling(name)
    ]

    assert taken == ["gpt-4.1"]


def test_schema_is_bound_to_the_models_that_follow_it() -> None:
    assert provider_named("openai").follows_schema("gpt-4.1")
    assert provider_named("groq").follows_schema("openai/gpt-oss-20b")
    assert not provider_named("groq").follows_schema("llama-3.3-70b-versatile")
    assert not provider_named("anthropic").follows_schema("claude-sonnet-4-5")


def test_base_url_is_cleaned_of_slash_and_path() -> None:
    address = resolve(
        provider_named(CUSTOM), "m", {}, base_url="http://localhost:8000/v1/chat/completions"
    )

    assert address.base_url == "http://localhost:8000/v1"
    assert str(address.chat_url) == "http://localhost:8000/v1/chat/completions"


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "http://", "http://[", "x"])
def test_text_that_is_no_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(EndpointError, match=r"is not one.*http://localhost:8000/v1"):
        resolve(provider_named(CUSTOM), "m", {}, base_url=url)


@pytest.mark.parametrize(
    "url", ["https://me:secret-word@host/v1", "https://host/v1?key=secret-word"]
)
def test_credentials_in_the_base_url_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(EndpointError, match="credentials or a query") as caught:
        resolve(provider_named(CUSTOM), "m", {}, base_url=url)

    assert "secret-word" not in str(caught.value)


def test_custom_endpoint_without_base_url_says_how_to_name_it() -> None:
    with pytest.raises(EndpointError, match=r"“custom”\. Name it with --base-url"):
        resolve(provider_named(CUSTOM), "m", {})


def test_azure_address_holds_deployment_api_version_and_its_own_header() -> None:
    environ = {
        "AZURE_OPENAI_ENDPOINT": "https://clinic.openai.azure.com/",
        "AZURE_OPENAI_API_KEY": "azure-secret",
        "AZURE_OPENAI_API_VERSION": "2025-01-01-preview",
    }

    address = resolve(provider_named("azure"), "triage", environ)

    assert str(address.chat_url) == (
        "https://clinic.openai.azure.com/openai/deployments/triage/chat/completions"
        "?api-version=2025-01-01-preview"
    )
    assert address.headers == {"api-key": "azure-secret"}


def test_azure_without_endpoint_names_the_variable() -> None:
    with pytest.raises(EndpointError, match="Set AZURE_OPENAI_ENDPOINT or name it with --base-url"):
        resolve(provider_named("azure"), "triage", {})


def test_missing_key_names_the_variable() -> None:
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY is not set"):
        resolve(provider_named("openai"), "gpt-4.1", {}).require_key()


def test_key_variable_that_the_user_names_must_be_set() -> None:
    ollama = provider_named("ollama")

    resolve(ollama, "m", {}).require_key()
    with pytest.raises(MissingKeyError, match="CLINIC_KEY is not set"):
        resolve(ollama, "m", {}, key_variable="CLINIC_KEY").require_key()


def test_key_with_a_line_break_inside_is_refused_without_being_shown() -> None:
    with pytest.raises(MissingKeyError, match="OPENAI_API_KEY holds characters") as caught:
        resolve(provider_named("openai"), "m", {"OPENAI_API_KEY": "sk-one\nsk-two"})

    assert "sk-" not in str(caught.value)


def test_key_is_in_no_repr() -> None:
    address = resolve(provider_named("openai"), "m", {"OPENAI_API_KEY": "sk-very-secret"})

    assert "sk-very-secret" not in repr(address)
    assert address.headers == {"Authorization": "Bearer sk-very-secret"}
