"""The report in a real Chromium: it shows its figures, runs nothing and asks for nothing."""

import http.server
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.reporting.sample_run import sample_run

from primum.reporting.html import render_html

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]


class Requests(http.server.ThreadingHTTPServer):
    """A server that a page is told to load from; it notes every path that is asked for."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", 0), _Note)


class _Note(http.server.BaseHTTPRequestHandler):
    server: Requests

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        pass


@pytest.fixture
def requests() -> Iterator[Requests]:
    server = Requests()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def dom(page: Path, profile: Path) -> str:
    """The page's elements after it was loaded and had time to run what it would run."""
    assert CHROMIUM is not None
    command = [
        CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={profile}",
        "--virtual-time-budget=2000",
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return done.stdout.decode()


def test_the_report_shows_its_figures(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_html(sample_run(), "ja"), encoding="utf-8")

    shown = dom(page, tmp_path / "profile")

    for figure in ("45.0%", "[36.1, 53.9]", "2.44 … 2.25", "−11.0", "n 120 (3)"):
        assert figure in shown, figure
    assert "owned</title>" not in shown
    assert "<title>" in shown
    assert "<script" not in shown.lower()


def test_the_policy_stops_scripts_and_requests_even_if_markup_got_in(
    tmp_path: Path, requests: Requests
) -> None:
    """The second line of defence: what the escaping would have to let through is put in by hand."""
    address = f"http://127.0.0.1:{requests.server_port}"
    intruder = (
        f"<script>document.title='owned'</script><img src='{address}/a' onerror=\"document.title='owned'\">"
        f"<link rel=stylesheet href='{address}/b'><iframe src='{address}/c'></iframe>"
        f"<style>body{{background:url({address}/d)}}</style><svg onload=\"document.title='owned'\"></svg>"
    )
    document = render_html(sample_run(), "en").replace("<main>", f"<main>{intruder}")
    page = tmp_path / "report.html"
    page.write_text(document, encoding="utf-8")

    shown = dom(page, tmp_path / "profile")

    title = re.search(r"<title>(.*?)</title>", shown)
    assert title is not None
    assert "owned" not in title.group(1)
    assert requests.paths == []


def test_the_same_intruder_works_without_the_policy(tmp_path: Path, requests: Requests) -> None:
    """Shows that the test above would see a script or a request."""
    page = tmp_path / "report.html"
    address = f"http://127.0.0.1:{requests.server_port}"
    page.write_text(
        f"<title>plain</title><script>document.title='owned'</script><img src='{address}/a'>",
        encoding="utf-8",
    )

    shown = dom(page, tmp_path / "profile")

    assert "<title>owned</title>" in shown
    assert requests.paths == ["/a"]
