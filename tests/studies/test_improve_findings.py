"""Failure signatures are found where they were planted, and not where they are absent."""

from __future__ import annotations

import numpy as np
import pytest
from tests.studies.improve_outcomes import Rates, a_file, drawn, panels_of, summarised, tuned

from primum.core.improve import Finding, ImproveSummary, Signature
from primum.studies.improve_analysis import summarise_improvement
from primum.studies.improve_findings import smaller_of

BASE = Rates(0.25, 0.05, 0.45)
ONE = [{"name": "mix", "harmful": ["general"]}]
CURVE = [{"name": "mix", "harmful": ["general"], "size": [100, 200, 400]}]


def only(summary: ImproveSummary, signature: Signature, point: str = "mix") -> Finding:
    """The finding of that signature at that point, of safety where there are several."""
    return next(one for one in summary.findings if (one.signature, one.point) == (signature, point))


def curve(first: float, second: float, third: float, items: int = 300) -> Finding:
    """What is found of a curve with these rates of refused harmful requests."""
    file = a_file(CURVE)
    truth = {"baseline": BASE}
    for size, rate in ((100, first), (200, second), (400, third)):
        truth[f"mix size={size}"] = BASE._replace(refused_harmful=rate)
    return only(
        summarised(file, drawn(file, truth, items=items)), "no_further_gain", "mix size=400"
    )


def test_a_curve_that_flattens_is_found() -> None:
    """From 200 to 400 demonstrations nothing is gained."""
    found = curve(0.4, 0.8, 0.8, items=800)

    assert found.outcome == "found"
    assert found.against == "mix size=200"
    assert found.high is not None
    assert found.high < found.margin
    assert found.level == pytest.approx(0.8, abs=0.05)


def test_a_curve_that_rises_is_not_found() -> None:
    """Twenty points more at the largest size."""
    found = curve(0.4, 0.5, 0.7)

    assert found.outcome == "not_found"
    assert found.low is not None
    assert found.low > 0


def test_a_curve_on_few_items_cannot_be_told_and_says_how_many_would_tell() -> None:
    """The interval holds both zero and the margin."""
    found = curve(0.4, 0.6, 0.68, items=40)

    assert found.outcome == "cannot_tell"
    assert found.needed_items is None or found.needed_items > 40


@pytest.mark.parametrize(
    ("sizes", "place"), [((100, 200, 400), 1), ((100, 300, 400), 0), ((300, 400), 0)]
)
def test_the_largest_size_is_set_against_half_of_it(sizes: tuple[int, ...], place: int) -> None:
    """The largest that is at most half, else the next smaller."""
    assert smaller_of(sizes) == place


def of(truth: Rates, *, items: int = 400, scatter: float = 0.0) -> ImproveSummary:
    """The analysis of one point with that truth."""
    file = a_file(ONE)
    panels = drawn(file, {"baseline": BASE, "mix": truth}, items=items, scatter=scatter)
    return summarised(file, panels)


def test_a_capability_drop_beyond_the_margin_is_found() -> None:
    """Twenty points where five are allowed; the figure is the drop, towards worse."""
    found = only(of(BASE._replace(right=0.25)), "capability_drop")

    assert found.outcome == "found"
    assert found.value == pytest.approx(0.2, abs=0.06)


def test_capability_that_stays_is_not_found_to_drop() -> None:
    """With enough questions the whole interval lies within the margin."""
    assert only(of(BASE, items=4000), "capability_drop").outcome == "not_found"


def test_capability_on_few_questions_cannot_be_told() -> None:
    """And it is said how many questions would tell."""
    found = only(of(BASE, items=40), "capability_drop")

    assert found.outcome == "cannot_tell"
    assert found.needed_items is None or found.needed_items > 40


def test_over_refusal_that_explodes_is_found() -> None:
    """As after a tuning on refusals alone."""
    found = only(of(BASE._replace(refused_benign=0.8)), "over_refusal_rise")

    assert found.outcome == "found"
    assert found.value == pytest.approx(0.75, abs=0.06)


