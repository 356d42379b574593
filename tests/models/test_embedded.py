"""The real embedded model: one server for the module, few and short questions."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Coroutine, Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any, TypeVar

import pytest

from primum.core.errors import EndpointError, RunInterrupted, UserError
from primum.core.message import Message
from primum.core.response import Response
from primum.models import embedded
from primum.models.chat_model import ChatRequest
from primum.models.embedded import EmbeddedModel, serve
from primum.models.llama_server import LlamaServer, ServerSettings
from primum.models.profile import Sampling
from primum.models.weights import FileWeights, Weights, embedded_weights, pinned

T = TypeVar("T")

pytestmark = pytest.mark.embedded


def asked(text: str, max_tokens: int = 16, **more: Any) -> ChatRequest:
    return ChatRequest((Message("user", text),), Sampling(max_tokens=max_tokens), **more)


def is_refused(url: str) -> bool:
    """Whether the port is closed; if not, a moment has passed."""
    try:
        urllib.request.urlopen(f"{url}/models", timeout=1).close()
    except OSError:
        return True
    time.sleep(0.02)
    return False


class Opened:
    """A started model on an event loop of its own."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.model = EmbeddedModel(threads=2)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def ask(self, *requests: ChatRequest) -> list[Response]:
        async def together() -> list[Response]:
            return await asyncio.gather(*map(self.model.complete, requests))

        return self.run(together())


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    opened = Opened()
    opened.run(opened.model.__aenter__())
    yield opened
    opened.run(opened.model.__aexit__(None, None, None))
    opened.runner.close()
    assert not opened.model.is_started


@pytest.fixture(scope="module")
def weights_path() -> Path:
    return embedded_weights().path()


def test_nothing_starts_before_the_first_question_and_then_once(opened: Opened) -> None:
    assert opened.model.identity["sha256"] == pinned().sha256
    was_started = opened.model.is_started

    first, second = opened.ask(asked("Name a colour."), asked("Name a day of the week."))

    assert first.outcome in ("ok", "truncated")
    assert second.text.strip()
    assert (was_started, opened.model.is_started) == (False, True)
    assert first.model_reported == pinned().name
    opened.run(opened.model.preflight())


def test_eight_questions_at_once_are_answered(opened: Opened) -> None:
    responses = opened.ask(*(asked(f"What is {n} plus {n}?", 8) for n in range(8)))

    assert all(response.is_judgeable for response in responses)
    assert all(0 < (response.completion_tokens or 0) <= 8 for response in responses)


def test_a_second_turn_reuses_the_first_ones_prefix(opened: Opened) -> None:
    opening = Message("user", "Tell me one short fact about the river Thames in London.")
    (first,) = opened.ask(ChatRequest((opening,), Sampling(max_tokens=12)))

    history = (opening, Message("assistant", first.text), Message("user", "And the Seine?"))
    (second,) = opened.ask(ChatRequest(history, Sampling(max_tokens=4)))

    assert (second.cached_tokens or 0) >= (first.prompt_tokens or 10**6) - 4


def test_a_json_schema_binds_the_answer(opened: Opened) -> None:
    schema = {
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green"]},
            "score": {"type": "integer", "minimum": 1, "maximum": 5},
        },
        "required": ["colour", "score"],
        "additionalProperties": False,
    }

    responses = opened.ask(
        *(asked(text, 60, schema=schema) for text in ("Tell me a joke.", "What is 7 times 800?"))
    )

    for response in responses:
        answer = json.loads(response.text)
        assert set(answer) == {"colour", "score"}
        assert answer["colour"] in ("red", "green")
        assert answer["score"] in range(1, 6)


def test_a_question_longer_than_the_context_has_a_typed_outcome(opened: Opened) -> None:
    (response,) = opened.ask(asked("word " * 3000))

    assert response.outcome == "context_length"
    assert response.text == ""


def test_the_token_limit_truncates(opened: Opened) -> None:
    (response,) = opened.ask(asked("Write a long story about a boat.", 5))

    assert (response.outcome, response.completion_tokens) == ("truncated", 5)


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)

    async def ask() -> Response:
        async with EmbeddedModel(threads=2, slots=1, context_tokens=128) as model:
            return await model.complete(asked("Hello", 2))

    assert asyncio.run(ask()).outcome in ("ok", "truncated")


def test_leaving_with_answers_in_flight_ends_the_process_at_once() -> None:
    async def leave() -> Any:
        async with EmbeddedModel(threads=2, slots=2) as model:
            await model.ensure_started()
            task = asyncio.create_task(model.complete(asked("Tell a very long story.", 1900)))
            await asyncio.sleep(0.3)
            process = model._server._process if model._server else None
            task.cancel()
        return process

    process = asyncio.run(leave())

    assert process.returncode == 0


