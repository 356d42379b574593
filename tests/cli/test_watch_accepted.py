"""A change can be accepted once its occasion was made, and not before."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Primum
from tests.cli.test_watch import ANSWER, occasion, report, write


def accept(folder: Path, script: str, *numbers: int) -> None:
    alarm = f"[alarm]\nfalse_alarm_rate = 0.02\naccepted_changes = {list(numbers)}"
    head = f'id = "ours"\ntitle.en = "Ours"\nmodel = "{script}"'
    write(folder, head=head, panel="[panel]\nfixed = 16", alarm=alarm)


def test_a_change_of_the_future_cannot_be_accepted(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    accept(tmp_path, script, 2)

    before = [primum("watch", "ours.toml", *more) for more in ([], ["--dry-run"])]
    accept(tmp_path, script)
    made = occasion(primum)
    accept(tmp_path, script, 2)
    after = [primum("watch", "ours.toml", *more) for more in ([], ["--dry-run"], ["--report"])]

    assert made == 0
    assert [one.code for one in (*before, *after)] == [2] * 5
    for one in (*before, *after):
        assert "accepted_changes names occasion 2, which does not exist yet" in one.err
    accept(tmp_path, script)
    assert len(report(primum)["occasions"]) == 1


def test_an_occasion_that_is_not_finished_cannot_be_accepted(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    accept(tmp_path, script)
    occasion(primum)
    assert occasion(primum, "--max-calls", "2") == 3
    accept(tmp_path, script, 2)

    refused = primum("watch", "ours.toml")

    assert refused.code == 2
    assert "occasion 2, which is not finished" in refused.err


def test_a_change_that_was_seen_can_be_accepted(
    primum: Primum, tmp_path: Path, script: str
) -> None:
    accept(tmp_path, script)
    codes = [occasion(primum), occasion(primum)]
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')
    codes.append(occasion(primum))
    accept(tmp_path, script, 3)
    codes.append(primum("watch", "ours.toml", "--report", "--no-html").code)

    assert codes == [0, 0, 1, 0]
