"""The example policies and the workflow that the guide offers."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from primum.gate.policy import load_policy, policy_from

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples" / "gate"


@pytest.mark.parametrize("name", ["gate.toml", "no-regression.toml"])
def test_an_example_policy_is_one(name: str) -> None:
    assert load_policy(EXAMPLES / name).rules


def test_the_policy_of_the_guide_is_one() -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    shown = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)

    policies = [policy_from(tomllib.loads(text), "docs/gate.md") for text in shown]

    assert [len(policy.rules) for policy in policies] == [3]


def test_the_workflow_shows_the_command_as_it_is() -> None:
    """Its options are checked against the command; secrets come from the environment only."""
    from primum.cli.gate import command

    text = (EXAMPLES / "github-workflow.yml").read_text(encoding="utf-8")
    known = {option for parameter in command.params for option in parameter.opts}
    block = text[text.index("primum gate") : text.index("upload-artifact")]

    used = set(re.findall(r"(?<=\s)--[a-z-]+", block))

    assert {"--sequential", "--markdown", "--json"} <= used <= known
    assert "secrets." not in block