def test_seeds_that_scatter_are_found_with_how_many_it_takes() -> None:
    """A standard deviation of 20 points over three seeds."""
    found = only(of(BASE._replace(refused_harmful=0.6), scatter=0.2), "seed_variance")

    assert found.outcome == "found"
    assert found.needed_seeds is not None
    assert found.needed_seeds > 3


def test_seeds_that_agree_are_not_found() -> None:
    """Without scatter, ten seeds tell that there is little; over forty improvements."""
    file = a_file(ONE, seeds=tuple(range(1, 11)))
    truth = {"baseline": BASE, "mix": BASE._replace(refused_harmful=0.8)}

    outcomes = [
        only(summarised(file, drawn(file, truth, items=400, seed=seed)), "seed_variance").outcome
        for seed in range(40)
    ]

    assert outcomes.count("found") <= 3
    assert outcomes.count("not_found") >= 30


def test_three_seeds_that_agree_cannot_tell_that_there_is_no_scatter() -> None:
    """Their interval reaches beyond the margin, and the seeds that would do are named."""
    truth = BASE._replace(refused_harmful=0.8)
    found = [only(of(truth, items=items), "seed_variance") for items in (200, 400)]

    for one in found:
        assert one.outcome == "cannot_tell"
        assert one.high is not None
        assert one.high > one.margin
        assert (one.needed_seeds or 0) > 3


def test_a_finding_says_what_it_rests_on() -> None:
    """Items, requests and seeds of the comparison, and what is missing."""
    found = only(of(BASE, items=40), "capability_drop")

    assert (found.items, found.clusters, found.missing, found.seeds) == (40, 40, 0, 3)


def worse_by(rate: float, items: int) -> Finding:
    """The rise of a point that refuses exactly that share more, in each of three seeds."""
    file = a_file(ONE)
    names = ["baseline", *(f"mix · seed {seed}" for seed in file.seeds)]
    refused = np.zeros((4, items))
    refused[1:, : round(rate * items)] = 1
    values = {
        "refused_harmful": np.tile([0.0, 1.0], (4, 20)),
        "refused_benign": refused,
        "right": np.tile([0.0, 1.0], (4, 20)),
    }
    return only(summarised(file, panels_of(names, values)), "over_refusal_rise")


def test_an_estimate_on_the_margin_names_no_items() -> None:
    """8 of 150 where 7.5 are allowed: half an answer beyond; 46,000 items is no answer."""
    near, far = worse_by(8 / 150, 150), worse_by(10 / 150, 150)

    assert near.outcome == far.outcome == "cannot_tell"
    assert near.is_on_margin
    assert near.needed_items is None
    assert not far.is_on_margin
    assert far.needed_items is not None


def test_the_items_needed_tell_in_four_cases_of_five() -> None:
    """Half of the interval fits into the room 1.43 times: (1.96 + 0.84) / 1.96."""
    found = worse_by(10 / 150, 150)
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    room, half = abs(found.value - found.margin), (found.high - found.low) / 2

    assert found.needed_items == pytest.approx(150 * (half / room * 2.8016 / 1.96) ** 2, rel=0.02)


def test_one_seed_tells_nothing_of_scatter() -> None:
    """It is said that three are needed."""
    file = a_file(ONE, seeds=1)
    summary = summarised(file, drawn(file, {"baseline": BASE, "mix": BASE}))

    found = only(summary, "seed_variance")

    assert (found.outcome, found.needed_seeds) == ("cannot_tell", 3)
    assert "improve-one-seed" in {notice.code for notice in summary.notices}


def test_updates_that_grow_with_the_data_are_said() -> None:
    """A curve over size is then one over updates as well."""
    file = a_file(CURVE)
    truth = {"baseline": BASE, **{f"mix size={size}": BASE for size in (100, 200, 400)}}
    points = [
        point._replace(updates=updates)
        for point, updates in zip(tuned(file), (3, 6, 12), strict=True)
    ]

    summary = summarise_improvement(file, points, drawn(file, truth))

    assert summary.curves[0].also_varies == ("updates",)
    assert "improve-updates-grow" in {notice.code for notice in summary.notices}
