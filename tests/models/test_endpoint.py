"""The HTTP client against a real server on a loopback port."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest

from primum.core.errors import EndpointError
from primum.core.message import Message
from primum.core.response import Response
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.endpoint import LOST_IN_A_ROW, HttpModel
from primum.models.limiter import limiter_for
from primum.models.profile import Sampling
from primum.models.provider import CUSTOM, provider_named
from primum.models.retry import RetryPolicy
from primum.testing import (
    Act,
    ChatServer,
    answering,
    dropped,
    echoing_headers,
    failing,
    filtered,
    sending,
    throttled,
    too_long,
)

T = TypeVar("T")
SECRET = "sk-a-very-secret-key"
QUICK = RetryPolicy(max_failures=4, base_seconds=0.01, cap_seconds=0.02)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as running:
        yield running


def model_at(server: ChatServer, **options: Any) -> HttpModel:
    options.setdefault("retry_policy", QUICK)
    options.setdefault("environ", {"PRIMUM_API_KEY": SECRET})
    options.setdefault("generator", random.Random(1))
    return HttpModel("mock", "mock", provider_named(CUSTOM), server.base_url, **options)


def request(text: str = "hello", **options: Any) -> ChatRequest:
    return ChatRequest((Message("user", text),), Sampling(), **options)


def run(model: HttpModel, work: Callable[[HttpModel], Awaitable[T]]) -> T:
    async def main() -> T:
        async with model:
            return await work(model)

    return asyncio.run(main())


def ask(model: HttpModel, text: str = "hello") -> Response:
    return run(model, lambda opened: opened.complete(request(text)))


def ask_many(model: HttpModel, count: int) -> list[Response]:
    async def work(opened: HttpModel) -> list[Response]:
        calls = (opened.complete(request(f"item {index}")) for index in range(count))
        return list(await asyncio.gather(*calls))

    return run(model, work)


def test_endpoint_is_a_chat_model(server: ChatServer) -> None:
    model: ChatModel = model_at(server)

    assert (model.name, model.concurrency, model.supports_schema) == ("mock", 16, True)


def test_answer_comes_back_with_usage_latency_and_body(server: ChatServer) -> None:
    response = ask(model_at(server), "are you well")

    assert (response.outcome, response.text) == ("ok", "You said: are you well")
    assert (response.prompt_tokens, response.completion_tokens) == (3, 5)
    assert (response.model_reported, response.system_fingerprint) == ("mock", "fp_mock")
    assert response.attempts == 1
    assert response.latency_seconds > 0
    assert json.loads(response.raw)["object"] == "chat.completion"


def test_request_arrives_whole(server: ChatServer) -> None:
    ask(model_at(server), "元気ですか")

    (call,) = server.calls
    assert call.path == "/v1/chat/completions"
    assert call.headers["Authorization"] == f"Bearer {SECRET}"
    assert call.headers["Content-Type"] == "application/json"
    assert call.body == {
        "model": "mock",
        "messages": [{"role": "user", "content": "元気ですか"}],
        "temperature": 0.0,
        "max_tokens": 512,
    }


def test_endpoint_without_a_key_gets_no_authorization(server: ChatServer) -> None:
    ask(model_at(server, environ={}))

    assert "Authorization" not in server.calls[0].headers


def test_identity_names_the_base_url_only_where_it_is_not_the_providers_own(
    server: ChatServer,
) -> None:
    openai = provider_named("openai")

    own = HttpModel("openai/gpt-4.1", "gpt-4.1", openai)
    same = HttpModel("openai/gpt-4.1", "gpt-4.1", openai, "https://api.openai.com/v1/")
    other = HttpModel("openai/gpt-4.1", "gpt-4.1", openai, server.base_url)

    assert own.identity == same.identity == {"provider": "openai", "model": "gpt-4.1"}
    assert other.identity == {**own.identity, "base_url": server.base_url}
    assert json.dumps(other.identity)


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (answering(finish_reason="length"), "truncated"),
        (answering(finish_reason="content_filter"), "content_filter"),
        (filtered(), "content_filter"),
        (too_long(), "context_length"),
        (failing(400, "messages must alternate"), "rejected"),
        (failing(422, "no"), "rejected"),
    ],
)
def test_what_befalls_one_request_is_a_typed_outcome_and_is_not_asked_again(
    server: ChatServer, act: Act, outcome: str
) -> None:
    server.script(act)

    response = ask(model_at(server))

    assert (response.outcome, response.attempts, len(server.calls)) == (outcome, 1, 1)
    assert response.raw
    if outcome != "truncated":
        assert response.error


@pytest.mark.parametrize(
    "act",
    [
        failing(500),
        failing(502),
        failing(408),
        failing(409),
        failing(425),
        throttled(),
        throttled(status=503),
        dropped(),
        dropped("in the body"),
    ],
)
def test_passing_failure_is_tried_again(server: ChatServer, act: Act) -> None:
    server.script(act, act)

    response = ask(model_at(server))

    assert (response.outcome, response.attempts, len(server.calls)) == ("ok", 3, 3)


def test_slow_answer_is_a_timeout_and_is_tried_again(server: ChatServer) -> None:
    server.script(answering().after(5))

    response = ask(model_at(server, timeout_seconds=0.2))

    assert (response.outcome, response.attempts) == ("ok", 2)


@pytest.mark.parametrize(
    ("act", "reason"),
    [(failing(500, "no luck"), "HTTP 500: no luck"), (dropped(), "the connection broke")],
)
def test_item_whose_retries_are_spent_is_a_transport_error(
    server: ChatServer, act: Act, reason: str
) -> None:
    server.always(act)

    response = ask(model_at(server))

    assert response.outcome == "transport_error"
    assert reason in response.error
    assert "given up after 4 attempts" in response.error
    assert len(server.calls) == 4


@pytest.mark.parametrize("body", ["<html>sign in</html>", '{"choices": []}'])
def test_an_endpoint_that_is_none_stops_the_run(server: ChatServer, body: str) -> None:
    """A proxy's page with status 200 must not become a finished run of failures."""
    server.always(sending(body))

    async def ask_many() -> None:
        async with model_at(server) as model:
            for _ in range(100):
                await model.complete(ChatRequest((Message("user", "Hello"),), Sampling()))

    with pytest.raises(EndpointError, match="no usable answer to 20 calls in a row"):
        asyncio.run(ask_many())
    assert len(server.calls) == 20


