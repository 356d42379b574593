"""The recipes of docs/examples/watch do what they say: run as cron and systemd would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Primum
from tests.cli.test_watch import ANSWER, write

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "watch"
SCHEDULE = re.compile(r"(?:\S+\s+){5}(?P<command>.*)")
SCRIPT = '[[rules]]\nitem = ".*"\nanswer = "I am sorry, but I can\'t help with that."\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A machine's /srv: the program where the recipes expect it, and a scripted model."""
    folder = tmp_path / "srv" / "primum"
    (folder / "bin").mkdir(parents=True)
    (tmp_path / "srv" / "www").mkdir()
    program = folder / "bin" / "primum"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m primum "$@"\n')
    program.chmod(0o755)
    (folder / "target.toml").write_text(SCRIPT)
    head = 'id = "ours"\ntitle.en = "Ours"\nmodel = "scripted:target.toml"'
    write(folder, head=head, panel="[panel]\nfixed = 16").rename(folder / "triage.toml")
    return tmp_path


def as_a_daemon(command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """What the command does with as little around it as cron has."""
    return subprocess.run(
        ["/bin/sh", "-c", command.replace("/srv/", f"{home}/srv/")],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def cron_command() -> str:
    lines = (EXAMPLES / "crontab").read_text(encoding="utf-8").splitlines()
    found = SCHEDULE.fullmatch(next(line for line in lines if line[:1].isdigit()))
    assert found is not None
    return found["command"]


def test_cron_sends_mail_only_if_there_is_something_to_say(home: Path) -> None:
    first, second = (as_a_daemon(cron_command(), home) for _ in range(2))
    (home / "srv" / "primum" / "target.toml").write_text(f'default = "{ANSWER}"\n')
    alarm = as_a_daemon(cron_command(), home)

    assert [(one.returncode, one.stdout, one.stderr) for one in (first, second)] == [
        (0, "", "")
    ] * 2
    assert alarm.returncode == 1
    assert "Alarm: " in alarm.stdout
    assert (home / "srv" / "www" / "triage.html").exists()


def test_the_service_that_tells_people_finds_the_program(home: Path) -> None:
    def started(unit: str) -> str:
        text = (EXAMPLES / unit).read_text(encoding="utf-8")
        found: list[str] = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
        return found[0]

    command = started("primum-watch-alarm.service").removeprefix("/bin/sh -c '").removesuffix("'")
    piped = re.sub(r"mail -s .*", "cat", command)
    assert piped != command
    folder = "cd /srv/primum && "

    made = as_a_daemon(folder + started("primum-watch.service"), home)
    told = as_a_daemon(folder + piped, home)

    assert made.returncode == 0, made.stderr
    assert "Ours: watched over time" in told.stdout


def test_quiet_is_said_in_the_help(primum: Primum) -> None:
    assert "no report on the terminal unless" in " ".join(primum("watch", "--help").out.split())
