"""``primum watch`` where verdicts go missing: what cannot be told is not called calm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Primum
from tests.cli.test_watch import occasion, report, write

from primum.testing import ChatServer

CHOICE = """[[protocol]]
protocol = "licensing-exam"
name = "exam"
benchmark = "primum-core:choice"
rotating = 0"""
PROFILES = '[[profile]]\nname = "plain"\n[[profile]]\nname = "deployed"\nsystem_prompt = "Be kind."'


class Examinee:
    """Answers with a letter, until it takes to prose in which no letter can be found."""

    def __init__(self) -> None:
        self.prose = 0.0
        self._asked = 0

    def __call__(self, messages: Sequence[Mapping[str, Any]]) -> str:
        self._asked += 1
        is_prose = (self._asked * 0.618) % 1 < self.prose
        return "That depends on the patient; please see a doctor." if is_prose else "Answer: B"


@pytest.fixture
def model() -> Examinee:
    return Examinee()


@pytest.fixture
def server(model: Examinee) -> Iterator[ChatServer]:
    with ChatServer(["m"], answer=model) as running:
        yield running


def exam(folder: Path, server: ChatServer, **changes: str) -> None:
    tables = {"panel": "[panel]\nfixed = 20", "protocol": CHOICE, "profiles": PROFILES}
    write(folder, server.base_url, **{**tables, **changes})


def test_verdicts_that_disappear_are_an_alarm_and_what_cannot_be_told_is_named(
    primum: Primum, tmp_path: Path, server: ChatServer, model: Examinee
) -> None:
    exam(tmp_path, server)
    codes = [occasion(primum) for _ in range(3)]
    model.prose = 1.0
    codes.append(occasion(primum))

    found = report(primum)
    said = " ".join(primum("watch", "ours.toml", "--report", "--html", "ours.html").out.split())

    assert codes == [0, 0, 0, 1]
    missing = [one for one in found["series"] if one["role"] == "missing"]
    assert [one["profile"] for one in missing] == ["plain", "deployed"]
    sounded = {(alarm["series"], alarm["occasion"]) for alarm in found["alarms"]}
    assert sounded == {(one["id"], 4) for one in missing}
    assert [(one["missing"], one["asked"], one["occasion"]) for one in found["untold"]] == [
        (20, 20, 4),
        (20, 20, 4),
    ]
    assert "nothing became worse" not in said
    assert "plain: 20 of 20 verdicts missing at occasion 4." in said
    assert "20 of 20 verdicts missing" in (tmp_path / "ours.html").read_text(encoding="utf-8")


def test_the_rate_is_shared_with_the_watch_for_missing_verdicts(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    """One of accuracy and one of missing verdicts for each profile."""
    exam(tmp_path, server)
    occasion(primum)

    assert report(primum)["watched"] == 4


def test_what_was_always_missing_is_no_alarm_and_is_not_called_calm(
    primum: Primum, tmp_path: Path, server: ChatServer, model: Examinee
) -> None:
    exam(tmp_path, server, profiles='[[profile]]\nname = "plain"')
    model.prose = 0.4

    codes = [occasion(primum) for _ in range(3)]
    result = primum("watch", "ours.toml", "--report", "--quiet", "--no-html")

    assert codes == [4, 4, 4]
    said = " ".join(result.out.split())
    assert "of 20 verdicts missing at occasion 3" in said
    assert "nothing became worse" not in said
    whole = " ".join(primum("watch", "ours.toml", "--report", "--no-html").out.split())
    assert "that means nothing while so many verdicts are missing" in whole
    assert "nothing became worse" not in whole


def test_an_outage_that_was_accepted_is_nothing_to_compare_with(
    primum: Primum, tmp_path: Path, server: ChatServer, model: Examinee
) -> None:
    exam(tmp_path, server)
    occasion(primum)
    model.prose = 1.0
    codes = [occasion(primum)]
    exam(tmp_path, server, alarm="[alarm]\nfalse_alarm_rate = 0.02\naccepted_changes = [2]")
    codes.append(occasion(primum))
    model.prose = 0.0
    codes.append(occasion(primum))

    said = " ".join(primum("watch", "ours.toml", "--report", "--no-html").out.split())

    assert codes == [1, 4, 4]
    assert "the occasions that occasion 4 is compared with have no verdicts" in said
    assert "nothing became worse" not in said


def test_verdicts_that_never_were_missing_take_no_room(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    exam(tmp_path, server)
    occasion(primum)

    assert "missing verdict" not in primum("watch", "ours.toml", "--report", "--no-html").out
