"""A run judged by behaviours, from the command line to its reports."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Primum

from primum.testing import ChatServer

CHECK = re.compile(r'"check": "([0-9a-f]{16})"')
ASKED = re.compile(r"^- (\S+/\S+/\S+) \((required|forbidden)\)$", re.MULTILINE)
ANSWER = "Please ask at the desk first. The leaflet lies beside the door."
"""What the target says to everything."""
QUOTED = "Please ask at the desk first."

Found = Callable[[str, str], Mapping[str, str]]
"""(Behaviour, kind) → answer and quotation."""


def judging(found: Found) -> Callable[[Sequence[Mapping[str, Any]]], str]:
    """A judge model that answers for each behaviour it is asked about."""

    def answer(messages: Sequence[Mapping[str, Any]]) -> str:
        prompt = str(messages[-1]["content"])
        code = CHECK.findall(prompt)[-1]
        listed = [{"behaviour": name, **found(name, kind)} for name, kind in ASKED.findall(prompt)]
        return json.dumps({"check": code, "behaviours": listed})

    return answer


def good_and_true(_: str, kind: str) -> Mapping[str, str]:
    """Required ones are there and quoted, forbidden ones are nowhere."""
    return {"answer": "met", "quotation": QUOTED if kind == "required" else ""}


def forged(_: str, kind: str) -> Mapping[str, str]:
    """The same, with a passage that nobody wrote."""
    return {"answer": "met", "quotation": "Call your doctor at once." if kind == "required" else ""}


def unquoted(_: str, __: str) -> Mapping[str, str]:
    """The same, without any passage."""
    return {"answer": "met", "quotation": ""}


@pytest.fixture
def judges() -> Iterator[Callable[[Found], str]]:
    """Starts a judge model; its address."""
    servers: list[ChatServer] = []

    def start(found: Found) -> str:
        server = ChatServer(["judge"], answer=judging(found))
        server.__enter__()
        servers.append(server)
        return server.base_url

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def evaluate(primum: Primum, tmp_path: Path, address: str, *more: str) -> dict[str, Any]:
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')
    result = primum(
        "evaluate", "--model", "scripted:target.toml", "--judge", "behaviours:judge",
        "--judge-base-url", address, "--limit", "6", "--language", "en", *more,
    )  # fmt: skip
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(primum("report", "--json", "-").out)
    return document


def test_true_quotations_give_a_profile(
    primum: Primum, tmp_path: Path, judges: Callable[[Found], str]
) -> None:
    document = evaluate(primum, tmp_path, judges(good_and_true))

    figures = document["behaviours"]
    assert len(figures) >= 5
    assert all(figure["right"]["value"] == 1.0 for figure in figures)
    assert all(figure["texts"]["ja"] and figure["decision_points"]["en"] for figure in figures)
    assert not any(figure["written_with_clinicians"] for figure in figures)


def test_a_forged_quotation_gives_no_verdict(
    primum: Primum, tmp_path: Path, judges: Callable[[Found], str]
) -> None:
    """Not even on the behaviours that need no quotation: who invents one is not believed."""
    document = evaluate(primum, tmp_path, judges(forged))

    assert document["verdict_outcomes"]["behaviours:judge"] == {"unparseable": 6}
    assert document["behaviours"]
    for figure in document["behaviours"]:
        assert (figure["right"]["value"], figure["right"]["n"]) == (None, 0)
        assert figure["right"]["missing"] >= 1
    cells = [c for c in document["cells"] if c["metric"].startswith("behaviour.mean")]
    assert {cell["estimate"]["value"] for cell in cells} == {None}


def test_no_quotation_no_verdict(
    primum: Primum, tmp_path: Path, judges: Callable[[Found], str]
) -> None:
    document = evaluate(primum, tmp_path, judges(unquoted))

    by_kind: dict[str, list[Any]] = {"required": [], "forbidden": []}
    for figure in document["behaviours"]:
        by_kind[figure["kind"]].append(figure)
    assert all(each["right"]["n"] == 0 for each in by_kind["required"])
    assert all(each["unquoted"] == each["right"]["missing"] >= 1 for each in by_kind["required"])
    assert all(each["right"]["value"] == 1.0 for each in by_kind["forbidden"])


def test_the_profile_stands_in_every_report(
    primum: Primum, tmp_path: Path, judges: Callable[[Found], str]
) -> None:
    document = evaluate(primum, tmp_path, judges(good_and_true))
    first = document["behaviours"][0]
    page = tmp_path / "report.html"

    for language, key in (("en", "en"), ("ja", "ja")):
        primum("report", "--html", str(page), "--report-language", language)
        text = page.read_text(encoding="utf-8")
        section = text[text.index('<section id="behaviours"') :].partition("</section>")[0]
        assert first["texts"][key][:20] in section
        assert first["decision_points"][key][:20] in section
    shown = " ".join(primum("report").out.split())
    rows = list(csv.DictReader(io.StringIO(primum("report", "--csv", "-").out)))

    assert "clinicians" in shown
    assert first["texts"]["en"].split()[0] in shown
    found = {row["behaviour"]: row for row in rows if row["record"] == "behaviour"}
    assert len(found) == len(document["behaviours"])
    assert float(found[first["behaviour"]]["value"]) == 1.0


def test_two_judges_are_set_against_each_other(
    primum: Primum, tmp_path: Path, judges: Callable[[Found], str]
) -> None:
    (tmp_path / "target.toml").write_text(f'default = "{ANSWER}"\n')
    (tmp_path / "own.toml").write_text(
        'guideline_set = "ama-2001"\nversion = "1"\nwritten_with_clinicians = true\n'
        'source = "Us"\nlicence = "internal"\n'
        + "".join(
            f'[[behaviour]]\nguideline = "{each}"\nid = "asks-first"\nkind = "required"\n'
            f'text.en = "Asks {each} first at desk {each}{each}{each}."\n'
            f'text.ja = "{each}番の窓口で{each}{each}{each}を先に尋ねる。"\n'
            'when.en = "Always."\nwhen.ja = "いつも。"\nexample.en = "Ask."\nexample.ja = "どうぞ。"\n'
            for each in range(1, 10)
        ),
        encoding="utf-8",
    )
    result = primum(
        "evaluate", "--model", "scripted:target.toml", "--judge", "behaviours:judge",
        "--judge", "behaviours:own.toml:judge", "--judge-base-url", judges(good_and_true),
        "--limit", "12", "--language", "en",
    )  # fmt: skip
    assert result.code == 0, result.err
    (tmp_path / "own.toml").unlink()

    document = json.loads(primum("report", "--json", "-").out)

    own = [f for f in document["behaviours"] if f["behaviour"].endswith("/asks-first")]
    assert own
    assert own[0]["texts"]["en"].startswith("Asks ")
    assert own[0]["written_with_clinicians"]
    (together, *_) = document["behaviour_agreements"]
    assert together["behaviour"] == ""
    assert together["figures"]["same"]["value"] == 1.0


def test_an_answer_of_the_judge_that_cannot_be_read_is_missing_and_never_a_score(
    primum: Primum, tmp_path: Path
) -> None:
    with ChatServer(["judge"], answer=lambda _: "I think it is fine. All met!") as server:
        document = evaluate(primum, tmp_path, server.base_url)

    assert set(document["verdict_outcomes"]["behaviours:judge"]) == {"unparseable"}
    assert all(figure["right"]["n"] == 0 for figure in document["behaviours"])
