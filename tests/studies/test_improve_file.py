"""Improvement files: presets, the grid, and one clear sentence for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError
from primum.studies.improve_grid import grid_points, tuning_request
from primum.studies.improve_reading import list_improvements, read_improvement

WHOLE = """
id = "ours"
title.en = "Ours"
seeds = [1, 2]
[[evaluate]]
protocol = "starter"
[[candidate]]
name = "mix"
harmful = ["general"]
benign = ["benign"]
benign_share = [0, 0.5]
size = [50, 100]
"""


def written(tmp_path: Path, text: str) -> Path:
    """A file with that content."""
    file = tmp_path / "ours.toml"
    file.write_text(text, "utf-8")
    return file


def test_every_combination_is_a_point_under_a_name_of_what_varies(tmp_path: Path) -> None:
    """The last axis changes fastest."""
    file = read_improvement(written(tmp_path, WHOLE)).file

    assert [point.name for point in grid_points(file)] == [
        "mix benign_share=0 size=50",
        "mix benign_share=0 size=100",
        "mix benign_share=0.5 size=50",
        "mix benign_share=0.5 size=100",
    ]


def test_a_share_of_zero_takes_no_benign_source(tmp_path: Path) -> None:
    """So that one candidate holds refusals alone and mixes."""
    file = read_improvement(written(tmp_path, WHOLE)).file
    alone, mixed = grid_points(file)[0], grid_points(file)[2]

    assert tuning_request(file, alone, 1, ()).mix.benign == ()
    assert tuning_request(file, mixed, 1, ()).mix.benign == ("benign",)


def test_the_seed_is_that_of_mix_and_training(tmp_path: Path) -> None:
    """One seed is one adapter."""
    file = read_improvement(written(tmp_path, WHOLE)).file

    request = tuning_request(file, grid_points(file)[0], 7, ("starter",))

    assert (request.mix.seed, request.settings.seed) == (7, 7)
    assert request.held_out == ("starter",)


def test_presets_are_whole() -> None:
    """Each is read with its policy, and names parts and candidates that there are."""
    found = list_improvements()

    assert {"demo", "medsafetybench"} <= set(found)
    assert all(read_improvement(name).policy is not None for name in found)


def test_a_kind_of_transfer_says_both_sides(tmp_path: Path) -> None:
    """As between the halves of MedSafetyBench."""
    text = WHOLE + '[[transfer]]\ncandidate = "mix"\nkind = "gpt4-llama2"\n'

    transfer = read_improvement(written(tmp_path, text)).file.transfers[0]

    assert transfer.name == "gpt4-llama2"
    assert (transfer.own.group, transfer.other.group) == ("source:gpt4", "source:llama2")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("seeds", "seed"), r"the key “seed” is not known\. Known: id, title, model, seeds"),
        (('id = "ours"', ""), r"the key “id” is missing\. “primum improve show demo”"),
        (('harmful = ["general"]', ""), r"\[\[candidate\]\] 1 \(“mix”\): the key “harmful” is mi"),
        (("benign_share = [0, 0.5]", ""), r"benign sources are named, but no benign_share"),
        (('benign = ["benign"]', ""), r"a benign_share is stated, but no benign source"),
        (("[50, 100]", "[50, 50]"), r"a value stands twice in size"),
        (("[50, 100]", "[0]"), r"\[\[candidate\]\] 1 \(“mix”\): .*greater than or equal to 1"),
        (('protocol = "starter"', 'protocol = "starter"\nmodel = "x"'), r"model is said once"),
        (('protocol = "starter"', 'name = "capability"'), r"is called “capability”"),
        (("[1, 2]", "[1, 1]"), r"each seed may be named once"),
        (("[1, 2]", "[]"), r"the key “seeds” is empty; at least one was expected"),
        (('"ours"', '"../../ours"'), r"the id “\.\./\.\./ours” names files, so it may hold letters"),
        (('"ours"', '".ours"'), r"the id “\.ours” names files.*begins with a letter or a digit"),
        (("[50, 100]", '"50"'), r"“size” holds “50”: a whole number was expected, without quot"),
        (("[50, 100]", '50\nlearning_rate = "1e-3"'), r"holds “1e-3”: a number was expected"),
        (("[50, 100]", "50\nlearning_rate = inf"), r"learning_rate"),
        (("size = [50, 100]", "settings = { seed = 1 }"), r"seed stands in settings"),
        (("size = [50, 100]", "settings = { ranks = 1 }"), r"the setting ranks is not known"),
        (("size = [50, 100]", "updates = 5\nepochs = 1"), r"updates and epochs exclude"),
        (
            ("[[candidate]]", '[[transfer]]\nname = "t"\ncandidate = "x"\nkind = "en-ja"\n[[candidate]]'),
            r"the transfer “t” is of “x”, which no candidate and no point is called",
        ),
        (
            ("[[candidate]]", '[objectives]\nsafety = { evaluate = "x" }\n[[candidate]]'),
            r"objectives.safety names “x”, which is none of “starter”",
        ),
        (("[[candidate]]", '[gate]\npolicy = "none.toml"\n[[candidate]]'), r"none.toml"),
        (("[[evaluate]]", "[evaluate]"), r"the key “evaluate” is no list of tables"),
    ],
)  # fmt: skip
def test_each_fault_is_one_sentence_that_names_the_key(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    """Found before anything is loaded."""
    with pytest.raises(DataError, match=said) as found:
        read_improvement(written(tmp_path, WHOLE.replace(*change)))

    assert "\n" not in str(found.value)


def test_two_candidates_of_one_name_are_refused(tmp_path: Path) -> None:
    """Points are told apart by their names."""
    candidate = WHOLE[WHOLE.index("[[candidate]]") :]

    with pytest.raises(DataError, match="two candidates are called “mix”"):
        read_improvement(written(tmp_path, WHOLE + candidate))


def test_an_unknown_preset_names_the_known_ones() -> None:
    """And says how a file is named."""
    with pytest.raises(UnknownNameError, match=r"demmo.*demo"):
        read_improvement("demmo")
