"""A model in this process: the real embedded one, as torch weights."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from primum.core.errors import UserError
from primum.core.message import Message
from primum.core.response import Response
from primum.models.chat_model import ChatRequest
from primum.models.local import LocalModel
from primum.models.local_source import FolderSource, RepositorySource, open_source
from primum.models.profile import Sampling
from primum.models.registry import resolve

SHORT = Sampling(max_tokens=12)
CAPITAL, COLOUR = "What is the capital of France?", "Name a colour."


def ask(text: str, sampling: Sampling = SHORT, *, repeat: int = 0) -> ChatRequest:
    return ChatRequest((Message("user", text),), sampling, repeat)


@pytest.fixture(scope="module")
def local() -> LocalModel:
    pytest.importorskip("torch", reason="the extra “local” is not installed")
    pytest.importorskip("transformers", reason="the extra “local” is not installed")
    return LocalModel(open_source("embedded"), device="cpu")


def answers(model: LocalModel, *requests: ChatRequest) -> list[Response]:
    async def run() -> list[Response]:
        return list(await asyncio.gather(*(model.complete(each) for each in requests)))

    return asyncio.run(run())


def test_what_hf_names_is_found_by_its_form(tmp_path: Path) -> None:
    assert open_source("Qwen/Qwen3-8B@9c925d6") == RepositorySource("Qwen/Qwen3-8B", "9c925d6")
    assert open_source(str(tmp_path)) == FolderSource(tmp_path)
    assert resolve("hf:embedded", slots=3).name == "hf:embedded"


@pytest.mark.parametrize("name", ["nothing-here", "a/b/c", "../x", "owner/..", ""])
def test_what_names_no_model_is_one_sentence(name: str) -> None:
    with pytest.raises(UserError, match="names no model|is not whole"):
        resolve(f"hf:{name}")


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config\.json and weights"):
        _ = FolderSource(tmp_path).identity


def test_the_same_folder_under_another_path_is_the_same_model(tmp_path: Path) -> None:
    for place in ("a", "b"):
        folder = tmp_path / place / "model"
        folder.mkdir(parents=True)
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_bytes(b"weights")
    first, second = (FolderSource(tmp_path / place / "model").identity for place in ("a", "b"))
    (tmp_path / "b" / "model" / "chat_template.jinja").write_text("changed")

    assert first == second
    assert FolderSource(tmp_path / "b" / "model").identity != first


@pytest.mark.local
@pytest.mark.slow
def test_it_answers_and_says_what_it_took(local: LocalModel) -> None:
    (response,) = answers(local, ask(CAPITAL))

    assert (response.outcome, response.finish_reason) == ("ok", "stop")
    assert "Paris" in response.text
    assert response.prompt_tokens
    assert response.completion_tokens
    assert "<|im_end|>" not in response.text


@pytest.mark.local
@pytest.mark.slow
@pytest.mark.parametrize(
    "sampling", [SHORT, Sampling(temperature=0.9, top_p=0.95, max_tokens=12, seed=5)]
)
def test_an_answer_does_not_depend_on_its_batch(local: LocalModel, sampling: Sampling) -> None:
    (alone,) = answers(local, ask(COLOUR, sampling))
    together = answers(local, ask(CAPITAL, sampling), ask(COLOUR, sampling))

    assert together[1].text == alone.text


@pytest.mark.local
@pytest.mark.slow
def test_repeats_are_other_draws_and_the_same_seed_is_the_same_draw(local: LocalModel) -> None:
    sampling = Sampling(temperature=1.0, max_tokens=12, seed=1)
    drawn = answers(local, *(ask(COLOUR, sampling, repeat=repeat) for repeat in (0, 1, 2, 0)))

    assert drawn[0].text == drawn[3].text
    assert len({response.text for response in drawn}) > 1


@pytest.mark.local
@pytest.mark.slow
def test_draws_have_the_models_own_probabilities(local: LocalModel) -> None:
    """The first token over many seeds, beside the softmax of the logits: a chi-square test."""
    import torch
    from scipy.stats import chisquare

    from primum.models.local_generation import SeededNoise

    logits = torch.tensor([[2.0, 1.0, 0.5, -1.0]])
    draws = 4000
    noise = SeededNoise(range(draws), torch.device("cpu"))
    drawn = noise(torch.zeros(draws, 1), logits.expand(draws, -1)).argmax(dim=1)
    counts = torch.bincount(drawn, minlength=4).double()
    expected = torch.softmax(logits[0].double(), dim=0) * draws

    assert chisquare(counts.numpy(), expected.numpy()).pvalue > 0.001


@pytest.mark.local
@pytest.mark.slow
def test_a_begun_answer_is_continued(local: LocalModel) -> None:
    request = ChatRequest(
        (Message("user", CAPITAL), Message("assistant", "Sure! The capital of France is")), SHORT
    )
    (response,) = answers(local, request)

    assert response.text.strip().startswith("Paris")


@pytest.mark.local
@pytest.mark.slow
def test_a_limit_cuts_and_too_long_a_conversation_is_typed(local: LocalModel) -> None:
    cut, long = answers(
        local,
        ask("Tell a long story.", Sampling(max_tokens=5)),
        ask("word " * 9000, Sampling(max_tokens=5)),
    )

    assert (cut.outcome, cut.completion_tokens) == ("truncated", 5)
    assert long.outcome == "context_length"
    assert "9,0" in long.error


@pytest.mark.local
@pytest.mark.slow
def test_a_stop_text_ends_the_answer_before_it(local: LocalModel) -> None:
    (whole,) = answers(local, ask(CAPITAL))
    (response,) = answers(local, ask(CAPITAL, Sampling(max_tokens=12, stop=("France",))))

    assert response.text == whole.text.partition("France")[0]
    assert response.outcome == "ok"


@pytest.mark.local
@pytest.mark.slow
def test_where_memory_is_short_the_batch_is_halved(
    local: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from primum.models import local_generation as module

    seen: list[int] = []
    real: Callable[..., list[Response]] = module.generate

    def generate(loaded: object, requests: list[ChatRequest], sampling: Sampling) -> list[Response]:
        seen.append(len(requests))
        if len(requests) > 1:
            raise torch.OutOfMemoryError("none left")
        return real(loaded, requests, sampling)

    monkeypatch.setattr(module, "generate", generate)
    model = LocalModel(local._source, device="cpu")
    responses = answers(model, ask(CAPITAL), ask(COLOUR))
    monkeypatch.undo()

    assert [response.text for response in responses] == [
        response.text for response in answers(local, ask(CAPITAL), ask(COLOUR))
    ]
    assert seen[:3] == [2, 1, 1]


@pytest.mark.local
@pytest.mark.slow
def test_a_model_without_a_chat_template_is_refused(local: LocalModel, tmp_path: Path) -> None:
    loaded = local.open()
    loaded.model.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()

    with pytest.raises(UserError, match="no chat template"):
        FolderSource(tmp_path).load("cpu", "float32")


@pytest.mark.local
@pytest.mark.slow
def test_a_saved_model_answers_as_the_one_it_was_saved_from(
    local: LocalModel, tmp_path: Path
) -> None:
    loaded = local.open()
    loaded.model.save_pretrained(tmp_path)
    loaded.tokenizer.save_pretrained(tmp_path)
    saved = LocalModel(open_source(str(tmp_path)), device="cpu")

    assert answers(saved, ask(CAPITAL))[0].text == answers(local, ask(CAPITAL))[0].text
