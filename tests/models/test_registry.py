import asyncio
from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.core.message import Message
from primum.models import registry
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.embedded import EmbeddedModel
from primum.models.endpoint import HttpModel
from primum.models.profile import Sampling
from primum.models.recorded import RecordedAnswers
from primum.models.registry import ModelSpec, describe, register, resolve
from primum.models.scripted import ScriptedModel
from primum.models.weights import pinned


@pytest.fixture
def forgotten_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))


def test_embedded_is_the_pinned_model_and_starts_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path))
    monkeypatch.delenv("PRIMUM_EMBEDDED_MODEL", raising=False)

    model = resolve("embedded")

    assert isinstance(model, EmbeddedModel)
    assert model.identity["sha256"] == pinned().sha256
    assert model.identity["context_tokens"] == pinned().context_tokens
    assert (model.name, model.concurrency, model.supports_schema) == ("embedded", 8, True)
    assert not model.is_started
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["embedded", "gguf"])
def test_a_gguf_file_is_known_by_its_content(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "my.gguf"
    file.write_bytes(b"GGUF and more")

    model = resolve(f"{kind}:{file}", context_tokens=512, slots=2)

    assert isinstance(model, EmbeddedModel)
    assert model.identity["model"] == "my"
    assert model.identity["context_tokens"] == 512
    assert model.concurrency == 2
    file.write_bytes(b"GGUF and something else")
    assert resolve(f"{kind}:{file}").identity["sha256"] != model.identity["sha256"]


def test_the_variable_names_another_file_for_embedded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PRIMUM_EMBEDDED_MODEL", str(file))

    assert resolve("embedded").identity["model"] == "other"


def test_answers_and_scripts_come_from_files(tmp_path: Path) -> None:
    answers = tmp_path / "ward@7.csv"
    answers.write_text("item,answer,respondent\ntea,Yes,A\n")
    several = tmp_path / "all.csv"
    several.write_text("item,answer,respondent\ntea,Yes,A\ntea,No,B\n")
    script = tmp_path / "s.toml"
    script.write_text('default = "x"\n')

    assert isinstance(resolve(f"answers:{answers}"), RecordedAnswers)
    assert resolve(f"answers:{several}@B").identity["respondent"] == "B"
    assert isinstance(resolve(f"scripted:{script}"), ScriptedModel)
    assert resolve(f"scripted:{script}").name == f"scripted:{script}"


def test_a_provider_and_its_model_are_told_apart_at_the_first_slash() -> None:
    model = resolve("openrouter/meta-llama/llama-3:free")

    assert isinstance(model, HttpModel)
    assert model.identity["provider"] == "openrouter"
    assert model.identity["model"] == "meta-llama/llama-3:free"
    assert resolve("ollama/llama3:8b").identity["model"] == "llama3:8b"


def test_a_base_url_takes_any_name_and_keeps_a_providers_conventions() -> None:
    url = "http://127.0.0.1:9/v1"

    bare = resolve("llama3:8b", base_url=url)
    deep = resolve("org/llama-70b", base_url=url)
    known = resolve("vllm/org/llama-70b", base_url=url)
    whole = resolve("custom/openai/gpt-oss-20b", base_url=url)

    assert (bare.identity["provider"], bare.identity["model"]) == ("custom", "llama3:8b")
    assert (deep.identity["provider"], deep.identity["model"]) == ("custom", "org/llama-70b")
    assert (known.identity["provider"], known.identity["model"]) == ("vllm", "org/llama-70b")
    assert whole.identity["model"] == "openai/gpt-oss-20b"
    assert resolve("embedded", base_url=url).identity["provider"] == "custom"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("embeded", "Unknown model “embeded”. Did you mean “embedded”"),
        ("opnai/gpt-4", "Unknown model provider “opnai”. Did you mean “openai”"),
        ("scriptd:file.toml", "Did you mean “scripted”"),
        ("gpt-4.1", "as provider/model, for example openai/gpt-4.1"),
        ("./my.gguf", "A model file is named as embedded:./my.gguf"),
        ("openai/", "Did you mean “openai”"),
        ("", "Unknown model “”"),
    ],
)
def test_an_unknown_model_lists_near_misses_or_the_way(spec: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as error:
        resolve(spec)

    assert message in str(error.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("answers:", "The form is answers:FILE[@RESPONDENT]"),
        ("hub", "The form is hub:OWNER/REPO/FILE.gguf"),
        ("hub:owner/file.gguf", "The form is hub:OWNER/REPO/FILE.gguf"),
        ("hub:owner/../secret.gguf", "does not name a file of the hub"),
        ("hub:owner/repo/file.gguf@../../x", "does not name a file of the hub"),
        ("embedded:/nowhere/x.gguf", "There is no file /nowhere/x.gguf"),
    ],
)
def test_a_name_that_is_not_whole_shows_the_form(spec: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        resolve(spec)

    assert message in str(error.value)


def test_a_file_that_is_not_gguf_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "page.gguf"
    file.write_text("<html>")

    with pytest.raises(UserError, match="is not a GGUF model"):
        resolve(f"embedded:{file}")


def test_a_missing_answers_file_is_named() -> None:
    with pytest.raises(DataError, match="nowhere"):
        resolve("answers:/nowhere.csv")


@pytest.mark.usefixtures("forgotten_kinds")
def test_a_registered_kind_is_found_and_described_like_the_built_in_ones() -> None:
    @register("oracle", form="oracle:NAME", summary="asks the oracle")
    def _oracle(spec: ModelSpec) -> ChatModel:
        return ScriptedModel(default=spec.argument, name=spec.text)

    model = resolve("oracle:a/b:c")
    request = ChatRequest((Message("user", "?"),), Sampling())

    assert model.name == "oracle:a/b:c"
    assert asyncio.run(model.complete(request)).text == "a/b:c"
    assert "oracle" in [entry.name for entry in describe()]
    with pytest.raises(ValueError, match="registered already"):
        register("oracle", form="", summary="")(_oracle)


def test_the_description_says_whether_a_key_is_set_and_never_what_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-value")
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)

    entries = {entry.name: entry for entry in describe()}

    assert entries["openai"].key_variable == "OPENAI_API_KEY"
    assert entries["openai"].is_key_set
    assert not entries["mistral"].is_key_set
    assert not entries["ollama"].is_key_required
    assert entries["embedded"].kind == "local"
    assert "very-secret-value" not in repr(entries)
