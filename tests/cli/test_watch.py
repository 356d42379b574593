"""``primum watch`` end to end, over HTTP: a change is found, a stable model raises no alarm."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.committed_calls import committed
from tests.cli.conftest import Primum

from primum.testing import ChatServer, answering

REFUSAL = "I am sorry, but I can't help with that."
ANSWER = "Here is some general information about it."


class Served:
    """A model that refuses some of what it is asked; each item has a chance of its own."""

    def __init__(self) -> None:
        self.refuses = 0.85
        self._chance = random.Random(4)

    def __call__(self, messages: Sequence[Mapping[str, Any]]) -> str:
        text = str(messages[-1]["content"])
        own = int(hashlib.sha256(text.encode()).hexdigest(), 16) % 1000 / 1000
        chance = min(1.0, max(0.0, self.refuses + 0.5 * (own - 0.5)))
        return REFUSAL if self._chance.random() < chance else ANSWER


@pytest.fixture
def model() -> Served:
    return Served()


@pytest.fixture
def server(model: Served) -> Iterator[ChatServer]:
    with ChatServer(["m"], answer=model) as running:
        yield running


def write(folder: Path, base_url: str = "http://127.0.0.1:9/v1", **changes: str) -> Path:
    """A watch file of one profile; ``changes`` replace or add its tables."""
    tables = {
        "head": f'id = "ours"\ntitle.en = "Ours"\nmodel = "vllm/m"\nbase_url = "{base_url}"',
        "panel": "[panel]\nfixed = 40\nrotating = 12",
        "protocol": '[[protocol]]\nprotocol = "primum-core"\nbenchmark = "primum-core:patient"\n'
        'intent = "harmful"',
        "alarm": "[alarm]\nfalse_alarm_rate = 0.02",
    } | changes
    path = folder / "ours.toml"
    path.write_text("\n".join(tables.values()))
    return path


def report(primum: Primum, *more: str) -> dict[str, Any]:
    """The JSON of what is there."""
    result = primum("watch", "ours.toml", "--report", "--no-html", "--json", "-", *more)
    found: dict[str, Any] = json.loads(result.out)
    assert result.code == int(found["has_alarm"])
    return found


def occasion(primum: Primum, *more: str) -> int:
    return primum("watch", "ours.toml", "--quiet", "--no-html", *more).code


def serve(server: ChatServer, version: str) -> None:
    server.always(answering(model=version, system_fingerprint=f"fp-{version}"))


def test_a_change_at_a_known_occasion_is_found_and_stands_until_accepted(
    primum: Primum, tmp_path: Path, server: ChatServer, model: Served
) -> None:
    write(tmp_path, server.base_url)
    codes = []
    for number in range(1, 6):
        if number == 4:
            model.refuses = 0.4
        serve(server, "m-new" if number >= 4 else "m-old")
        codes.append(occasion(primum, "--occasion-label", f"week {number}"))

    found = report(primum)

    assert codes == [0, 0, 0, 1, 1]
    assert {alarm["occasion"] for alarm in found["alarms"] if "fixed" in alarm["series"]} == {4}
    fixed = next(one for one in found["series"] if one["panel"] == "fixed")
    assert fixed["change_point"]["occasion"] == 4
    assert fixed["change_point"]["is_worse"]
    assert [change["occasion"] for change in found["version_changes"]] == [4, 4]
    assert {change["what"] for change in found["version_changes"]} == {
        "model_reported",
        "system_fingerprint",
    }
    shown = primum("watch", "ours.toml", "--report", "--html", "ours.html").out
    assert "Alarm: " in shown
    assert "m-old before, m-new since" in shown
    assert "week 4" in (tmp_path / "ours.html").read_text(encoding="utf-8")
    write(
        tmp_path, server.base_url, alarm="[alarm]\nfalse_alarm_rate = 0.02\naccepted_changes = [4]"
    )
    accepted = report(primum)
    assert not accepted["has_alarm"]
    assert accepted["segments"] == [1, 4]
    assert all(point["p_value"] is None for one in accepted["series"]
               for point in one["points"] if point["occasion"] == 4)  # fmt: skip


def test_a_stable_model_raises_no_alarm_and_every_occasion_asks_anew(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, server.base_url)

    codes = [occasion(primum) for _ in range(4)]
    found = report(primum)

    assert codes == [0, 0, 0, 0]
    assert found["alarms"] == []
    assert len(server.calls) == 4 * (40 + 12)
    texts = [call.body["messages"][-1]["content"] for call in server.calls]
    counts = [texts.count(text) for text in set(texts)]
    assert sorted(set(counts)) == [1, 4]
    assert counts.count(4) == 40
    assert counts.count(1) == 4 * 12


def test_a_model_that_answers_alike_has_p_values_of_one(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 6",
    )

    assert [occasion(primum) for _ in range(3)] == [0, 0, 0]

    points = report(primum)["series"][0]["points"]
    assert [point["p_value"] for point in points] == [None, 1.0, 1.0]


def test_a_new_script_is_a_change_on_the_time_line(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    """What decides the answers changed under the same name: shown, not refused."""
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 6",
    )
    occasion(primum)
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')

    occasion(primum)

    changes = report(primum)["version_changes"]
    assert [(one["occasion"], one["what"]) for one in changes] == [(2, "identity")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"panel": "[panel]\nfixed = 8"}, "how many of them are asked, changed"),
        ({"profile": '[[profile]]\nname = "default"\nsystem_prompt = "Be brief."'},
         "the profile “default” changed \\(system_prompt\\)"),
        ({"protocol": '[[protocol]]\nprotocol = "starter"'}, "was removed|was added"),
    ],
)  # fmt: skip
def test_a_changed_protocol_is_one_sentence(
    primum: Primum, tmp_path: Path, script: str, change: dict[str, str], said: str
) -> None:
    import re

    head = f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"'
    write(tmp_path, head=head, panel="[panel]\nfixed = 6")
    assert occasion(primum) == 0
    write(tmp_path, **{"head": head, "panel": "[panel]\nfixed = 6", **change})

    result = primum("watch", "ours.toml")

    assert result.code == 2
    assert re.search(said, result.err)
    assert "another id" in result.err


def test_when_the_pool_is_used_up_it_is_said_and_the_fixed_panel_goes_on(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 8\nrotating = 60",
    )

    codes = [occasion(primum) for _ in range(3)]

    found = report(primum)
    assert codes == [0, 0, 0]
    measures = [one for one in found["series"] if one["role"] != "missing"]
    assert [len(one["points"]) for one in measures] == [3, 1]
    notices = {notice["code"]: notice["values"] for notice in found["notices"]}
    # The pool ran out at the second occasion, whenever it is looked at, and its rest stays.
    assert notices["pool_rest"] == {"part": "primum-core", "occasion": "2", "left": "52"}
    assert (
        "52 new items are left, too few for a panel"
        in primum("watch", "ours.toml", "--dry-run").out
    )


def test_new_items_that_another_run_has_asked_are_counted(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 6\nrotating = 10",
    )
    occasion(primum)
    assert "asked_elsewhere" not in [one["code"] for one in report(primum)["notices"]]
    primum("evaluate", "-m", script, "--benchmark", "primum-core:patient", "--quiet", "--no-html")

    notices = {one["code"]: one["values"] for one in report(primum)["notices"]}

    assert notices["asked_elsewhere"] == {"n": "10", "occasion": "1"}


def test_a_dry_run_asks_nothing_and_shows_what_is_left(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, server.base_url)

    result = primum("watch", "ours.toml", "--dry-run")

    assert result.code == 0
    assert "occasion 1, 40 fixed items and 12 new ones, 52 calls at most" in result.out
    assert "68 items are left for later occasions" in result.out
    assert server.calls == []
    assert not (tmp_path / "primum-workspace").exists()


def test_a_dry_run_on_a_narrow_terminal_cuts_no_figure_and_no_name(
    primum: Primum, tmp_path: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    profiles = '[[profile]]\nname = "plain"\n[[profile]]\nname = "at the front desk"'
    write(tmp_path, server.base_url, profiles=profiles)

    lines = primum("watch", "ours.toml", "--dry-run").out.splitlines()

    assert max(map(len, lines)) <= 50
    assert "…" not in "".join(lines)
    said = " ".join(" ".join(lines).split())
    for name in ("plain · primum-core · fixed", "at the front desk", "rotating"):
        assert name in said


def test_profiles_and_capability_are_watched_side_by_side(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(
        tmp_path,
        server.base_url,
        panel="[panel]\nfixed = 6",
        knowledge='[[protocol]]\nprotocol = "licensing-exam"\nname = "knowledge"\n'
        'benchmark = "primum-core:choice"\nfixed = 4',
        profiles='[[profile]]\nname = "plain"\n[[profile]]\nname = "deployed"\n'
        'system_prompt = "You assist nurses."\ntemperature = 0.7',
    )

    occasion(primum)

    found = report(primum)
    assert {(one["profile"], one["role"]) for one in found["series"]} == {
        ("plain", "safety"), ("plain", "capability"), ("plain", "missing"),
        ("deployed", "safety"), ("deployed", "capability"), ("deployed", "missing"),
    }  # fmt: skip
    prompted = [call for call in server.calls if call.body["messages"][0]["role"] == "system"]
    assert len(prompted) == len(server.calls) / 2 == 10


def test_a_report_without_an_occasion_says_how_to_make_one(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(tmp_path)
    primum("evaluate", "-m", script, "--limit", "2", "--quiet")

    result = primum("watch", "ours.toml", "--report")

    assert result.code == 2
    assert "holds no occasion of the watch “ours” yet" in result.err


def test_recorded_answers_cannot_be_watched(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"item": "starter-1", "answer": "x"}\n')
    write(tmp_path, head='id = "ours"\ntitle.en = "Ours"\nmodel = "answers:a.jsonl"')

    result = primum("watch", "ours.toml")

    assert result.code == 2


def test_a_spent_budget_leaves_an_occasion_that_the_same_command_finishes(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, server.base_url, panel="[panel]\nfixed = 10")

    stopped = occasion(primum, "--max-calls", "4", "--occasion-label", "first")
    shown = report(primum)
    planned = primum("watch", "ours.toml", "--dry-run").out
    finished = occasion(primum)

    assert (stopped, finished) == (3, 0)
    said = " ".join(planned.split())
    assert "occasion 1 is not finished, so this continues it" in said
    assert "of 10 calls at most 6 are left" in said
    assert [one["is_complete"] for one in shown["occasions"]] == [False]
    assert len(server.calls) == 10
    assert [one["label"] for one in report(primum)["occasions"]] == ["first"]


def test_an_unfinished_occasion_is_not_finished_with_another_model(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    write(
        tmp_path,
        head=f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"',
        panel="[panel]\nfixed = 6",
    )
    assert occasion(primum, "--max-calls", "2") == 3
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')

    refused = primum("watch", "ours.toml")
    anew = occasion(primum, "--begin-anew")

    assert refused.code == 2
    assert "--begin-anew" in refused.err
    assert anew == 0
    assert [one["is_complete"] for one in report(primum)["occasions"]] == [False, True]


SLOW = '{"answer": "Here is general information.", "delay_seconds": 0.05}\n'


def without_times(found: dict[str, Any]) -> dict[str, Any]:
    for one in found["occasions"]:
        for name in ("begun", "ended"):
            one.pop(name)
        for version in one["versions"]:
            version.pop("first"), version.pop("last")
    return found


def test_a_killed_occasion_continues_and_nothing_is_asked_twice(
    primum: Primum, tmp_path: Path
) -> None:
    (tmp_path / "slow.jsonl").write_text(SLOW)
    head = 'id = "ours"\ntitle.en = "Ours"\nmodel = "scripted:slow.jsonl"\nconcurrency = 2'
    write(tmp_path, head=head, panel="[panel]\nfixed = 12\nrotating = 4")
    assert occasion(primum) == 0
    before = len(committed(tmp_path))
    command = [sys.executable, "-m", "primum", "watch", "ours.toml", "--quiet", "--no-html"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while len(committed(tmp_path)) < before + 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    killed = committed(tmp_path)

    assert occasion(primum) == 0

    final = committed(tmp_path)
    assert before < len(killed)
    assert killed.items() <= final.items()
    assert len(final) == 2 * before
    found = without_times(report(primum))
    assert [one["is_complete"] for one in found["occasions"]] == [True, True]
    (tmp_path / "primum-workspace").rename(tmp_path / "killed")
    assert [occasion(primum) for _ in range(2)] == [0, 0]
    assert without_times(report(primum)) == found
