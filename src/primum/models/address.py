"""Where an endpoint listens and with which key: all that is fixed before the first call.

The key lives here and in the session's headers, nowhere else; it is in no repr and no message.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from yarl import URL

from primum.core.errors import EndpointError, MissingKeyError, shorten
from primum.models.provider import Provider

SHORTEST_SECRET = 8
"""Shorter keys are placeholders such as ``none``; blotting them out would damage answers."""


@dataclass(frozen=True, slots=True)
class Address:
    """One model at one endpoint."""

    provider: Provider
    model: str
    base_url: str
    """Without a slash at the end."""
    key_variable: str
    key_required: bool
    key: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def chat_url(self) -> URL:
        """What completions are posted to."""
        path = self.provider.chat_path.replace("{model}", self.model)
        return URL(self.base_url + path).with_query(self.query)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of every request, the key among them."""
        if not self.key:
            return {}
        return {self.provider.key_header: self.provider.key_prefix + self.key}

    def models_url(self, model: str = "") -> URL:
        """What lists the models, or knows one of them."""
        url = URL(self.base_url + self.provider.models_path)
        return url / model if model else url.with_query(self.provider.models_query)

    @property
    def models_headers(self) -> dict[str, str]:
        """Further headers for ``models_url``."""
        headers = dict(self.provider.models_headers)
        if self.key and self.provider.models_key_header:
            headers[self.provider.models_key_header] = self.key
        return headers

    def require_key(self) -> None:
        """Return if the key is there, or if none is needed.

        Raises:
            MissingKeyError: the variable is not set.
        """
        if self.key_required and not self.key:
            raise MissingKeyError(
                f"The environment variable {self.key_variable} is not set; it must hold the "
                f"API key of {self.provider.title}. Set it, or name another variable."
            )

    def blot(self, body: bytes) -> bytes:
        """The body without the key, should the endpoint echo it."""
        if len(self.key) < SHORTEST_SECRET:
            return body
        secret = self.key.encode()
        return body.replace(secret, b"[key]") if secret in body else body


def resolve(
    provider: Provider,
    model: str,
    environ: Mapping[str, str],
    *,
    base_url: str | None = None,
    key_variable: str | None = None,
) -> Address:
    """The address from the provider's table, the user's flags and the environment.

    Raises:
        EndpointError: no base URL is known, or it is not one.
        MissingKeyError: the key holds what no key can hold.
    """
    variable = key_variable or provider.key_variable
    query = {
        name: environ.get(provider.query_variables.get(name, ""), "") or value
        for name, value in provider.query.items()
    }
    url = base_url or environ.get(provider.base_url_variable, "") or provider.base_url
    return Address(
        provider=provider,
        model=model,
        base_url=_checked_url(provider, url),
        key_variable=variable,
        key_required=provider.key_required or key_variable is not None,
        key=_checked_key(variable, environ.get(variable, "")),
        query=query,
    )


def _checked_url(provider: Provider, url: str) -> str:
    if not url:
        variable = provider.base_url_variable
        ways = f"Set {variable} or name it" if variable else "Name it"
        raise EndpointError(f"No base URL is known for “{provider.id}”. {ways} with --base-url.")
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise EndpointError(
            f"The base URL “{shorten(url)}” is not one; "
            "expected something like http://localhost:8000/v1."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise EndpointError(
            f"The base URL of {parts.hostname} carries credentials or a query; it is stored with "
            "the results, so it must not. Put the key into an environment variable."
        )
    return url.rstrip("/").removesuffix("/chat/completions")


def _checked_key(variable: str, value: str) -> str:
    key = value.strip()
    if not (key.isascii() and key.isprintable()):
        raise MissingKeyError(
            f"The environment variable {variable} holds characters that no API key has "
            "(a line break, or not ASCII). Set it again."
        )
    return key


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
