"""Contrasts of models over the items that they share."""

import math

import numpy as np
import pytest
from scipy import stats

from primum.core.study import CrossedDifference
from primum.statistics.cluster import Codes, Floats
from primum.statistics.crossed import (
    MINIMUM_RANDOM_UNITS,
    Block,
    Dose,
    Each,
    Groups,
    ModelDesign,
    Pairs,
    crossed_contrast,
)
from primum.statistics.paired import difference_of_means

NAN = math.nan


def _contrast(scores: object, design: ModelDesign, **options: object) -> CrossedDifference:
    matrix = np.asarray(scores, dtype=np.float64)
    return crossed_contrast([Block(matrix, np.arange(matrix.shape[1]))], design, **options)  # type: ignore[arg-type]


def _width(found: CrossedDifference) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_two_groups_differ_by_the_difference_of_their_plain_means() -> None:
    # Second side by item: 3, 5, 5.5; first: 2, 3, 4; differences 1, 2, 1.5: mean 1.5, s² = 0.25
    # V = 0.25 / 3, t with 2 degrees of freedom
    found = _contrast([[1, 2, 3], [3, 4, 5], [4, 4, 4], [2, 6, 7]], Groups([0, 0, 1, 1]))

    half = stats.t.ppf(0.975, 2) * math.sqrt(0.25 / 3)
    assert found.value == pytest.approx(1.5)
    assert found.low == pytest.approx(1.5 - half)
    assert found.high == pytest.approx(1.5 + half)
    assert found.p_value == pytest.approx(2 * stats.t.sf(1.5 / math.sqrt(0.25 / 3), 2))
    assert (found.reach, found.method) == ("items", "item-cluster-t")
    assert (found.items_low, found.items_high) == (found.low, found.high)
    assert (found.units_first, found.units_second, found.items) == (2, 2, 3)


def test_two_models_are_compared_as_paired_differences_are() -> None:
    generator = np.random.default_rng(3)
    scores = generator.normal(size=(2, 40)) + generator.normal(size=40)
    scores[0, :3] = scores[1, 7] = NAN
    clusters = generator.integers(0, 15, 40)
    paired = difference_of_means(scores[0], scores[1], clusters=clusters)

    for design in (Groups([0, 1]), Pairs([(0, 1)])):
        found = crossed_contrast([Block(scores, clusters)], design)

        assert found.value == pytest.approx(paired.value)
        assert found.low == pytest.approx(paired.low)
        assert found.high == pytest.approx(paired.high)
        assert found.degrees_of_freedom == found.clusters - 1


def test_a_lost_cell_costs_neither_the_item_nor_the_balance_of_its_difficulty() -> None:
    # Scores are model + item exactly; the plain means would differ by 4.5 - 10 instead of 2.5
    models, items = np.array([0.0, 1, 2, 4]), np.array([0.0, 10, 30])
    scores = models[:, None] + items
    scores[2, 2] = scores[0, 0] = NAN

    found = _contrast(scores, Groups([0, 0, 1, 1]))

    assert found.value == pytest.approx((2 + 4) / 2 - (0 + 1) / 2)
    assert (found.items, found.missing) == (3, 2)


def test_the_additive_fit_and_its_variance_are_those_of_a_regression_with_dummies() -> None:
    generator = np.random.default_rng(5)
    scores = generator.normal(size=(5, 30)) + 2 * generator.normal(size=30)
    scores[generator.random(scores.shape) < 0.25] = NAN
    scores[:, 0] = [1, NAN, NAN, 2, 3]
    clusters = generator.integers(0, 12, 30)
    codes = [0, 0, 1, 1, 1]
    both = (~np.isnan(scores[:2])).any(axis=0) & (~np.isnan(scores[2:])).any(axis=0)

    found = crossed_contrast([Block(scores, clusters)], Groups(codes))

    value, variance, groups = _regression(scores[:, both], clusters[both], codes)
    half = stats.t.ppf(0.975, groups - 1) * math.sqrt(variance)
    assert found.value == pytest.approx(value)
    assert found.high == pytest.approx(value + half)
    assert found.clusters == groups


