"""Weights from the Hugging Face hub: resumed when cut, verified by the checksum the hub states.

``HF_ENDPOINT`` names a mirror, ``HF_TOKEN`` opens gated files, ``HF_HUB_OFFLINE`` forbids asking;
the token goes to the hub itself and to no other host.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from email.message import Message as Headers
from pathlib import Path
from typing import IO

from primum.core.digest import digest
from primum.core.errors import UserError, shorten
from primum.models.cache import (
    CHUNK_BYTES,
    Progress,
    UnavailableSourceError,
    disk_errors,
    require_checksum,
    require_gguf,
    require_space,
)

ATTEMPTS = 4
TIMEOUT_SECONDS = 30
REDIRECTS = 5
_NETWORK_ERRORS = (ConnectionError, TimeoutError, urllib.error.URLError)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of one repository."""

    repository: str
    """``OWNER/REPO``."""
    file: str
    revision: str = "main"

    @classmethod
    def parse(cls, text: str) -> HubFile:
        """The file named by ``OWNER/REPO/FILE.gguf``, with ``@REVISION`` at the end if wanted.

        Raises:
            UserError: the text has another form.
        """
        name, _, revision = text.partition("@")
        parts = name.split("/")
        is_whole = len(parts) >= 3 and all(parts) and name.endswith(".gguf")
        # Owner, file and revision become a path in the cache.
        if not is_whole or ".." in (*parts, *revision.split("/")) or "\\" in text:
            raise UserError(
                f"“hub:{shorten(text)}” does not name a file of the hub. "
                "The form is hub:OWNER/REPO/FILE.gguf, with @REVISION at the end if wanted."
            )
        return cls("/".join(parts[:2]), "/".join(parts[2:]), revision or "main")

    @property
    def url(self) -> str:
        """Where the hub serves it."""
        endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        path = f"{self.repository}/resolve/{self.revision}/{self.file}"
        return f"{endpoint.rstrip('/')}/{urllib.parse.quote(path)}"

    def __str__(self) -> str:
        return f"{self.repository}/{self.file}"


@dataclass(frozen=True, slots=True)
class _Listing:
    """What the hub says about a file before it is fetched."""

    etag: str
    size_bytes: int | None

    @property
    def sha256(self) -> str:
        """Empty where the hub names the file by something else."""
        return self.etag if _SHA256.fullmatch(self.etag) else ""


class _KeepRedirect(urllib.request.HTTPRedirectHandler):
    """Hands redirects back: urllib would carry the token along to the other host."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> None:
        """No follow-up request."""


_OPENER = urllib.request.build_opener(_KeepRedirect)


def fetch_from_hub(
    hub_file: HubFile, target: Path, *, sha256: str = "", progress: Progress | None = None
) -> None:
    """Put the file at ``target``, whole and verified, or leave what came for the next attempt.

    Args:
        hub_file: what to fetch.
        target: where it goes.
        sha256: what it must hash to; if empty, what the hub states.
        progress: told about every step.

    Raises:
        UnavailableSourceError: the hub does not answer, or forbids it.
        UserError: the disk is full, or the file is not what it should be.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in ("1", "true", "yes", "on"):
        raise UnavailableSourceError("HF_HUB_OFFLINE forbids asking the Hugging Face hub")
    listing = _list(hub_file)
    # The name carries the content's tag, so that halves of two versions are never joined.
    part = target.with_name(f"{target.name}.{digest(listing.etag).hex()[:12]}.part")
    with disk_errors(target.parent):
        have = part.stat().st_size if part.exists() else 0
        require_space(target.parent, max((listing.size_bytes or 0) - have, 0))
        _complete(hub_file, part, listing, progress)
        found = _hash(part)
        require_checksum(part, found, sha256 or listing.sha256 or found, f"The hub ({hub_file})")
        require_gguf(part)
        part.replace(target)


