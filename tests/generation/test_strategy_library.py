"""Strategy libraries: the shipped one, a user's own, what is wrong with a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.generation.strategy import Evidence, Strategy, StrategyLibrary, Texts
from primum.generation.strategy_library import (
    choose_strategies,
    list_libraries,
    load_library,
    write_library,
)
from primum.testing.simulation import STRATEGIES


def own(name: str = "our-way", how: str = "Sing it.") -> Strategy:
    return Strategy(
        id=name,
        title=Texts(en="Our way"),
        mechanism=Texts(en="It is sung, “so to say”\nin two lines."),
        how=Texts(en=how),
        evidence=(Evidence(target="parrot", drop=2.5, low=1.0, high=4.0, n=12),),
    )


def library(*strategies: Strategy) -> StrategyLibrary:
    return StrategyLibrary(id="ours", title=Texts(en="Ours"), strategy=strategies)


def test_the_seven_published_strategies_ship_in_both_languages() -> None:
    shipped = load_library()

    assert shipped.ids == STRATEGIES
    for strategy in shipped.strategies:
        for text in (strategy.title, strategy.mechanism, strategy.how):
            assert text.en
            assert text.ja
            assert text.told("ja") != text.told("en")


def test_every_shipped_library_can_be_read() -> None:
    assert all(load_library(name).strategies for name in list_libraries())


def test_a_library_that_was_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    written = library(own(), own("other-way"))
    write_library(written, tmp_path / "new" / "ours.toml")

    assert load_library(tmp_path / "new" / "ours.toml") == written


def test_strategies_are_chosen_by_id_by_library_and_by_file(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    write_library(library(own()), file)

    assert tuple(each.id for each in choose_strategies("all")) == STRATEGIES
    assert [each.id for each in choose_strategies((STRATEGIES[3], str(file)))] == [
        STRATEGIES[3],
        "our-way",
    ]


def test_evidence_does_not_change_what_a_strategy_is() -> None:
    measured = own()

    assert measured.model_copy(update={"evidence": ()}).label == measured.label
    assert own(how="Hum it.").label != measured.label


def test_evidence_transfers_only_where_its_whole_interval_lies_above_zero() -> None:
    assert Evidence(target="t", drop=2, low=0.1, high=4, n=9).finding == "transfers"
    assert Evidence(target="t", drop=2, low=-0.1, high=4, n=9).finding == "not shown to transfer"
    assert Evidence(target="t").finding == "unmeasured"


def test_an_unknown_strategy_is_answered_with_near_misses() -> None:
    with pytest.raises(UnknownNameError, match="gray-zone-ethnographic-simulation"):
        choose_strategies(("gray-zone-ethnographic",))


def test_two_different_strategies_of_one_id_cannot_be_used_together(tmp_path: Path) -> None:
    write_library(library(own()), tmp_path / "a.toml")
    write_library(library(own(how="Hum it.")), tmp_path / "b.toml")

    with pytest.raises(UserError, match="Two strategies have the id “our-way”"):
        choose_strategies((str(tmp_path / "a.toml"), str(tmp_path / "b.toml")))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('id = "x"\ntitle.en = "X"\nnew = 1', "“new” is not known"),
        ('id = "x"', "“title” is missing"),
        ('id = "x"\ntitle.en = "X"\n[[strategy]]\nid = "A b"', "strategy.0.id"),
        ("id = ", "not valid TOML"),
        (
            'id = "x"\ntitle.en = "X"\n'
            + '[[strategy]]\nid = "a"\ntitle.en = "A"\nmechanism.en = "m"\nhow.en = "h"\n' * 2,
            "“a” stands twice",
        ),
    ],
)
def test_a_file_that_holds_no_library_is_named_with_its_fault(
    tmp_path: Path, text: str, problem: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text, "utf-8")

    with pytest.raises(DataError, match=problem):
        load_library(file)


def test_an_empty_library_offers_nothing_to_choose(tmp_path: Path) -> None:
    write_library(library(), tmp_path / "empty.toml")

    with pytest.raises(UserError, match="at least one"):
        choose_strategies((str(tmp_path / "empty.toml"),))