def _regression(scores: Floats, clusters: Codes, codes: list[int]) -> tuple[float, float, int]:
    """OLS of model and item dummies, with the sandwich over item clusters times G/(G-1)."""
    model, item = np.nonzero(~np.isnan(scores))
    design = np.zeros((model.size, sum(scores.shape)))
    design[np.arange(model.size), model] = 1
    design[np.arange(model.size), len(scores) + item] = 1
    outcome = scores[model, item]
    solution = np.linalg.lstsq(design, outcome, rcond=None)[0]
    side = np.array(codes)
    contrast = np.concatenate(
        [np.where(side == 1, 1 / (side == 1).sum(), -1 / (side == 0).sum()), scores[0] * 0]
    )
    contrast = np.nan_to_num(contrast)
    pieces = (outcome - design @ solution) * (design @ np.linalg.pinv(design.T @ design) @ contrast)
    totals = [pieces[clusters[item] == label].sum() for label in np.unique(clusters)]
    groups = len(totals)
    return (
        float(contrast @ solution),
        groups / (groups - 1) * float(np.square(totals).sum()),
        groups,
    )


FIRST = np.array([0.0, 1, 2, 3, 4])
SECOND = np.array([2.0, 4, 6, 8, 10])


def test_five_models_a_side_speak_for_further_models_by_welch() -> None:
    # s² = 2.5 and 10: V = 2.5/5 + 10/5 = 2.5; df = 2.5² / (0.5²/4 + 2²/4) = 5.882
    scores = np.concatenate([FIRST, SECOND])[:, None] + np.array([0.0, 3, 9])

    found = _contrast(scores, Groups([0] * 5 + [1] * 5))

    welch = stats.ttest_ind(SECOND, FIRST, equal_var=False)
    assert found.reach == "models"
    assert found.value == pytest.approx(4)
    assert found.degrees_of_freedom == pytest.approx(2.5**2 / (0.5**2 / 4 + 2**2 / 4))
    assert found.p_value == pytest.approx(welch.pvalue)
    assert found.items_low is None


def test_what_items_do_to_one_group_adds_to_what_models_differ() -> None:
    # The second group gains -1, 0, 1 on the three items: V_items = 1/3, no noise of cells
    # df = (2.5 + 1/3)² / (0.5²/4 + 2²/4 + (1/3)²/2)
    scores = np.concatenate([FIRST, SECOND])[:, None] + np.array([0.0, 3, 9])
    scores[5:] += [-1, 0, 1]

    found = _contrast(scores, Groups([0] * 5 + [1] * 5))

    df = (2.5 + 1 / 3) ** 2 / (0.5**2 / 4 + 2**2 / 4 + (1 / 3) ** 2 / 2)
    assert found.degrees_of_freedom == pytest.approx(df)
    assert found.high == pytest.approx(4 + stats.t.ppf(0.975, df) * math.sqrt(2.5 + 1 / 3))
    assert found.items_high == pytest.approx(4 + stats.t.ppf(0.975, 2) * math.sqrt(1 / 3))


def test_the_noise_of_single_cells_is_counted_once() -> None:
    # Effects 0..4 against 0: V_models = 2.5/5 = 0.5. Residuals -e, +e with e = 1, 1, 1, 1, 0:
    # items' totals ±0.8/2: V_items = 2/1 · 2 · 0.4² = 0.64
    # cells: e less their mean 0.2, 0.2, 0.2, 0.2, -0.8: Σ² = 0.8, times 5/4 for the mean
    # V_cells = 2/1 · 2 · 0.8 · 5/4 / (5·2)² = 0.04
    spread = np.array([1.0, 1, 1, 1, 0])
    scores = np.column_stack([FIRST - spread, FIRST + spread])

    found = _contrast(scores, Each())

    variance = 0.5 + 0.64 - 0.04
    df = variance**2 / (0.5**2 / 4 + 0.64**2 / 1)
    assert found.value == pytest.approx(2)
    assert found.degrees_of_freedom == pytest.approx(df)
    assert found.high == pytest.approx(2 + stats.t.ppf(0.975, df) * math.sqrt(variance))


