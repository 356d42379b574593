"""What stops a whole run: sentences for errors that would meet every call alike."""

from __future__ import annotations

import ssl
from typing import NamedTuple

import aiohttp

from primum.core.errors import EndpointError, UnknownNameError, shorten
from primum.models.address import Address
from primum.models.problem import Problem


class BrokenCall(NamedTuple):
    """A call that brought no HTTP response."""

    reason: str
    """In words, with nothing from the request in it."""
    is_timeout: bool = False
    is_unreachable: bool = False
    """There was no connection at all."""
    is_certificate: bool = False


def broken_call(error: Exception) -> BrokenCall:
    """Why a call brought no response.

    The error's own text is not used: aiohttp's may quote the request's headers.
    """
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        cause = (
            error.certificate_error
            if isinstance(error, aiohttp.ClientConnectorCertificateError)
            else error.os_error
        )
        detail = getattr(cause, "verify_message", "") or getattr(cause, "reason", "")
        reason = f"TLS failed: {shorten(str(detail))}"
        return BrokenCall(reason, is_unreachable=True, is_certificate=True)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return BrokenCall("the host name is not known", is_unreachable=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        # asyncio joins the errors of a host's several addresses into one that has no strerror.
        detail = error.os_error.strerror or "no connection"
        return BrokenCall(shorten(detail.lower()), is_unreachable=True)
    if isinstance(error, TimeoutError):
        is_unreachable = isinstance(error, aiohttp.ConnectionTimeoutError)
        return BrokenCall("no answer in time", is_timeout=True, is_unreachable=is_unreachable)
    if isinstance(error, ssl.SSLError):
        return BrokenCall("TLS failed", is_unreachable=True, is_certificate=True)
    return BrokenCall(f"the connection broke ({type(error).__name__})")


def unreachable(address: Address, call: BrokenCall) -> EndpointError:
    """The endpoint cannot be reached."""
    if call.is_certificate:
        hint = "If its certificate is your own, point SSL_CERT_FILE at the authority's file."
    elif address.provider.start_hint:
        hint = f"Start the server ({address.provider.start_hint}), or name its --base-url."
    elif address.provider.base_url == address.base_url:
        hint = "Is this machine online, and is a proxy needed (HTTPS_PROXY)?"
    else:
        hint = "Is the server running, and is --base-url right?"
    return EndpointError(f"{address.base_url} cannot be reached: {call.reason}. {hint}")


def silent(address: Address, reason: str, calls: int) -> EndpointError:
    """The endpoint has lost many calls in a row."""
    return EndpointError(
        f"{address.base_url} gave no usable answer to {calls} calls in a row, retries included; "
        f"the last: {reason}. Run the same command again when it is up."
    )


def asks_too_long(address: Address, seconds: float) -> EndpointError:
    """The endpoint asks for a longer wait than a run makes."""
    return EndpointError(
        f"{address.base_url} asks to wait {seconds / 60:.0f} minutes before the next call. "
        "Run the same command again then; finished calls are kept."
    )


def not_served(address: Address, served: list[str]) -> EndpointError:
    """The endpoint does not serve the model."""
    if not served:
        return EndpointError(
            f"{address.base_url} does not serve “{shorten(address.model)}”, or is no "
            "chat-completions endpoint. Check the model's name and that the base URL is whole "
            "(many end in /v1)."
        )
    names = [shorten(name) for name in served]
    return EndpointError(
        str(UnknownNameError(f"model at {address.base_url}", address.model, names))
    )


def run_stopper(address: Address, problem: Problem) -> EndpointError | None:
    """The error that ends the run, if the problem concerns every call alike.

    Nothing of a refused key's message is repeated: some endpoints quote a part of the key.
    """
    where, variable = address.base_url, address.key_variable
    if problem.kind == "key":
        status = problem.message.split(":")[0].split(" (")[0]
        what = f"the key in {variable}" if address.key else f"a call without a key ({variable})"
        return EndpointError(
            f"{where} refuses {what} ({status}). Set {variable} to a key that may use "
            f"“{shorten(address.model)}”."
        )
    if problem.kind == "billing":
        return EndpointError(
            f"{where} wants the account settled: {problem.message}. "
            "Top it up and run the same command again."
        )
    if problem.kind == "model":
        return not_served(address, [])
    if problem.kind == "parameter":
        return EndpointError(
            f"{where} does not take “{problem.parameter}” as it was sent to "
            f"“{shorten(address.model)}”: {problem.message}. Leave it out of the deployment "
            "profile, or set it otherwise."
        )
    if problem.kind == "redirect":
        return EndpointError(
            f"{where} answers with a redirect ({problem.message}). Give the address it leads to "
            "as --base-url."
        )
    return None