@pytest.mark.parametrize("body", ["<html>oops</html>", '{"choices": []}', '{"choices": [{"mess'])
def test_whole_body_is_never_asked_for_again_even_if_malformed(
    server: ChatServer, body: str
) -> None:
    server.script(sending(body))

    response = ask(model_at(server))

    outcome = "rejected" if body.startswith("{") else "transport_error"
    assert (response.outcome, len(server.calls)) == (outcome, 1)
    assert "malformed body" in response.error
    assert response.raw == body.encode()


def test_error_inside_a_200_body_is_not_asked_again_in_this_run(server: ChatServer) -> None:
    server.script(sending({"error": {"code": 502, "message": "upstream died"}}))

    response = ask(model_at(server))

    assert (response.outcome, len(server.calls)) == ("transport_error", 1)
    assert "upstream died" in response.error


@pytest.mark.parametrize("act", [throttled("1"), throttled(milliseconds="300")])
def test_wait_that_the_endpoint_asks_for_is_obeyed(server: ChatServer, act: Act) -> None:
    server.script(act)

    async def work(model: HttpModel) -> float:
        started = asyncio.get_running_loop().time()
        await model.complete(request())
        return asyncio.get_running_loop().time() - started

    assert run(model_at(server), work) >= 0.29


def test_waits_asked_for_do_not_use_up_an_items_retries(server: ChatServer) -> None:
    server.script(*[throttled(milliseconds="5")] * 9)

    response = ask(model_at(server))

    assert (response.outcome, response.attempts) == ("ok", 10)