def test_the_spread_of_further_models_is_that_of_its_parts_taken_one_by_one() -> None:
    # Cells weigh what the regression with dummies gives them; their own noise is the residual
    # less the mean residual of their side on the item, times 5/4 for the five models of a side
    generator = np.random.default_rng(8)
    scores = generator.normal(size=(10, 1)) + generator.normal(size=(10, 25))
    scores[5:] += generator.normal(size=25)
    scores[generator.random(scores.shape) < 0.25] = NAN
    codes, clusters = [0] * 5 + [1] * 5, np.arange(25) // 2
    weights, effects, residuals = _cells(scores, codes)
    own = residuals.copy()
    for rows in (slice(0, 5), slice(5, 10)):
        own[rows] -= np.nanmean(residuals[rows], axis=0)
    one_hot = clusters[:, None] == np.arange(13)
    items = np.nansum(weights * residuals, axis=0) @ one_hot
    cells = np.nan_to_num(weights * own) @ one_hot
    models = [effects[:5].var(ddof=1) / 5, effects[5:].var(ddof=1) / 5]
    of_items = 13 / 12 * float(items @ items)
    variance = sum(models) + of_items - 13 / 12 * 5 / 4 * float((cells**2).sum())
    df = variance**2 / (models[0] ** 2 / 4 + models[1] ** 2 / 4 + of_items**2 / 12)

    found = crossed_contrast([Block(scores, clusters)], Groups(codes))

    assert found.low is not None
    assert found.high is not None
    assert found.degrees_of_freedom == pytest.approx(df)
    half = stats.t.ppf(0.975, df) * math.sqrt(variance)
    assert found.high - found.low == pytest.approx(2 * half)


def _cells(scores: Floats, codes: list[int]) -> tuple[Floats, Floats, Floats]:
    """Weights, model effects and residuals of OLS with model and item dummies; NaN where missing."""
    observed = ~np.isnan(scores)
    model, item = np.nonzero(observed)
    dummies = np.hstack([np.eye(len(scores))[model], np.eye(scores.shape[1])[item]])
    solution = np.linalg.pinv(dummies) @ scores[observed]
    side = np.array(codes)
    contrast = np.where(side == 1, 1 / (side == 1).sum(), -1 / (side == 0).sum())
    weights, residuals = np.full(scores.shape, NAN), np.full(scores.shape, NAN)
    padded = np.concatenate([contrast, np.zeros(scores.shape[1])])
    weights[observed] = padded @ np.linalg.pinv(dummies)
    residuals[observed] = scores[observed] - dummies @ solution
    return weights, solution[: len(scores)], residuals


def test_noise_that_pairs_of_one_base_share_is_counted_once() -> None:
    # Six pairs on five bases (0 twice). Units' own noise: the difference less its pair's mean and
    # less the item's mean over pairs, times 6/5; pairs of one base are added before squaring.
    # The mean took 1/6 from a single pair and 2/6 from the two together
    generator = np.random.default_rng(8)
    scores = generator.normal(size=(11, 12)) + 2 * generator.normal(size=(11, 1))
    pairs = [(0, 5), (0, 6), (1, 7), (2, 8), (3, 9), (4, 10)]
    differences = np.array([scores[tuned] - scores[base] for base, tuned in pairs])
    residuals = differences - differences.mean(axis=1, keepdims=True)
    own = residuals - residuals.mean(axis=0)
    by_base = np.vstack([own[0] + own[1], own[2:]])
    deviations = differences.mean(axis=1) - differences.mean()
    totals = np.array([deviations[0] + deviations[1], *deviations[2:]])
    left = np.array([4 / 6, 5 / 6, 5 / 6, 5 / 6, 5 / 6])
    of_models = float((totals**2 / left).sum()) / 36
    loads = np.vstack([[1, 1, 0, 0, 0, 0], np.eye(6)[2:]]) / np.sqrt(left)[:, None]
    form = loads @ (np.eye(6) - 1 / 6) @ loads.T
    models_df = np.trace(form) ** 2 / float((form**2).sum())
    of_items = float(differences.mean(axis=0).var(ddof=1)) / 12
    of_cells = 12 / 11 * 6 / 5 * float((by_base**2).sum()) / (6 * 12) ** 2
    variance = of_models + of_items - of_cells
    df = variance**2 / (of_models**2 / models_df + of_items**2 / 11)

    found = _contrast(scores, Pairs(pairs))

    assert of_items > of_cells
    assert found.low is not None
    assert found.high is not None
    assert found.degrees_of_freedom == pytest.approx(df)
    half = stats.t.ppf(0.975, df) * math.sqrt(variance)
    assert found.high - found.low == pytest.approx(2 * half)


