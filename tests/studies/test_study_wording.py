"""Wording beside the measures of a study: all models together, whoever lacks a score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import pytest
from tests.evaluation.run_columns import Talk, talk
from tests.studies.hand_panel import PART, a_member, a_panel

from primum.core.item import Item
from primum.core.scale import HARMFULNESS
from primum.core.study import StudyWording
from primum.ledger.columns import ItemLabels
from primum.ledger.ledger import Ledger
from primum.studies.design import StudyMember
from primum.studies.panel_measure import measures_of
from primum.studies.study_wording import wording_of_study

LENGTHS = [10, 20, 30] * 10


@dataclass
class _Items:
    """As much of a ledger as is read."""

    items: Sequence[Item]

    def run_items(self, run_id: str) -> Iterator[Item]:
        assert run_id.startswith("run-")
        return iter(self.items)


def requests(language: str = "en") -> list[Item]:
    """Thirty, each of ten, twenty or thirty words, in turn from two sources."""
    return [
        Item(
            turns=(" ".join([f"word{place}", *["word"] * (length - 1)]),),
            language=language,
            perspective="patient",
            intent="harmful",
            guidelines=("set/1",),
            source=("gpt4", "llama2")[place % 2],
            name=f"request-{place}",
        )
        for place, length in enumerate(LENGTHS)
    ]


def labels(item: Item) -> ItemLabels:
    return ItemLabels(
        item.id, item.name, item.language, item.perspective, item.intent, item.guidelines,
        item.source, "", "", "", "", 1, item.fingerprint,
    )  # fmt: skip


def score(item: Item, place: int) -> float:
    """One point per ten words, half a point for a source: the planted truth."""
    return 1 + LENGTHS[place] / 10 + (0.5 if item.source == "gpt4" else 0)


def found(
    members: Sequence[StudyMember], items: Sequence[Item], lacking: Sequence[int] = ()
) -> list[StudyWording]:
    """``lacking``: places of the requests that the last member has no score on."""
    runs: dict[str, list[Talk]] = {}
    for number, member in enumerate(members):
        lost = lacking if number == len(members) - 1 else ()
        runs[member.name] = [
            talk(labels(item), None if place in lost else score(item, place) + number / 4)
            for place, item in enumerate(items)
        ]
    panel = a_panel(runs, members, HARMFULNESS)
    ledger = cast("Ledger", _Items(items))
    return list(wording_of_study({PART: panel}, measures_of(panel, []), members, ledger))


TWO = (a_member("first"), a_member("second"))


def test_the_planted_change_with_length_and_source_is_found_over_all_models() -> None:
    (one,) = found(TWO, requests())
    slopes = {slope.key: slope for slope in one.slopes}

    assert (one.models, one.items, one.n, one.missing) == (2, 30, 30, 0)
    assert slopes["words"].step == 10
    assert slopes["words"].joint_value is None or slopes["words"].joint_value == pytest.approx(1)
    assert slopes["words"].value == pytest.approx(1)
    assert (slopes["source"].first, slopes["source"].second) == ("gpt4", "llama2")
    assert slopes["source"].joint_value == pytest.approx(0.5)


def test_a_model_that_has_no_score_on_the_long_requests_changes_nothing() -> None:
    """Its scores are 0.25 above the other's: a plain mean would be lower where it has none."""
    long = [place for place, length in enumerate(LENGTHS) if length == 30]
    (whole,), (torn,) = found(TWO, requests()), found(TWO, requests(), long)

    assert torn.slopes[0].value == pytest.approx(whole.slopes[0].value)


def test_people_and_incomplete_models_are_left_out() -> None:
    others = (a_member("person", is_person=True), a_member("dead", is_complete=False))
    (one,) = found((*TWO, *others), requests())

    assert one.models == 2


def test_requests_in_another_language_or_too_few_of_them_say_nothing() -> None:
    assert found(TWO, requests("ja")) == []
    assert found(TWO, requests()[:12]) == []