def test_wait_asked_of_one_call_holds_the_others(server: ChatServer) -> None:
    server.script(throttled(milliseconds="1000"))

    async def work(model: HttpModel) -> float:
        loop = asyncio.get_running_loop()
        first = asyncio.create_task(model.complete(request()))
        await asyncio.to_thread(server.wait_for_calls, 1)
        started = loop.time()
        await asyncio.sleep(0.05)
        await model.complete(request())
        waited = loop.time() - started
        await first
        return waited

    assert run(model_at(server), work) > 0.4


def test_wait_that_no_run_makes_stops_the_run(server: ChatServer) -> None:
    server.script(throttled("7200"))

    with pytest.raises(EndpointError, match="asks to wait 120 minutes"):
        ask(model_at(server))


def test_throttled_endpoint_is_asked_by_fewer_at_a_time(server: ChatServer) -> None:
    server.script(throttled(milliseconds="20"))

    async def work(model: HttpModel) -> int:
        await model.complete(request())
        return limiter_for(server.base_url, "PRIMUM_API_KEY", 16).limit

    assert run(model_at(server), work) == 4


def test_two_hundred_calls_run_at_once(server: ChatServer) -> None:
    """More than the hundred connections that aiohttp allows by default."""
    server.always(answering().after(1.0))

    async def work(model: HttpModel) -> list[Response]:
        limiter = limiter_for(server.base_url, "PRIMUM_API_KEY", 200)
        limiter._limit = 200.0
        return list(await asyncio.gather(*(model.complete(request()) for _ in range(200))))

    responses = run(model_at(server, max_concurrency=200), work)

    assert {response.outcome for response in responses} == {"ok"}
    assert server.peak_in_flight > 100


def test_calls_in_flight_never_pass_the_bound(server: ChatServer) -> None:
    server.always(answering().after(0.01))

    ask_many(model_at(server, max_concurrency=5), 60)

    assert server.peak_in_flight == 5


def test_connections_are_kept_and_used_again(server: ChatServer) -> None:
    ask_many(model_at(server, max_concurrency=4), 40)

    assert len(server.calls) == 40
    assert server.connections <= 4


def test_later_turns_go_before_new_conversations(server: ChatServer) -> None:
    server.script(answering().after(0.6))

    async def work(model: HttpModel) -> None:
        first = asyncio.create_task(model.complete(request("first")))
        await asyncio.to_thread(server.wait_for_calls, 1)
        waiting = [
            model.complete(request(name, priority=priority))
            for name, priority in (("new", 0), ("turn 2", -1), ("turn 3", -2))
        ]
        await asyncio.gather(first, *waiting)

    run(model_at(server, max_concurrency=1), work)

    asked = [call.body["messages"][0]["content"] for call in server.calls]
    assert asked == ["first", "turn 3", "turn 2", "new"]


def test_cancelled_calls_leave_no_slot_behind(server: ChatServer) -> None:
    server.always(answering().after(30))

    async def work(model: HttpModel) -> tuple[int, str]:
        tasks = [asyncio.create_task(model.complete(request())) for _ in range(12)]
        await asyncio.to_thread(server.wait_for_calls, 3)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        server.always(None)
        limiter = limiter_for(server.base_url, "PRIMUM_API_KEY", 3)
        return limiter.in_flight, (await model.complete(request())).outcome

    assert run(model_at(server, max_concurrency=3), work) == (0, "ok")


