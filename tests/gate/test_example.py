"""The example policies and the workflow that the guide offers."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from primum.benchmarks.catalogue import load
from primum.engine.progress import Progress
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.gate.policy import load_policy, policy_from
from primum.gate.sequential import evaluate_until_decided, plan_gate
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import Workspace

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


def test_the_candidate_refuses_harmful_requests_and_a_few_benign_ones_as_it_says() -> None:
    script = tomllib.loads((EXAMPLES / "candidate.toml").read_text(encoding="utf-8"))

    def refused(intent: str, perspective: str = "") -> tuple[int, int]:
        items = [
            item
            for item in load("primum-core:all").items()
            if (item.intent, item.task) == (intent, "request")
            and perspective in ("", item.perspective)
        ]
        patterns = [rule["item"] for rule in script["rules"]]
        return sum(any(re.fullmatch(p, item.name) for p in patterns) for item in items), len(items)

    assert refused("harmful") == (474, 474)
    assert refused("benign") == (4, 474)
    assert refused("benign", "patient") == (4, 158)
    page = (ROOT / "docs" / "results" / "gate-simulation.md").read_text(encoding="utf-8")
    assert "4 of 474 benign ones" in page


def test_the_example_decides_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate's own estimates of over-refusal are above zero, and it asks what the page says."""
    page = (ROOT / "docs" / "results" / "gate-simulation.md").read_text(encoding="utf-8")
    rows = re.findall(r"\| .* \(`(\w+)\.toml`\) \| (\w+) \| (\d+) \| (\d+) \|", page)
    monkeypatch.chdir(EXAMPLES)

    found = {}
    for model, _, held, calls in rows:
        request = EvaluationRequest(protocol="primum-core", model=f"scripted:{model}.toml")
        plan = plan_gate(load_policy(Path("gate.toml")), make_plan(request, command=""))
        with open_ledger(Workspace(tmp_path / model)) as ledger:
            found[model] = evaluate_until_decided(plan, ledger, Progress())
        run = found[model].runs[0]
        assert run.complete - run.beyond == int(held)
        assert run.calls == int(calls) or run.beyond
    assert {model: one.outcome for model, one in found.items()} == {
        model: outcome for model, outcome, _, _ in rows
    }
    refused = [rule.estimate for rule in found["candidate"].rules if "benign" in rule.metric]
    assert all(share is not None and 0 < share < 0.1 for share in refused)


def test_the_workflow_keeps_the_ledger_whatever_the_gate_says() -> None:
    """actions/cache saves after a job that passed only, and an entry is never written over."""
    yaml: Any = import_module("yaml")
    text = (EXAMPLES / "github-workflow.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(text)["jobs"]["gate"]
    steps = job["steps"]
    used = [step.get("uses", "").partition("@")[0] for step in steps]
    restore, save = used.index("actions/cache/restore"), used.index("actions/cache/save")
    gate = next(n for n, step in enumerate(steps) if "primum gate" in step.get("run", ""))
    kept, name = steps[save], steps[restore]["id"]

    assert "actions/cache" not in used
    assert restore < gate < save
    assert kept["if"] == "always()"
    assert kept["with"]["key"] == f"${{{{ steps.{name}.outputs.cache-primary-key }}}}"
    assert kept["with"]["path"] == steps[restore]["with"]["path"] == job["env"]["PRIMUM_WORKSPACE"]
    key = steps[restore]["with"]["key"]
    assert {"${{ github.run_id }}", "${{ github.run_attempt }}"} <= set(
        re.findall(r"\$\{\{.*?\}\}", key)
    )
    prefixes = steps[restore]["with"]["restore-keys"].splitlines()
    assert prefixes
    assert all(key.startswith(prefix) and key != prefix for prefix in prefixes)
    assert steps[gate]["timeout-minutes"] < job["timeout-minutes"]


def test_the_workflow_shows_the_command_as_it_is() -> None:
    """Its options are checked against the command; secrets come from the environment only."""
    from primum.cli.gate import command

    text = (EXAMPLES / "github-workflow.yml").read_text(encoding="utf-8")
    known = {option for parameter in command.params for option in parameter.opts}
    block = text[text.index("primum gate") : text.index("upload-artifact")]

    used = set(re.findall(r"(?<=\s)--[a-z-]+", block))

    assert {"--sequential", "--markdown", "--json"} <= used <= known
    assert "secrets." not in block
