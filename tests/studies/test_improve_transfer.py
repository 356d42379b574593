"""No transfer to requests that the candidate was trained on."""

from __future__ import annotations

from typing import Any

import pytest
from tests.studies.improve_outcomes import PART, Rates, a_file, drawn, summarised

from primum.core.errors import UserError
from primum.studies.improve_file import ImproveFile
from primum.studies.improve_plan import make_improve_plan
from primum.studies.improve_reading import Improvement
from primum.studies.improve_transfer import require_untrained_sides, untold_sides

BASE = Rates(0.25, 0.05, 0.45)


def file_of(kind: str, *harmful: str, **candidate: Any) -> ImproveFile:
    """One candidate of these sources, with a transfer of that kind."""
    values = {"name": "mix", "harmful": list(harmful), **candidate}
    transfer = [{"name": "far", "candidate": "mix", "kind": kind}]
    parts = [{"name": name, "protocol": "starter"} for name in (PART, "medical", "general")]
    return a_file([values], transfer=transfer, evaluate=parts)


@pytest.mark.parametrize(
    ("kind", "source", "candidate"),
    [
        ("gpt4-llama2", "medsafetybench", {}),
        ("llama2-gpt4", "medsafetybench:gpt4", {}),
        ("en-ja", "general", {}),
        ("ja-en", "contrast", {}),
        ("general-medical", "medsafetybench:ft-both-n200", {}),
        ("medical-general", "general", {"language": ["en"]}),
        ("multi-turn-single-turn", "contrast", {}),
    ],
)
def test_a_side_that_the_candidate_was_tuned_on_is_refused(
    kind: str, source: str, candidate: dict[str, Any]
) -> None:
    """In one sentence that names transfer, side, candidate and source."""
    with pytest.raises(UserError, match=f"“far” calls “.*” elsewhere.*“mix”.*“{source}”"):
        require_untrained_sides(file_of(kind, source, **candidate))


@pytest.mark.parametrize(
    ("kind", "source", "candidate"),
    [
        ("gpt4-llama2", "medsafetybench:gpt4", {}),
        ("en-ja", "general", {"language": ["en"]}),
        ("en-ja", "medsafetybench", {}),
        ("medical-general", "medsafetybench", {}),
        ("general-medical", "medsafetybench:ft-gen-n200", {}),
        ("single-turn-multi-turn", "general", {}),
    ],
)
def test_a_side_that_it_was_not_tuned_on_is_a_transfer(
    kind: str, source: str, candidate: dict[str, Any]
) -> None:
    """And nothing is left untold."""
    file = file_of(kind, source, **candidate)

    require_untrained_sides(file)

    assert untold_sides(file) == ()


def test_the_plan_refuses_it_before_anything_is_opened(tmp_path: Any) -> None:
    """No model is looked for."""
    with pytest.raises(UserError, match="elsewhere"):
        make_improve_plan(Improvement(file_of("gpt4-llama2", "medsafetybench")), tmp_path)


def test_where_it_cannot_be_told_a_note_says_so() -> None:
    """A file of one's own may hold anything."""
    transfer = [{"name": "far", "candidate": "mix", "kind": "en-ja"}]
    file = a_file([{"name": "mix", "harmful": ["ours.jsonl"]}], transfer=transfer)
    truth = {"baseline": BASE, "mix": BASE._replace(refused_harmful=0.8)}

    notices = summarised(file, drawn(file, truth)).notices

    assert untold_sides(file) == ("far",)
    assert {"transfers": "far"} in [
        one.values for one in notices if one.code == "improve-transfer-untold"
    ]


def test_a_language_that_is_left_out_is_told_even_of_a_file() -> None:
    """The candidate takes English alone."""
    file = file_of("en-ja", "ours.jsonl", language=["en"])

    require_untrained_sides(file)

    assert untold_sides(file) == ()
