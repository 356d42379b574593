"""The check before any work: is the endpoint up, is the key right, is the model served.

It costs nothing: models are looked up or listed, and where neither is possible a completion of no
messages is asked for, which an endpoint refuses only after it has checked key and model.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import aiohttp
import orjson
from yarl import URL

from primum.models.address import Address
from primum.models.outage import broken_call, not_served, run_stopper, unreachable
from primum.models.problem import read_problem

TIMEOUT = aiohttp.ClientTimeout(total=8, connect=4)
ATTEMPTS = 2


class _Reply(NamedTuple):
    status: int
    raw: bytes


async def check(session: aiohttp.ClientSession, address: Address) -> None:
    """Return if the endpoint can answer.

    Raises:
        MissingKeyError: before any network.
        EndpointError: with what to do.
    """
    address.require_key()
    if address.provider.key_path:
        _stop_if_refused(
            address, await _get(session, address, URL(address.base_url + address.provider.key_path))
        )
    if address.provider.models == "none":
        await _check_by_nothing(session, address)
        return
    if address.provider.models == "lookup":
        reply = await _get(session, address, address.models_url(address.model))
        if reply.status == 200:
            return
    reply = await _get(session, address, address.models_url())
    _stop_if_refused(address, reply)
    served = _model_names(reply.raw) if reply.status == 200 else []
    if not served:
        await _check_by_nothing(session, address)
    elif not _is_served(address.model, served):
        raise not_served(address, served)


async def _check_by_nothing(session: aiohttp.ClientSession, address: Address) -> None:
    body = orjson.dumps({"model": address.model, "messages": []})
    reply = await _ask(session, address, "POST", address.chat_url, body)
    _stop_if_refused(address, reply)
    if 300 <= reply.status < 500:
        problem = read_problem(reply.status, reply.raw)
        if problem.kind in {"model", "redirect"} and (error := run_stopper(address, problem)):
            raise error


def _stop_if_refused(address: Address, reply: _Reply) -> None:
    if reply.status < 300:
        return
    problem = read_problem(reply.status, address.blot(reply.raw))
    if problem.kind in {"key", "billing", "redirect"} and (error := run_stopper(address, problem)):
        raise error


async def _get(session: aiohttp.ClientSession, address: Address, url: URL) -> _Reply:
    return await _ask(session, address, "GET", url)


async def _ask(
    session: aiohttp.ClientSession, address: Address, method: str, url: URL, body: bytes = b""
) -> _Reply:
    last = broken_call(TimeoutError())
    for _ in range(ATTEMPTS):
        try:
            async with session.request(
                method,
                url,
                data=body or None,
                headers=address.models_headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as reply:
                return _Reply(reply.status, await reply.read())
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is an OSError
            last = broken_call(error)
        if last.is_unreachable:
            break
    raise unreachable(address, last)


def _model_names(raw: bytes) -> list[str]:
    try:
        body: Any = orjson.loads(raw)
    except ValueError:
        return []
    entries = body.get("data") if isinstance(body, dict) else body  # Together sends a bare list
    names: list[str] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict):
            aliases = entry.get("aliases")
            names += [entry.get("id", ""), *(aliases if isinstance(aliases, list) else ())]
    return [name for name in names if isinstance(name, str) and name]


def _is_served(model: str, served: Iterable[str]) -> bool:
    """Whether the name is listed, give or take what providers add to names or let users add."""
    names = {name.removeprefix("models/") for name in served}  # Google
    names |= {
        name.replace("\\", "/").rpartition("/")[2] for name in names if name.endswith(".gguf")
    }
    wanted = model.removeprefix("models/")
    # Ollama lists “name:latest”; OpenRouter takes “name:nitro” for a listed “name”.
    return bool(names & {wanted, f"{wanted}:latest", wanted.rpartition(":")[0] or wanted})
