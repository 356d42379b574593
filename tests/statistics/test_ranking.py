"""Ranks with what is uncertain about them."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from primum.core.study import RankedModel
from primum.statistics.cluster import Floats
from primum.statistics.estimate import estimate_of
from primum.statistics.paired import difference_of_means
from primum.statistics.ranking import Ranking, rank_models

NAN = math.nan


def _rank(
    scores: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    better: str = "higher",
    names: Sequence[str] | None = None,
    low: float = -100,
    high: float = 100,
    kind: str = "mean",
    seed: int = 1,
    resamples: int = 2000,
) -> Ranking:
    matrix = np.asarray(scores, dtype=np.float64)
    return rank_models(
        matrix,
        names or [f"m{row}" for row in range(len(matrix))],
        clusters,
        kind=kind,  # type: ignore[arg-type]
        low=low,
        high=high,
        better=better,  # type: ignore[arg-type]
        generator=np.random.default_rng(seed),
        resamples=resamples,
    )


def _by_name(ranking: Ranking) -> dict[str, RankedModel]:
    return {model.model: model for model in ranking.models}


def test_models_that_differ_clearly_have_one_rank_each_and_alike_ones_share_letters() -> None:
    # m1 is far above; m0 and m2 differ by noise around 0.01 with a standard error of 0.1
    generator = np.random.default_rng(2)
    noise = generator.normal(size=(3, 200))
    noise -= noise.mean(axis=1, keepdims=True)
    scores = noise + np.array([[0.01], [2], [0]])

    first, second, third = _rank(scores).models

    assert [first.model, second.model, third.model] == ["m1", "m0", "m2"]
    assert [(one.rank, one.rank_low, one.rank_high) for one in (first, second, third)] == [
        (1, 1, 1),
        (2, 2, 3),
        (3, 2, 3),
    ]
    assert [first.groups, second.groups, third.groups] == ["a", "b", "b"]
    assert first.best_probability == 1


def test_estimates_are_each_models_own() -> None:
    generator = np.random.default_rng(2)
    scores = generator.integers(1, 6, (3, 40)).astype(np.float64)
    scores[1, :4] = NAN
    clusters = np.repeat(np.arange(20), 2)

    found = _by_name(_rank(scores, clusters=clusters, better="lower", low=1, high=5))["m1"]

    own = estimate_of("mean", scores[1], low=1, high=5, better="lower", clusters=clusters)
    assert found.estimate == own
    assert found.estimate.missing == 4


def test_scores_that_were_never_planned_are_not_missing() -> None:
    scores = np.array([[1, 2, NAN, NAN], [2, 3, 4, NAN]])
    planned = [[True, True, False, False], [True, True, True, True]]

    ranking = rank_models(
        scores, ["a", "b"], None, kind="mean", low=1, high=5, better="higher",
        generator=np.random.default_rng(1), planned=planned,
    )  # fmt: skip

    assert {model.model: model.estimate.missing for model in ranking.models} == {"a": 0, "b": 1}


def test_lower_is_better_where_the_measure_says_so() -> None:
    scores = np.random.default_rng(3).normal(size=(4, 50)) + np.array([[3], [1], [2], [4]])

    ranking = _rank(scores, better="lower")

    assert [model.model for model in ranking.models] == ["m1", "m2", "m0", "m3"]
    assert ranking.models[0].best_probability > 0.9


def test_equal_estimates_share_the_smallest_rank_and_the_chance_of_being_best() -> None:
    scores = np.random.default_rng(3).normal(size=(3, 50))
    scores[1] = scores[0]
    scores[2] -= 9

    first, second, third = _rank(scores).models

    assert (first.rank, second.rank, third.rank) == (1, 1, 3)
    assert first.best_probability == second.best_probability == 0.5
    assert (first.rank_low, second.rank_high) == (1, 2)
    assert (first.groups, second.groups, third.groups) == ("a", "a", "b")


def test_two_models_differ_where_the_paired_interval_leaves_zero_out() -> None:
    # With one pair the largest studentised difference is the pair's own
    generator = np.random.default_rng(5)
    agreements = 0
    for shift in np.linspace(0, 0.6, 40):
        scores = generator.normal(size=(2, 60)) + np.array([[0.0], [shift]])
        paired = difference_of_means(scores[0], scores[1])
        assert paired.low is not None
        assert paired.high is not None
        is_clear = not paired.low <= 0 <= paired.high
        first = _rank(scores, resamples=4000).models[0]
        agreements += is_clear == (first.rank_high == 1)

    assert agreements >= 38


def test_a_model_that_lacks_the_hard_items_is_not_told_apart_from_its_equal() -> None:
    # Item difficulty is 0 or -5; m1 answers only the easy half, its own mean is 2.5 above m0's
    generator = np.random.default_rng(6)
    items = np.where(np.arange(60) < 30, 0.0, -5.0)
    scores = items + 0.1 * generator.normal(size=(4, 60)) - np.array([[0], [0], [1], [2]])
    scores[1, 30:] = NAN

    found = _by_name(_rank(scores))

    assert (found["m1"].rank, found["m0"].rank) == (1, 2)
    assert set(found["m1"].groups) & set(found["m0"].groups)
    assert (found["m0"].rank_low, found["m0"].rank_high) == (1, 2)


def test_models_without_common_items_cannot_be_told_apart() -> None:
    scores = np.full((4, 40), NAN)
    scores[:2, :20] = np.random.default_rng(1).normal(size=(2, 20))
    scores[2:, 20:] = 50 + np.random.default_rng(2).normal(size=(2, 20))

    ranking = _rank(scores)

    assert {model.groups for model in ranking.models} == {"a"}


@pytest.mark.parametrize(("items", "letters"), [(40, ["a", "b"]), (3, ["a", "a"])])
def test_always_against_never_differs_once_there_are_enough_items(
    items: int, letters: list[str]
) -> None:
    # No spread: with 40 items at most 1 - 0.025^(1/40) = 9 % are unseen, with 3 items 71 %
    scores = np.vstack([np.ones(items), np.zeros(items)])

    ranking = _rank(scores, low=0, high=1, kind="rate")

    assert [model.groups for model in ranking.models] == letters


def test_the_exact_limits_count_all_pairs() -> None:
    # Ten items: one pair could hide 1 - 0.025^(1/10) = 31 % of them, one of 780 pairs up to 64 %,
    # and half would do to make always and never equal
    few = np.vstack([np.ones(10), np.zeros(10)])
    many = np.repeat(few, 20, axis=0)

    assert [model.groups for model in _rank(few, low=0, high=1).models] == ["a", "b"]
    assert {model.groups for model in _rank(many, low=0, high=1).models} == {"a"}


def test_among_many_equal_models_chance_differences_stay_rare() -> None:
    # 66 pairs: at a level of 5 % each, about half of the rankings would tell some apart
    generator = np.random.default_rng(4)
    found = [
        max(
            model.rank_low for model in _rank(generator.normal(size=(12, 60)), resamples=500).models
        )
        for _ in range(60)
    ]

    assert sum(low > 1 for low in found) <= 9


def test_a_rank_interval_holds_the_models_own_rank() -> None:
    # By its own mean m1 is first, since it lacks the hard items; on common ones it is worse by 1
    generator = np.random.default_rng(6)
    scores = np.where(np.arange(60) < 30, 0.0, -5.0) + 0.1 * generator.normal(size=(2, 60))
    scores[1] -= 1
    scores[1, 30:] = NAN

    found = _by_name(_rank(scores))

    assert (found["m1"].rank, found["m1"].rank_low, found["m1"].rank_high) == (1, 1, 2)
    assert (found["m0"].rank, found["m0"].rank_low, found["m0"].rank_high) == (2, 1, 2)
    assert found["m0"].best_probability == 1


def test_one_request_tells_no_models_apart() -> None:
    ranking = _rank([[1, 2, 3], [4, 5, 6]], clusters=["same", "same", "same"])

    assert (ranking.method, ranking.clusters, ranking.items) == ("none", 1, 3)
    assert [model.best_probability for model in ranking.models] == [0.5, 0.5]
    assert [(model.rank_low, model.rank_high) for model in ranking.models] == [(1, 2), (1, 2)]


def test_one_model_is_first_and_one_without_scores_is_not_ranked() -> None:
    ranking = _rank(np.array([[1, 2, 3], [NAN, NAN, NAN]]), names=["ours", "silent"])

    assert [(model.model, model.rank, model.rank_high) for model in ranking.models] == [
        ("ours", 1, 1)
    ]
    assert ranking.unranked == ("silent",)


def test_nothing_scored_ranks_nothing() -> None:
    ranking = _rank([[NAN, NAN], [NAN, NAN]])

    assert (ranking.models, ranking.items, ranking.method) == ((), 0, "none")


def test_the_same_seed_gives_the_same_ranking() -> None:
    scores = np.random.default_rng(1).normal(size=(6, 30))

    assert _rank(scores, seed=7) == _rank(scores, seed=7)


def test_forty_models_are_ranked() -> None:
    generator = np.random.default_rng(1)
    scores = generator.normal(size=(40, 300)) + generator.normal(size=(40, 1))

    ranking = _rank(scores)

    assert [model.rank for model in ranking.models] == list(range(1, 41))
    assert sum(model.best_probability for model in ranking.models) == pytest.approx(1)
    assert all(model.rank_low <= model.rank <= model.rank_high for model in ranking.models)


def test_models_that_answer_alike_tie_and_do_not_hide_what_differs() -> None:
    # Differences of copies have no spread; the fourth model is worse by 2
    scores = np.tile(np.random.default_rng(3).normal(size=60), (4, 1))
    scores[3] += np.random.default_rng(4).normal(size=60) - 2

    found = _rank(scores).models

    assert [(one.rank, one.rank_low, one.rank_high) for one in found] == [
        *[(1, 1, 3)] * 3,
        (4, 4, 4),
    ]
    assert [one.groups for one in found] == ["a", "a", "a", "b"]


def test_few_clusters_are_judged_by_student_at_a_share_of_the_level() -> None:
    # Three differences 1, 1.2, 1.7: t = 1.3 / (0.361 / √3) = 6.2; of one pair 4.30 is enough, of
    # three pairs 7.65
    pair = np.array([[0.0, 0, 0], [1, 1.2, 1.7]])
    three = np.vstack([pair, [0.1, 0, -0.1]])

    assert [one.groups for one in _rank(pair).models] == ["a", "b"]
    assert {one.groups for one in _rank(three).models} == {"a"}


@pytest.mark.parametrize(
    ("scores", "names"),
    [([[1, 2]], ["a", "b"]), ([1, 2], ["a", "b"]), ([[1, math.inf]], ["a"])],
)
def test_shapes_that_do_not_fit_are_errors(scores: list[object], names: list[str]) -> None:
    with pytest.raises(ValueError, match="scores"):
        _rank(scores, names=names)  # type: ignore[arg-type]


ROUNDS = 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("effects", "items", "per_cluster", "missing", "is_rate"),
    [
        ([0.0] * 6, 60, 1, 0.0, False),
        ([0.0] * 6, 60, 2, 0.1, False),
        ([0.0, 0, 0.3, 0.3, 1, 1, 2], 100, 1, 0.1, False),
        ([0.0] * 20, 100, 2, 0.1, False),
        ([0.0] * 5, 12, 1, 0.0, False),
        ([3.0] * 8, 100, 1, 0.0, True),
        ([-1.0, 0, 0, 0, 1], 100, 2, 0.1, True),
        ([0.0] * 12, 5, 1, 0.0, False),
        ([0.0] * 12, 12, 1, 0.0, False),
        ([0.0] * 12, 24, 1, 0.0, False),
        ([0.0] * 12, 48, 2, 0.14, False),
        ([0.0] * 12, 120, 2, 0.14, False),
        ([0.0] * 12, 200, 1, 0.14, False),
        ([0.0] * 12, 24, 1, 0.0, True),
    ],
)
def test_joint_rank_intervals_hold_all_true_ranks(
    effects: list[float], items: int, per_cluster: int, missing: float, *, is_rate: bool
) -> None:
    generator = np.random.default_rng(8)
    truth = np.array(effects)
    least = 1 + (truth[None, :] > truth[:, None]).sum(axis=1)
    most = truth.size - (truth[None, :] < truth[:, None]).sum(axis=1)
    held: list[bool] = []
    for _ in range(ROUNDS):
        clusters = np.repeat(np.arange(items // per_cluster), per_cluster)
        scores = _scores(generator, truth, clusters, is_rate=is_rate)
        scores[generator.random(scores.shape) < missing] = NAN
        ends = (0, 1) if is_rate else (-100, 100)
        ranking = _rank(
            scores, clusters=clusters, low=ends[0], high=ends[1], seed=len(held), resamples=500
        )
        found = _by_name(ranking)
        held.append(
            all(
                found[f"m{row}"].rank_low <= least[row] and most[row] <= found[f"m{row}"].rank_high
                for row in range(truth.size)
            )
        )

    # Joint intervals may be wide where models differ, never short: 0.93 is three standard errors
    assert np.mean(held) >= 0.93


def _scores(
    generator: np.random.Generator, effects: Floats, clusters: NDArray[np.int64], *, is_rate: bool
) -> Floats:
    count = int(clusters.max()) + 1
    shared = generator.normal(size=count)[clusters]
    own = 0.5 * generator.normal(size=(effects.size, count))[:, clusters]
    centre: Floats = effects[:, None] + shared + own
    if is_rate:
        return (generator.random(centre.shape) < expit(centre)).astype(np.float64)
    return centre + generator.normal(size=centre.shape)