def test_slot_is_free_while_a_call_waits_for_its_next_attempt(server: ChatServer) -> None:
    policy = RetryPolicy(max_failures=3, base_seconds=0.5, cap_seconds=0.5)

    class Longest(random.Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    async def work(model: HttpModel) -> list[str]:
        server.script(failing(500))
        order: list[str] = []

        async def complete(name: str) -> None:
            await model.complete(request(name))
            order.append(name)

        first = asyncio.create_task(complete("fails once"))
        await asyncio.to_thread(server.wait_for_calls, 1)
        await complete("other")
        await first
        return order

    model = model_at(server, max_concurrency=1, retry_policy=policy, generator=Longest())

    assert run(model, work) == ["other", "fails once"]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (failing(401, "no"), "refuses the key in PRIMUM_API_KEY.*HTTP 401"),
        (failing(403, "no"), "refuses the key in PRIMUM_API_KEY.*HTTP 403"),
        (failing(402, "Insufficient Balance"), "wants the account settled"),
        (failing(429, "quota", code="insufficient_quota"), "wants the account settled"),
        (failing(404, "no", code="model_not_found"), "does not serve “mock”"),
        (failing(400, "Unsupported value", param="temperature"), "does not take “temperature”"),
        (failing(307, "moved"), "redirect"),
    ],
)
def test_failure_that_would_meet_every_call_stops_the_run(
    server: ChatServer, act: Act, message: str
) -> None:
    server.always(act)

    with pytest.raises(EndpointError, match=message):
        ask(model_at(server))

    assert len(server.calls) == 1


def test_server_that_goes_away_stops_the_run() -> None:
    with ChatServer() as server:
        model = model_at(server)
        assert ask(model).outcome == "ok"

    with pytest.raises(EndpointError, match=r"cannot be reached.*Is the server running"):
        ask(model)


def test_endpoint_that_only_fails_stops_the_run(server: ChatServer) -> None:
    server.always(failing(500))
    policy = RetryPolicy(max_failures=1)

    with pytest.raises(EndpointError, match=f"no usable answer to {LOST_IN_A_ROW} calls in a row"):
        ask_many(model_at(server, retry_policy=policy), LOST_IN_A_ROW + 5)


def test_scattered_losses_do_not_stop_the_run(server: ChatServer) -> None:
    policy = RetryPolicy(max_failures=1)
    server.script(*[failing(500), answering()] * LOST_IN_A_ROW)

    responses = ask_many(
        model_at(server, retry_policy=policy, max_concurrency=1), LOST_IN_A_ROW * 2
    )

    assert [response.outcome for response in responses].count("transport_error") == LOST_IN_A_ROW


def test_text_that_is_not_unicode_is_rejected_and_not_sent(server: ChatServer) -> None:
    response = ask(model_at(server), "half \ud800")

    assert (response.outcome, response.attempts, server.calls) == ("rejected", 0, [])


def test_key_that_the_endpoint_echoes_is_blotted_out_everywhere(server: ChatServer) -> None:
    server.script(echoing_headers(), echoing_headers(500), answering(f"Your key is {SECRET}"))
    server.always(echoing_headers(500))
    model = model_at(server)

    rejected = ask(model)
    answered = ask(model)
    lost = ask(model)

    assert (rejected.outcome, answered.outcome, lost.outcome) == (
        "rejected",
        "ok",
        "transport_error",
    )
    assert answered.text == "Your key is [key]"
    assert "[key]" in rejected.error
    for response in (rejected, answered, lost):
        assert SECRET not in repr(response)
        assert SECRET.encode() not in response.raw


@pytest.mark.parametrize("status", [401, 402, 403, 404, 307])
def test_key_is_in_no_error_that_stops_a_run(server: ChatServer, status: int) -> None:
    server.always(echoing_headers(status))
    model = model_at(server)

    with pytest.raises(EndpointError) as caught:
        ask(model)

    assert SECRET not in str(caught.value)
    assert SECRET not in repr(model)


def test_model_that_is_not_open_says_so(server: ChatServer) -> None:
    with pytest.raises(RuntimeError, match="use “async with”"):
        asyncio.run(model_at(server).complete(request()))