def test_groups_whose_models_all_have_kin_on_the_other_side_are_compared_as_pairs() -> None:
    # Without noise of items only models vary: the t-test of the five differences
    generator = np.random.default_rng(4)
    bases = 3 * generator.normal(size=5)
    tuned = bases + 1 + 0.2 * generator.normal(size=5)
    scores = np.concatenate([bases, tuned[::-1]])[:, None] + np.array([0.0, 3, 9])
    kin = [*range(5), *reversed(range(5))]

    found = _contrast(scores, Groups([0] * 5 + [1] * 5, kin))
    apart = _contrast(scores, Groups([0] * 5 + [1] * 5))

    paired = stats.ttest_rel(tuned, bases)
    assert (found.reach, found.units_first, found.units_second) == ("models", 5, 5)
    assert found.value == pytest.approx(apart.value)
    assert found.p_value == pytest.approx(paired.pvalue)
    assert found.degrees_of_freedom == pytest.approx(4)
    assert apart.p_value == pytest.approx(stats.ttest_ind(tuned, bases, equal_var=False).pvalue)
    assert _width(apart) > 2 * _width(found)


def test_codes_of_kin_that_nobody_shares_change_nothing() -> None:
    generator = np.random.default_rng(6)
    scores = generator.normal(size=(12, 1)) + generator.normal(size=(12, 30))
    scores[generator.random(scores.shape) < 0.2] = NAN
    doses = generator.normal(size=12)
    pairs = [(row, row + 6) for row in range(6)]
    own = list(range(20, 32))

    for design, same in (
        (Groups([0, 1] * 6), Groups([0, 1] * 6, own)),
        (Pairs(pairs), Pairs(pairs, own)),
        (Each(), Each(own)),
        (Dose([0] * 12, doses), Dose([0] * 12, doses, own)),
    ):
        without, given = (
            _contrast(scores, one, generator=np.random.default_rng(1)) for one in (design, same)
        )
        assert without.reach == "models"
        assert given == without