def _complete(hub_file: HubFile, part: Path, listing: _Listing, progress: Progress | None) -> None:
    """Fetch until the part is whole; a cut connection is taken up where it broke."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _append(hub_file, part, listing, progress)
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and not isinstance(error, _NETWORK_ERRORS):
                raise
            problem = str(error) or type(error).__name__
        else:
            have = part.stat().st_size
            if listing.size_bytes is None or have == listing.size_bytes:
                return
            problem = f"{have:,} of {listing.size_bytes:,} bytes came"
        if attempt == ATTEMPTS:
            raise UnavailableSourceError(
                f"The download of {hub_file} broke off: {shorten(problem)}. "
                "The same command continues it."
            )


def _append(hub_file: HubFile, part: Path, listing: _Listing, progress: Progress | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    if listing.size_bytes is not None and have >= listing.size_bytes:
        if have == listing.size_bytes:
            return
        part.unlink()
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with closing(_get(hub_file, headers)) as answer:
        # A server that ignores the range sends the file from its start.
        mode = "ab" if have and answer.status == http.HTTPStatus.PARTIAL_CONTENT else "wb"
        done = have if mode == "ab" else 0
        with part.open(mode) as sink:
            while chunk := answer.read1(CHUNK_BYTES):
                sink.write(chunk)
                done += len(chunk)
                if progress is not None:
                    progress(done, listing.size_bytes)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _list(hub_file: HubFile) -> _Listing:
    """What the hub says about the file, from its own answer and not from the storage behind it."""
    url = hub_file.url
    for _ in range(REDIRECTS):
        headers, moved = _head(hub_file, url)
        tag = headers.get("X-Linked-ETag") or headers.get("ETag") or ""
        if moved and not headers.get("X-Linked-ETag") and _same_host(moved, url):
            url = moved
            continue
        size = headers.get("X-Linked-Size") or (None if moved else headers.get("Content-Length"))
        etag = tag.removeprefix("W/").strip('"')
        return _Listing(etag, int(size) if size and size.isdigit() else None)
    raise UnavailableSourceError(f"The hub redirects {hub_file} in a circle")


def _head(hub_file: HubFile, url: str) -> tuple[Headers, str]:
    """The headers, and where the hub points to if it points elsewhere."""
    try:
        with closing(_open(url, {"Accept-Encoding": "identity"}, "HEAD")) as answer:
            return answer.headers, ""
    except urllib.error.HTTPError as error:
        if error.code in (301, 302, 303, 307, 308):
            return error.headers, urllib.parse.urljoin(url, error.headers.get("Location", ""))
        raise _refusal(hub_file, error.code) from error
    except OSError as error:
        raise _silence(error) from error


def _get(hub_file: HubFile, headers: dict[str, str]) -> http.client.HTTPResponse:
    url = hub_file.url
    for _ in range(REDIRECTS):
        try:
            return _open(url, headers, "GET")
        except urllib.error.HTTPError as error:
            if error.code not in (301, 302, 303, 307, 308):
                raise _refusal(hub_file, error.code) from error
            url = urllib.parse.urljoin(url, error.headers.get("Location", ""))
    raise UnavailableSourceError(f"The hub redirects {hub_file} in a circle")


def _open(url: str, headers: dict[str, str], method: str) -> http.client.HTTPResponse:
    if not url.startswith(("https://", "http://")):
        raise UserError(f"HF_ENDPOINT must start with https:// or http://; got “{shorten(url)}”.")
    request = urllib.request.Request(url, headers=headers, method=method)  # noqa: S310 - checked
    token = os.environ.get("HF_TOKEN", "").strip()
    if token and _same_host(url, HubFile("", "").url):
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    answer: http.client.HTTPResponse = _OPENER.open(request, timeout=TIMEOUT_SECONDS)
    return answer


def _same_host(first: str, second: str) -> bool:
    one, other = urllib.parse.urlsplit(first), urllib.parse.urlsplit(second)
    return (one.scheme, one.netloc) == (other.scheme, other.netloc)


def _refusal(hub_file: HubFile, status: int) -> UserError:
    if status in (401, 403):
        return UnavailableSourceError(
            f"The hub does not give {hub_file} (HTTP {status}). Accept its licence on the hub if "
            "it is gated, and put your token into the environment variable HF_TOKEN."
        )
    if status == http.HTTPStatus.NOT_FOUND:
        return UnavailableSourceError(
            f"The hub has no file {hub_file} at revision “{shorten(hub_file.revision)}”. "
            "Check owner, repository and file name."
        )
    return UnavailableSourceError(f"The hub answered HTTP {status} for {hub_file}; try later")


def _silence(error: OSError) -> UserError:
    reason = getattr(error, "reason", None) or error
    return UnavailableSourceError(f"The hub does not answer: {shorten(str(reason), 120)}")
