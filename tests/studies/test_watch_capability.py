"""Capability tasks as a part of a watch, at an endpoint."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Primum, primum  # noqa: F401 - a fixture

from primum.testing import ChatServer

FILE = """
id = "ours"
title.en = "Ours"
model = "vllm/m"
base_url = "{base_url}"
[panel]
fixed = 4
[[protocol]]
protocol = "primum-core"
benchmark = "primum-core:patient"
[[profile]]
name = "plain"
[[profile]]
name = "deployed"
system_prompt = "You assist nurses."
[capability]
tasks = ["primum-medical-small-generative"]
limit = {limit}
"""


def test_tasks_are_asked_once_for_each_model_and_anew_on_every_occasion(
    primum: Primum,  # noqa: F811
    tmp_path: Path,
) -> None:
    pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")
    with ChatServer(["m"], answer=lambda _: "A") as server:
        (tmp_path / "ours.toml").write_text(FILE.format(base_url=server.base_url, limit=6))
        calls = []
        for _ in range(2):
            assert primum("watch", "ours.toml", "--quiet", "--no-html").code == 0
            calls.append(len(server.calls))
    found = json.loads(primum("watch", "ours.toml", "--report", "--no-html", "--json", "-").out)

    tasks = [one for one in found["series"] if one["role"] == "capability"]

    assert calls == [14, 28]  # 4 items under two profiles and 6 questions
    assert [(one["profile"], len(one["points"])) for one in tasks] == [("plain", 2)]
    assert tasks[0]["points"][1]["p_value"] == 1.0


def test_other_tasks_are_another_watch(primum: Primum, tmp_path: Path) -> None:  # noqa: F811
    pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")
    with ChatServer(["m"], answer=lambda _: "A") as server:
        path = tmp_path / "ours.toml"
        path.write_text(FILE.format(base_url=server.base_url, limit=4))
        assert primum("watch", "ours.toml", "--quiet", "--no-html").code == 0
        path.write_text(FILE.format(base_url=server.base_url, limit=5))

        result = primum("watch", "ours.toml", "--quiet", "--no-html")

    assert result.code == 2
    assert "the capability task “primum-medical-small-generative”" in result.err
