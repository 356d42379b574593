"""A model behind an HTTP endpoint in the OpenAI chat-completions form.

    async with HttpModel("openai/gpt-4.1", "gpt-4.1", provider_named("openai")) as model:
        await model.preflight()
        response = await model.complete(request)

What an endpoint does to one request becomes a typed ``Response``. What would meet every call alike
(the key is refused, the model is gone, the server is down after all retries) raises
``EndpointError`` from ``complete``, so that a run stops instead of spending its items on it.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from primum import __version__
from primum.core.errors import EndpointError
from primum.core.response import Response
from primum.models.address import is_loopback, resolve
from primum.models.chat_model import ChatRequest
from primum.models.limiter import AdaptiveLimiter, limiter_for
from primum.models.outage import (
    BrokenCall,
    asks_too_long,
    broken_call,
    run_stopper,
    silent,
    unreachable,
)
from primum.models.preflight import check
from primum.models.problem import ITEM_OUTCOMES, Problem, read_problem
from primum.models.profile import Sampling
from primum.models.provider import Provider
from primum.models.retry import Retries, RetryPolicy, asked_wait
from primum.models.wire import MALFORMED, RequestWriter, read_response

LOST_IN_A_ROW = 20
"""Items given up one after the other, with no answer between them, that stop a run."""


class _Fault(NamedTuple):
    """An attempt that brought no answer."""

    problem: Problem
    raw: bytes = b""
    call: BrokenCall | None = None


class HttpModel:
    """One model at one endpoint; models behind the same endpoint and key share a limiter."""

    def __init__(
        self,
        name: str,
        model: str,
        provider: Provider,
        base_url: str | None = None,
        api_key_variable: str | None = None,
        *,
        timeout_seconds: float = 300.0,
        max_concurrency: int | None = None,
        retry_policy: RetryPolicy | None = None,
        generator: random.Random | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """Resolve the address; nothing is sent.

        Args:
            name: as the user named it.
            model: as the endpoint names it.
            provider: its row of the table.
            base_url: another address than the table's.
            api_key_variable: another environment variable than the table's.
            timeout_seconds: for one attempt, from sending to the last byte.
            max_concurrency: calls in flight at most; the table's where None.
            retry_policy: how long one item is worth trying.
            generator: the source of jitter.
            environ: where keys and base URLs are looked up.
        """
        self._name = name
        self._address = resolve(
            provider, model, environ, base_url=base_url, key_variable=api_key_variable
        )
        self._identity: dict[str, Any] = {"provider": provider.id, "model": model}
        if self._address.base_url != provider.base_url:
            self._identity["base_url"] = self._address.base_url
        self._concurrency = max_concurrency or provider.concurrency
        self._timeout_seconds = timeout_seconds
        self._retry_policy = retry_policy or RetryPolicy()
        self._generator = generator or random.Random()  # noqa: S311 - jitter, not a secret
        self._writer = RequestWriter(provider, model)
        self._url = self._address.chat_url
        self._lost_in_a_row = 0
        self._session: aiohttp.ClientSession | None = None
        self._limiter: AdaptiveLimiter | None = None

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @property
    def identity(self) -> Mapping[str, Any]:
        """Provider, model, and the base URL where it is not the provider's own."""
        return self._identity

    @property
    def concurrency(self) -> int:
        """How many requests are worth having in flight at most."""
        return self._concurrency

    @property
    def supports_schema(self) -> bool:
        """Whether answers can be bound to a JSON schema."""
        return self._writer.follows_schema

    def unsent(self, sampling: Sampling) -> tuple[str, ...]:
        """Names of the sampling fields that are set and that this endpoint cannot be sent."""
        return self._writer.unsent(sampling)

    def __repr__(self) -> str:
        return f"HttpModel({self._name!r}, {self._address.base_url!r})"

    async def __aenter__(self) -> Self:
        address = self._address
        proxy, proxy_auth = _proxy(address.base_url)
        headers = {"Content-Type": "application/json", "User-Agent": f"primum/{__version__}"}
        self._session = aiohttp.ClientSession(
            # The limiter bounds the connections; a second bound would queue inside the timeout.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60),
            headers=headers | address.headers,
            timeout=aiohttp.ClientTimeout(total=self._timeout_seconds, sock_connect=15),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=proxy,
            proxy_auth=proxy_auth,
        )
        self._limiter = limiter_for(address.base_url, address.key_variable, self._concurrency)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
        self._session = self._limiter = None

    async def preflight(self) -> None:
        """Return if the endpoint is up, takes the key and serves the model.

        Raises:
            MissingKeyError: before any network.
            EndpointError: within seconds, with what to do.
        """
        self._address.require_key()
        session, _ = self._opened()
        await check(session, self._address)

    async def complete(self, request: ChatRequest) -> Response:
        """The answer, or the typed reason why there is none.

        Raises:
            EndpointError: no call of this run can succeed.
        """
        try:
            body = self._writer.write(request)
        except TypeError:
            return Response("rejected", error="the request's text is not valid Unicode", attempts=0)
        session, limiter = self._opened()
        ticket = limiter.ticket(request.priority)
        now = asyncio.get_running_loop().time
        retries: Retries | None = None
        attempts = 0
        while True:
            epoch = await limiter.acquire(ticket)
            attempts += 1
            started = now()
            try:
                result = await self._attempt(session, limiter, epoch, body)
            finally:
                limiter.release()
            latency = now() - started
            if isinstance(result, bytes):
                return self._noted(read_response(result, latency, attempts))
            if final := self._final(result, latency, attempts):
                return final
            retries = retries or Retries(self._retry_policy, self._generator)
            delay = retries.delay(latency, result.problem.asked_seconds)
            if delay is None:
                return self._given_up(result, latency, attempts)
            await asyncio.sleep(delay)

    def _opened(self) -> tuple[aiohttp.ClientSession, AdaptiveLimiter]:
        if self._session is None or self._limiter is None:
            raise RuntimeError(f"{self!r} is not open: use “async with”")
        return self._session, self._limiter

    async def _attempt(
        self, session: aiohttp.ClientSession, limiter: AdaptiveLimiter, epoch: int, body: bytes
    ) -> bytes | _Fault:
        """The body of an answer, or the fault; the limiter is told."""
        try:
            async with session.post(self._url, data=body, allow_redirects=False) as reply:
                raw = self._address.blot(await reply.read())
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            call = broken_call(error)
            if call.is_timeout:
                limiter.throttled(epoch)
            return _Fault(Problem("transient", call.reason), call=call)
        if 200 <= reply.status < 300:
            limiter.succeeded()
            return raw
        problem = read_problem(reply.status, raw)
        if problem.kind in {"throttled", "transient"}:
            asked = asked_wait(reply.headers, time.time()) or problem.asked_seconds
            problem = problem._replace(asked_seconds=asked)
        if problem.kind == "throttled":
            limiter.throttled(epoch)
            if problem.asked_seconds is not None:
                self._pause(limiter, problem.asked_seconds)
        return _Fault(problem, raw)

    def _pause(self, limiter: AdaptiveLimiter, seconds: float) -> None:
        if seconds > self._retry_policy.longest_wait_seconds:
            raise asks_too_long(self._address, seconds)
        limiter.pause(seconds)

    def _final(self, fault: _Fault, latency: float, attempts: int) -> Response | None:
        """The response of a fault that ends the item; None if another attempt is worth it."""
        problem = fault.problem
        if error := run_stopper(self._address, problem):
            raise error
        outcome = ITEM_OUTCOMES.get(problem.kind)
        if outcome is None:
            return None
        self._lost_in_a_row = 0
        return Response(
            outcome,
            latency_seconds=latency,
            attempts=attempts,
            error=problem.message,
            raw=fault.raw,
        )

    def _noted(self, response: Response) -> Response:
        """The response; malformed ones in a row are an endpoint that is none.

        Raises:
            EndpointError: too many in a row.
        """
        if not response.error.startswith(MALFORMED):
            self._lost_in_a_row = 0
            return response
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= LOST_IN_A_ROW:
            raise silent(self._address, response.error, self._lost_in_a_row)
        return response

    def _given_up(self, fault: _Fault, latency: float, attempts: int) -> Response:
        """The response of an item whose retries are spent.

        Raises:
            EndpointError: the endpoint is down, not only for this item.
        """
        reason = fault.problem.message
        if fault.call is not None and fault.call.is_unreachable:
            raise unreachable(self._address, fault.call)
        self._lost_in_a_row += 1
        if self._lost_in_a_row >= LOST_IN_A_ROW:
            raise silent(self._address, reason, self._lost_in_a_row)
        return Response(
            "transport_error",
            latency_seconds=latency,
            attempts=attempts,
            error=f"{reason}; given up after {attempts} attempts",
            raw=fault.raw,
        )


def _proxy(base_url: str) -> tuple[URL | None, aiohttp.BasicAuth | None]:
    """The proxy of the environment, looked up once: aiohttp would do it for every call."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme)
    if not proxy or is_loopback(host) or proxy_bypass(host):
        return None, None
    try:
        url = URL(proxy)
    except ValueError:
        # It may hold a password, so it is not quoted.
        raise EndpointError(
            f"The environment's {parts.scheme.upper()}_PROXY is no URL. Correct it, or unset it."
        ) from None
    auth = aiohttp.BasicAuth(url.user, url.password or "") if url.user else None
    return url.with_user(None), auth
