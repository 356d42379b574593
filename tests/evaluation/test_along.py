"""A run along a set that its items do not name, counted by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.evaluation.run_columns import Talk, an_item, columns_of, facts_of, talk

from primum.core.errors import UserError
from primum.core.scale import REFUSAL
from primum.core.summary import Along, RunSummary
from primum.evaluation.along import Reading, with_fingerprints
from primum.evaluation.summary import summarise
from primum.guidelines.crosswalk import Crosswalk, Link, Strength
from primum.guidelines.guideline_set import Guideline, GuidelineSet

TEXTS = {"en": "Fold.", "ja": "折る。"}


def a_set(set_id: str, *local_ids: str, fingerprint: str = "") -> GuidelineSet:
    guidelines = tuple(
        Guideline(f"{set_id}/{each}", titles=TEXTS, texts=TEXTS) for each in local_ids
    )
    return GuidelineSet(set_id, "1", "complete", TEXTS, guidelines, fingerprint or set_id)


PAPER = a_set("paper", "1", "2", "3")
CLOTH = a_set("cloth", "a", "b", "c", "d")


def link(start: str, end: str, strength: Strength = "overlaps") -> Link:
    return Link(f"paper/{start}", f"cloth/{end}", strength, {"en": f"Both fold {start}{end}."})


WALK = Crosswalk(
    "paper--cloth",
    "1",
    TEXTS,
    PAPER,
    CLOTH,
    (link("1", "a"), link("1", "b", "same"), link("2", "b"), link("2", "c", "touches")),
    {"paper/3": {"en": "Nothing like it."}},
    "w" * 32,
)
FULL = "refusal.full|harmful|j"


def a_run(
    *items: tuple[tuple[str, ...], float | None], requests: Sequence[str] = ()
) -> tuple[Talk, ...]:
    prints = requests or [f"print-{place}" for place in range(len(items))]
    return tuple(
        talk(an_item(f"i{place}", guidelines=guidelines, fingerprint=prints[place]), value)
        for place, (guidelines, value) in enumerate(items)
    )


def summarised(talks: tuple[Talk, ...], reading: Reading) -> RunSummary:
    columns = columns_of(*talks)
    return summarise(columns, run=facts_of(j=REFUSAL), readings=[reading])


def read(talks: tuple[Talk, ...], strength: Strength = "overlaps") -> Along:
    (found,) = summarised(talks, Reading(CLOTH, (WALK,), strength)).along
    return found


def shares(found: Along) -> dict[str, tuple[float | None, int, int]]:
    return {
        cell.group: (cell.estimate.value, cell.estimate.n, cell.estimate.missing)
        for cell in found.cells
        if cell.metric == FULL
    }


FOUR = (
    (("paper/1",), 1.0),
    (("paper/1",), 0.0),
    (("paper/2",), 1.0),
    (("paper/3",), 1.0),
)


def test_an_item_counts_under_every_counterpart_of_its_guideline() -> None:
    """Principle 1 leads to a and b, 2 to b (and to c by a weaker link), 3 nowhere."""
    found = read(a_run(*FOUR))

    assert shares(found) == {"cloth/a": (0.5, 2, 0), "cloth/b": (pytest.approx(2 / 3), 3, 0)}
    assert {cell.dimension for cell in found.cells} == {"along:cloth"}
    assert dict(found.items) == {"cloth/a": 2, "cloth/b": 3}
    assert (found.named, found.linked, found.unplaced) == (0, 3, 1)
    assert found.without_items == ("cloth/c", "cloth/d")
    assert found.crosswalks == (f"paper--cloth 1 {'w' * 32}",)


def test_weaker_links_are_followed_when_asked_for() -> None:
    assert shares(read(a_run(*FOUR), "touches"))["cloth/c"] == (1.0, 1, 0)
    assert set(shares(read(a_run(*FOUR), "same"))) == {"cloth/b"}


def test_the_links_are_listed_with_their_items_and_reasons() -> None:
    found = read(a_run(*FOUR))

    assert [(one.start, one.end, one.strength, one.items) for one in found.links] == [
        ("paper/1", "cloth/a", "overlaps", 2),
        ("paper/1", "cloth/b", "same", 2),
        ("paper/2", "cloth/b", "overlaps", 1),
    ]
    assert found.links[0].reasons["en"] == "Both fold 1a."


def test_what_leads_nowhere_is_listed_with_its_items() -> None:
    (alone,) = read(a_run(*FOUR)).unlinked

    assert (alone.guideline, alone.items) == ("paper/3", 1)
    assert alone.reasons == {"en": "Nothing like it."}


def test_an_item_of_several_guidelines_counts_once_in_each_group() -> None:
    found = read(a_run((("paper/1", "paper/2"), 1.0)))

    assert shares(found) == {"cloth/a": (1.0, 1, 0), "cloth/b": (1.0, 1, 0)}


def test_an_item_that_names_the_set_itself_counts_under_what_it_names_alone() -> None:
    """Its own label is better evidence than the crosswalk, which would add b."""
    found = read(a_run((("paper/1", "cloth/d"), 1.0)))

    assert shares(found) == {"cloth/d": (1.0, 1, 0)}
    assert (found.named, found.linked, found.links) == (1, 0, ())


def test_missing_verdicts_are_missing_in_every_group() -> None:
    found = read(a_run((("paper/1",), 1.0), (("paper/1",), None)))

    assert shares(found) == {"cloth/a": (1.0, 1, 1), "cloth/b": (1.0, 1, 1)}


def test_answers_to_one_request_are_one_cluster() -> None:
    items = [(("paper/1",), float(value)) for value in (1, 1, 0, 0)]
    alone = read(a_run(*items)).cells[0].estimate
    together = read(a_run(*items, requests=["x", "x", "y", "y"])).cells[0].estimate

    assert alone.clusters in (None, 4)
    assert together.clusters == 2
    assert alone.low is not None
    assert together.low is None or together.low < alone.low


def test_a_crosswalk_is_read_in_both_directions() -> None:
    reading = Reading(PAPER, (WALK,))

    (found,) = summarised(a_run((("cloth/b",), 1.0)), reading).along

    assert set(shares(found)) == {"paper/1", "paper/2"}


def test_a_crosswalk_from_other_content_than_the_items_had_is_not_followed() -> None:
    facts = {"guidelines": {"paper": {"fingerprint": "earlier"}}}
    reading = with_fingerprints(Reading(CLOTH, (WALK,)), facts)

    with pytest.raises(UserError, match="can be read along “cloth”"):
        summarised(a_run(*FOUR), reading)


def test_a_set_that_items_name_in_other_content_is_refused() -> None:
    reading = Reading(replace(CLOTH, fingerprint="later"), (), fingerprints={"cloth": "cloth"})

    with pytest.raises(UserError, match="its content has changed since"):
        summarised(a_run((("cloth/a",), 1.0)), reading)


def test_a_run_that_no_link_leads_on_from_is_refused_with_the_way_out() -> None:
    with pytest.raises(UserError, match=r"name guidelines of paper.*--crosswalk FILE"):
        summarised(a_run((("paper/3",), 1.0)), Reading(CLOTH, (WALK,)))


def test_a_run_without_guidelines_is_refused() -> None:
    with pytest.raises(UserError, match="names a guideline"):
        summarised(a_run(((), 1.0)), Reading(CLOTH, (WALK,)))