def test_kin_on_one_side_and_of_one_size_count_as_one_draw() -> None:
    # Every model is there twice, so that ten of a side say what five do
    generator = np.random.default_rng(7)
    once = generator.normal(size=(10, 1)) + np.array([0.0, 2, 5])
    twice, kin = np.repeat(once, 2, axis=0), [row // 2 for row in range(20)]
    doses = [1.0 * (row // 2) for row in range(20)]

    groups = _contrast(once, Groups([0] * 5 + [1] * 5))
    doubled = _contrast(twice, Groups([0] * 10 + [1] * 10, kin))
    slope = _contrast(twice, Dose([0] * 20, doses, kin))
    bold = _contrast(twice, Dose([0] * 20, doses))

    assert doubled.low == pytest.approx(groups.low)
    assert doubled.p_value == pytest.approx(groups.p_value)
    assert slope.value == pytest.approx(bold.value)
    assert _width(slope) > 1.4 * _width(bold)


def test_four_bases_on_a_side_speak_for_these_models_only() -> None:
    scores = np.random.default_rng(1).normal(size=(12, 30))
    sides, doses = [0] * 6 + [1] * 6, list(range(12))
    four, five = [0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 7, 8], [0, 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]

    assert _contrast(scores, Groups(sides, four)).reach == "items"
    assert _contrast(scores, Groups(sides, five)).reach == "models"
    assert _contrast(scores, Dose([0] * 12, doses, five)).reach == "items"
    assert _contrast(scores, Each(five)).reach == "models"


def test_the_bootstrap_draws_kin_of_both_sides_together() -> None:
    # Models differ widely, kin by the same 1 everywhere: drawn apart, the interval would be wide
    generator = np.random.default_rng(2)
    bases = 5 * generator.normal(size=(8, 1)) + generator.normal(size=100)
    scores = np.vstack([bases, bases + 1])
    scores[8:] += 0.1 * generator.normal(size=100)
    kin = [*range(8), *range(8)]

    found = _contrast(scores, Groups([0] * 8 + [1] * 8, kin), generator=generator)
    apart = _contrast(scores, Groups([0] * 8 + [1] * 8), generator=generator)

    assert found.bootstrap_low == pytest.approx(1, abs=0.1)
    assert found.bootstrap_high == pytest.approx(1, abs=0.1)
    assert apart.bootstrap_low is not None
    assert apart.bootstrap_low < -1


def test_two_blocks_give_how_much_the_contrast_differs() -> None:
    # Block 0: differences 1, 3 (mean 2, s² = 2, V = 1); block 1: 3, 5, 7 (mean 5, s² = 4, V = 4/3)
    # df = (7/3)² / (1²/1 + (4/3)²/2)
    first = Block([[0, 0], [1, 3]], ["a", "b"])
    second = Block([[1, 1, 1], [4, 6, 8]], ["c", "d", "e"])

    found = crossed_contrast([first, second], Groups([0, 1]))

    df = (7 / 3) ** 2 / (1 + (4 / 3) ** 2 / 2)
    assert found.value == pytest.approx(3)
    assert found.degrees_of_freedom == pytest.approx(df)
    assert found.high == pytest.approx(3 + stats.t.ppf(0.975, df) * math.sqrt(7 / 3))
    assert (found.items, found.clusters) == (5, 5)


def test_requests_that_both_blocks_share_keep_their_covariance() -> None:
    # Differences 1, 2, 4 and 3, 5, 6 of the same requests: as paired, 2, 3, 2
    first = Block([[0, 0, 0], [1, 2, 4]], [7, 8, 9])
    second = Block([[0, 0, 0], [6, 3, 5]], [9, 7, 8])

    found = crossed_contrast([first, second], Groups([0, 1]))
    paired = difference_of_means([1, 2, 4], [3, 5, 6])

    assert found.clusters == 3
    assert found.value == pytest.approx(paired.value)
    assert found.low == pytest.approx(paired.low)
    assert found.degrees_of_freedom == 2


def test_unpaired_levels_within_models_use_the_models_that_have_both() -> None:
    # Model 0: 3 - 1, model 1: 6 - 1; model 2 has nothing in the second block
    first = Block([[0, 2], [1, 1], [9, 9]], [1, 2])
    second = Block(np.array([[3, 3, 3], [5, 6, 7], [NAN, NAN, NAN]]), [3, 4, 5])

    found = crossed_contrast([first, second], Each())

    assert found.value == pytest.approx((2 + 5) / 2)
    assert (found.units_first, found.units_second) == (2, 0)


def test_a_slope_is_taken_within_families() -> None:
    # Family 0: doses 0, 1, 2, effects 1, 2, 6: Sxx = 2, Sxy = 5; family 1: doses 5, 7, effects
    # 100, 102: Sxx = 2, Sxy = 2; slope (5 + 2) / (2 + 2). The last two bear nothing.
    effects = np.array([1.0, 2, 6, 100, 102, 50, 70])
    scores = effects[:, None] + np.array([0.0, 1, 5])
    design = Dose([0, 0, 0, 1, 1, 2, -1], [0, 1, 2, 5, 7, 3, 9])

    found = _contrast(scores, design)

    assert found.value == pytest.approx(7 / 4)
    assert (found.units_first, found.units_second, found.reach) == (5, 0, "items")


def test_a_slope_over_enough_models_has_the_interval_of_ordinary_least_squares() -> None:
    doses, effects = np.arange(7.0), np.array([0.0, 2, 1, 4, 3, 5, 8])
    line = stats.linregress(doses, effects)

    found = _contrast(effects[:, None] + np.array([0.0, 1]), Dose([0] * 7, doses))

    assert (found.reach, found.degrees_of_freedom) == ("models", 5)
    assert found.value == pytest.approx(line.slope)
    assert found.p_value == pytest.approx(line.pvalue)


def test_a_slope_over_few_models_has_an_interval_and_no_p_value() -> None:
    # Sizes and effects rise together, item noise is small; six bases less two families less one
    # are three. Seven bases of one family are five, and are tested.
    sizes = [0.0, 1, 2]
    effects = np.array([0.0, 1, 2, 5, 6, 7, 8])
    scores = effects[:, None] + np.random.default_rng(5).normal(0, 0.1, (7, 40))

    few = _contrast(scores[:6], Dose([0, 0, 0, 1, 1, 1], sizes + sizes))
    enough = _contrast(scores, Dose([0] * 7, np.arange(7.0)))

    assert few.value == pytest.approx(1, abs=0.1)
    assert few.low is not None
    assert few.low > 0
    assert (few.reach, few.p_value, few.bases, few.families) == ("items", None, 6, 2)
    assert (enough.reach, enough.bases, enough.families) == ("models", 7, 1)
    assert enough.p_value is not None


def test_each_pair_takes_the_items_that_both_of_it_have() -> None:
    # Pair (0, 2): 2, 4 (mean 3); pair (1, 3): item 2 only, 1. Mean of the pairs: 2
    scores = np.array([[0, 0, NAN], [NAN, NAN, 1], [2, 4, 7], [5, 5, 2]])

    found = _contrast(scores, Pairs([(0, 2), (1, 3)]))

    assert found.value == pytest.approx(2)
    assert (found.items, found.missing, found.units_first) == (3, 3, 2)


def test_pairs_of_one_base_count_once_for_further_models() -> None:
    scores = np.random.default_rng(1).normal(size=(10, 30))
    one_base = Pairs([(0, row) for row in range(1, 10)])
    five_bases = Pairs([(row, row + 5) for row in range(5)])

    assert _contrast(scores, one_base).reach == "items"
    assert _contrast(scores, five_bases).reach == "models"


@pytest.mark.parametrize("least", [MINIMUM_RANDOM_UNITS - 1, MINIMUM_RANDOM_UNITS])
def test_a_side_of_few_models_speaks_for_these_models_only(least: int) -> None:
    scores = np.random.default_rng(1).normal(size=(least + 9, 30))

    found = _contrast(scores, Groups([0] * least + [1] * 9))

    assert found.reach == ("models" if least >= MINIMUM_RANDOM_UNITS else "items")


def test_items_without_a_score_on_both_sides_do_not_bear() -> None:
    scores = [[0, 1, NAN, 5], [1, 3, 9, NAN]]
    planned = [[True, True, True, False], [True, True, True, True]]

    found = crossed_contrast([Block(scores, [1, 2, 3, 4], planned)], Groups([0, 1]))

    # The score that was never planned is not missing
    assert found.value == 1.5
    assert (found.items, found.missing) == (2, 2)


def test_a_model_without_scores_leaves_the_contrast() -> None:
    scores = [[0, 1, 2], [NAN, NAN, NAN], [1, 3, 3], [9, 9, 9]]

    found = _contrast(scores, Groups([0, 0, 1, -1]))

    assert found.value == pytest.approx(4 / 3)
    assert (found.units_first, found.units_second) == (1, 1)


def test_the_bootstrap_is_seeded_and_near_the_interval() -> None:
    generator = np.random.default_rng(9)
    scores = generator.normal(size=(24, 1)) + generator.normal(size=(24, 200))
    scores[generator.random(scores.shape) < 0.1] = NAN
    design = Groups([0, 1] * 12)

    once = _contrast(scores, design, generator=np.random.default_rng(4))
    again = _contrast(scores, design, generator=np.random.default_rng(4))

    assert once == again
    assert once.low is not None
    assert once.high is not None
    width = once.high - once.low
    assert once.bootstrap_low == pytest.approx(once.low, abs=0.1 * width)
    assert once.bootstrap_high == pytest.approx(once.high, abs=0.1 * width)


def test_the_bootstrap_of_items_agrees_where_models_are_few_or_doses_are_given() -> None:
    generator = np.random.default_rng(9)
    scores = generator.normal(size=(6, 1)) + generator.normal(size=(6, 300))

    for design in (Groups([0, 0, 0, 1, 1, 1]), Dose([0, 0, 0, 1, 1, 1], [1, 2, 3, 1, 2, 4])):
        found = _contrast(scores, design, generator=generator, resamples=4000)

        assert found.low is not None
        assert found.high is not None
        width = found.high - found.low
        assert found.bootstrap_low == pytest.approx(found.low, abs=0.05 * width)
        assert found.bootstrap_high == pytest.approx(found.high, abs=0.05 * width)


def test_the_bootstrap_of_a_slope_draws_models_within_families() -> None:
    generator = np.random.default_rng(2)
    doses = np.tile(np.arange(12.0), 2)
    effects = 0.5 * doses + generator.normal(size=24) + np.repeat([0.0, 40], 12)
    scores = effects[:, None] + generator.normal(size=(24, 50)) * 0.1

    found = _contrast(scores, Dose([0] * 12 + [1] * 12, doses), generator=generator)

    assert found.low is not None
    assert found.high is not None
    width = found.high - found.low
    assert found.bootstrap_low == pytest.approx(found.low, abs=0.2 * width)
    assert found.bootstrap_high == pytest.approx(found.high, abs=0.2 * width)


def test_the_bootstrap_of_pairs_draws_bases_and_weighs_those_drawn() -> None:
    # All pairs gain 3 on every item, so that no resample of models may change the mean
    scores = np.vstack([np.zeros((5, 200)), np.full((6, 200), 3.0)])
    scores[5:] += np.random.default_rng(1).normal(size=200)
    pairs = [(0, 5), (0, 6), (1, 7), (2, 8), (3, 9), (4, 10)]

    found = _contrast(scores, Pairs(pairs), generator=np.random.default_rng(2), resamples=4000)

    assert found.reach == "models"
    assert found.items_low is not None
    assert found.items_high is not None
    width = found.items_high - found.items_low
    assert found.bootstrap_low == pytest.approx(found.items_low, abs=0.05 * width)
    assert found.bootstrap_high == pytest.approx(found.items_high, abs=0.05 * width)


def test_limits_end_where_the_scale_does() -> None:
    found = _contrast([[0, 1], [1, 1]], Groups([0, 1]), width=1.0)
    slope = _contrast([[0, 1], [1, 1]], Dose([0, 0], [0, 0.5]), width=1.0)

    assert (found.value, found.low, found.high) == (0.5, -1, 1)
    assert slope.high is not None
    assert slope.high > 2


@pytest.mark.parametrize(
    ("scores", "design", "value"),
    [
        ([[1], [2]], Groups([0, 1]), 1.0),
        ([[1, 1], [1, 1]], Groups([0, 1]), 0.0),
        ([[1, 2], [2, 3]], Groups([0, 0]), None),
        ([[1, NAN], [NAN, 3]], Groups([0, 1]), None),
        ([[1, 2], [2, 3]], Dose([0, 0], [3, 3]), None),
        ([[1, 2], [2, 3]], Pairs([]), None),
        ([[NAN, NAN]], Each(), None),
        # Items tie models 0, 1, 3 together and 2, 4: no contrast of three against two
        (
            [[1, NAN], [2, NAN], [NAN, 5], [2, NAN], [NAN, 6]],
            Groups([0, 0, 0, 1, 1]),
            None,
        ),
    ],
)
def test_too_little_data_gives_no_limits(
    scores: list[list[float]], design: ModelDesign, value: float | None
) -> None:
    found = _contrast(scores, design, generator=np.random.default_rng(1))

    assert found.value == (None if value is None else pytest.approx(value))
    assert (found.low, found.high, found.p_value, found.method) == (None, None, None, "none")
    assert (found.items_low, found.bootstrap_low) == (None, None)


@pytest.mark.parametrize(
    ("blocks", "design"),
    [
        ([], Each()),
        ([Block([[1, 2]], [1])], Each()),
        ([Block([[1, math.inf]], [1, 2])], Each()),
        ([Block([[1, 2]], [1, 2], [[True]])], Each()),
        ([Block([[1, 2]], [1, 2]), Block([[1, 2], [2, 3]], [1, 2])], Each()),
        ([Block([[1, 2]], [1, 2])], Groups([0, 1])),
        ([Block([[1, 2]], [1, 2])], Groups([2])),
        ([Block([[1, 2]], [1, 2])], Pairs([(0, 1)])),
        ([Block([[1, 2]], [1, 2])], Each([0, 1])),
        ([Block([[1, 2]], [1, 2])], Dose([0], [1, 2])),
        ([Block([[1, 2]], [1, 2])], Dose([0], [math.inf])),
    ],
)
def test_shapes_that_do_not_fit_are_errors(blocks: list[Block], design: ModelDesign) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        crossed_contrast(blocks, design)
