"""Downloads against a local server: whole, checked, kept once, or a sentence on what to do."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from primum.benchmarks import medsafetybench
from primum.benchmarks.download import FetchError, fetch
from primum.benchmarks.medsafetybench import FOLDER_VARIABLE, download, publication
from primum.benchmarks.published_file import PublishedFile
from primum.core.errors import UserError


@dataclass
class Host:
    """A web server with files, that can be told to fail first."""

    files: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, list[int]] = field(default_factory=dict)
    """Path → statuses to answer before the file; 0 breaks the connection in the middle."""
    asked: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    state = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/")
            state.asked.append(path)
            faults = state.faults.get(path, [])
            status = faults.pop(0) if faults else (200 if path in state.files else 404)
            body = state.files.get(path, b"")
            self.send_response(status or 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if status else body[: len(body) // 2])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    server.shutdown()
    server.server_close()


def published(path: str, data: bytes) -> PublishedFile:
    return PublishedFile(
        path=path,
        split="test",
        source="gpt4",
        category=1,
        rows=1,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def no_pause(_seconds: float) -> None:
    pass


def test_files_are_fetched_with_their_folders_and_progress_in_bytes(
    host: Host, tmp_path: Path
) -> None:
    host.files = {"a/one.csv": b"one", "b/two.csv": b"two two"}
    files = [published(path, data) for path, data in host.files.items()]
    steps: list[tuple[int, int]] = []

    fetch(
        files,
        base_url=host.url,
        folder=tmp_path,
        progress=lambda done, total: steps.append((done, total)),
    )

    assert (tmp_path / "a/one.csv").read_bytes() == b"one"
    assert (tmp_path / "b/two.csv").read_bytes() == b"two two"
    assert steps[0] == (0, 10)
    assert steps[-1] == (10, 10)


def test_whole_files_are_not_fetched_again_and_damaged_ones_are(host: Host, tmp_path: Path) -> None:
    host.files = {"one": b"one", "two": b"two"}
    files = [published(path, data) for path, data in host.files.items()]
    fetch(files, base_url=host.url, folder=tmp_path)
    host.asked.clear()
    (tmp_path / "two").write_bytes(b"twp")

    fetch(files, base_url=host.url, folder=tmp_path)

    assert host.asked == ["two"]
    assert (tmp_path / "two").read_bytes() == b"two"


def test_a_file_with_another_checksum_is_refused_and_not_kept(host: Host, tmp_path: Path) -> None:
    host.files = {"one": b"<html>log in</html>"}

    with pytest.raises(FetchError, match=r"SHA-256.*were published.*proxy"):
        fetch([published("one", b"one")], base_url=host.url, folder=tmp_path)

    assert list(tmp_path.rglob("*")) == []


def test_passing_faults_are_tried_again(host: Host, tmp_path: Path) -> None:
    host.files = {"one": b"one one one"}
    host.faults = {"one": [503, 0]}

    fetch([published("one", b"one one one")], base_url=host.url, folder=tmp_path, pause=no_pause)

    assert len(host.asked) == 3
    assert (tmp_path / "one").read_bytes() == b"one one one"


def test_lasting_faults_end_in_a_sentence(host: Host, tmp_path: Path) -> None:
    host.faults = {"one": [503, 503, 503]}

    with pytest.raises(FetchError, match="answered HTTP 503"):
        fetch([published("one", b"one")], base_url=host.url, folder=tmp_path, pause=no_pause)


def test_a_file_that_is_not_there_is_not_tried_again(host: Host, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="answered HTTP 404"):
        fetch([published("one", b"one")], base_url=host.url, folder=tmp_path, pause=no_pause)

    assert host.asked == ["one"]


def test_a_folder_that_cannot_be_written_is_named(host: Host, tmp_path: Path) -> None:
    host.files = {"one": b"one"}
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")

    with pytest.raises(UserError, match=r"blocked.*cannot be kept.*PRIMUM_CACHE"):
        fetch([published("one", b"one")], base_url=host.url, folder=blocked)


def test_a_full_disk_is_named_and_leaves_no_piece(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.files = {"one": b"one"}

    def full(_self: Path, _target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    with pytest.raises(UserError, match="no space is left"):
        fetch([published("one", b"one")], base_url=host.url, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_benchmark_is_fetched_into_the_cache_at_its_commit(
    host: Host, no_real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "datasets/test/gpt4/med_safety_demonstrations_category_1.csv"
    data = b",harmful_medical_request,safe_response\n0,How is paper folded?,Gladly.\n"
    host.files = {path: data}

    folder = download([published(path, data)], base_url=host.url)

    assert folder == no_real_data / "medsafetybench" / publication().commit
    assert (folder / path).read_bytes() == data


def test_without_a_network_the_error_says_how_to_bring_the_data(
    no_real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_args: object, **_options: object) -> None:
        raise FetchError("raw.githubusercontent.com could not be reached (no route)")

    monkeypatch.setattr(medsafetybench, "fetch", offline)

    with pytest.raises(UserError) as caught:
        download(publication().file)

    text = str(caught.value)
    assert "could not be reached" in text
    assert "git clone https://github.com/AI4LIFE-GROUP/med-safety-bench" in text
    assert "191aa79" in text
    assert "--data" in text
    assert FOLDER_VARIABLE in text


def test_a_host_that_is_down_ends_in_a_sentence(host: Host, tmp_path: Path) -> None:
    closed = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = closed.server_address[1]
    closed.server_close()

    with pytest.raises(FetchError, match="could not be reached"):
        fetch(
            [published("one", b"one")],
            base_url=f"http://127.0.0.1:{port}",
            folder=tmp_path,
            pause=no_pause,
        )
    assert not (tmp_path / "one").exists()
