"""A watch's page in a real Chromium: figures, charts in the size that fits, nothing run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.reporting.sample_watch import sample_watch
from tests.reporting.test_browser import CHROMIUM, dom

from primum.reporting.watch_page import render_watch_html

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_shows_its_figures_and_runs_nothing(tmp_path: Path, language: str) -> None:
    page = tmp_path / "watch.html"
    page.write_text(render_watch_html(sample_watch(), language), encoding="utf-8")

    shown = dom(page, tmp_path / "profile")

    for figure in ("78.0%", "50.0%", "4e-04", "served-1", "chart-drift-0-wide-title"):
        assert figure in shown, figure
    assert "<script" not in shown.lower()