def test_a_start_that_is_cancelled_leaves_nothing_behind_and_can_be_made_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[LlamaServer] = []
    is_made = asyncio.Event()

    class Kept(LlamaServer):
        def __init__(self, settings: ServerSettings) -> None:
            super().__init__(settings)
            started.append(self)
            is_made.set()

    monkeypatch.setattr(embedded, "LlamaServer", Kept)

    async def start_twice() -> Response:
        async with EmbeddedModel(threads=2, slots=1, context_tokens=128) as model:
            first = asyncio.create_task(model.ensure_started())
            await asyncio.wait_for(is_made.wait(), 30)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            assert not started[0].is_running
            return await model.complete(asked("Hello", 2))

    assert asyncio.run(start_twice()).outcome in ("ok", "truncated")
    assert [server.is_running for server in started] == [False, False]


def test_a_cancelled_start_stops_the_download() -> None:
    class Endless:
        label = "endless"
        sha256 = "0" * 64
        error: BaseException | None = None

        def path(self, progress: Any = None) -> Path:
            try:
                while True:
                    progress(1, None)
                    time.sleep(0.001)
            except RunInterrupted as error:
                self.error = error
                raise

    weights = Endless()

    async def give_up() -> None:
        async with EmbeddedModel(weights) as model:
            await asyncio.wait_for(model.ensure_started(), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())

    assert isinstance(weights.error, RunInterrupted)


def test_a_process_that_dies_stops_the_run_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    async def die() -> None:
        async with EmbeddedModel(threads=2, slots=1, context_tokens=128) as model:
            await model.ensure_started()
            assert model._server is not None
            model._server._process.kill()
            model._server.wait()
            await model.complete(asked("Hello"))

    with pytest.raises(EndpointError, match=r"process ended with status .*continues the run"):
        asyncio.run(die())


def test_a_damaged_model_is_refused_with_the_runtimes_reason(
    weights_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "half.gguf"
    with weights_path.open("rb") as stream:
        file.write_bytes(stream.read(5_000_000))

    async def start() -> None:
        async with EmbeddedModel(FileWeights(file)) as model:
            await model.preflight()

    with pytest.raises(EndpointError, match=r"half\.gguf: .*corrupted or incomplete"):
        asyncio.run(start())


def test_llama_cpp_prints_nothing(weights_path: Path) -> None:
    code = (
        "import asyncio\n"
        "from primum.models.embedded import EmbeddedModel\n"
        "async def main():\n"
        "    async with EmbeddedModel(threads=2, slots=1, context_tokens=128) as model:\n"
        "        await model.preflight()\n"
        "asyncio.run(main())\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_served_model_answers_and_ends_with_its_parent(how: signal.Signals) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = (
        "from primum.models.embedded import serve\n"
        f"serve(port={port}, slots=1, context_tokens=128, on_ready=lambda url: print(url, flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None

    url = parent.stdout.readline().strip()
    assert url == f"http://127.0.0.1:{port}/v1"
    with urllib.request.urlopen(f"{url}/models") as answer:
        assert json.load(answer)["data"][0]["id"] == pinned().name
    parent.send_signal(how)
    status = parent.wait(30)

    assert status == (0 if how is signal.SIGINT else -how)
    # The child holds the pipe's other end: its end is the end of the file.
    parent.stdout.read()
    assert any(is_refused(url) for _ in range(200))


def test_a_port_in_use_and_a_public_address_are_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(EndpointError, match=r"Port \d+ of 127\.0\.0\.1 is taken"):
            serve(port=taken.getsockname()[1], slots=1, context_tokens=128)
    with pytest.raises(UserError, match=r"“0\.0\.0\.0” is not a loopback address"):
        serve(host="0.0.0.0")


def test_a_missing_runtime_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> str:
        raise PackageNotFoundError("xllamacpp")

    monkeypatch.setattr(embedded, "version", missing)

    with pytest.raises(UserError, match="pip install xllamacpp"):
        asyncio.run(EmbeddedModel().preflight())


def test_weights_are_fetched_at_the_first_question_only(weights_path: Path) -> None:
    class Counting:
        label = "counted"
        sha256 = pinned().sha256
        fetched = 0

        def path(self, progress: object = None) -> Path:
            self.fetched += 1
            return weights_path

    weights: Any = Counting()
    checked: Weights = weights

    async def ask() -> tuple[int, int]:
        async with EmbeddedModel(checked, threads=2, slots=2, context_tokens=128) as model:
            before = weights.fetched
            assert model.identity
            await asyncio.gather(*(model.complete(asked("Hello", 2)) for _ in range(4)))
            return before, weights.fetched

    assert asyncio.run(ask()) == (0, 1)
