"""Classification scores on a table small enough to check by hand."""

import numpy as np
import pytest

from primum.statistics.classification import (
    ClassificationScores,
    classification_scores,
    confusion_matrix,
)
from primum.statistics.interval import wilson_limits

# label:      full full full full part part none none none none
# prediction: full full full none part full none none none part
LABELS = ["full"] * 4 + ["part"] * 2 + ["none"] * 4
PREDICTIONS = ["full"] * 3 + ["none", "part", "full"] + ["none"] * 3 + ["part"]
CLASSES = ("full", "part", "none")


@pytest.fixture
def scores() -> ClassificationScores[str]:
    return classification_scores(LABELS, PREDICTIONS, CLASSES, generator=np.random.default_rng(0))


def test_the_matrix_counts_labels_by_row_and_predictions_by_column(
    scores: ClassificationScores[str],
) -> None:
    assert scores.confusion == ((3, 0, 1), (1, 1, 0), (0, 1, 3))


def test_precision_recall_and_f1_follow_from_the_matrix(
    scores: ClassificationScores[str],
) -> None:
    full, part = scores.by_class["full"], scores.by_class["part"]

    # full: 3 of 4 predicted, 3 of 4 labelled, F1 = 6/8; part: 1 of 2, 1 of 2, F1 = 2/4
    assert (full.precision.value, full.recall.value, full.f1.value) == (0.75, 0.75, 0.75)
    assert (part.precision.value, part.recall.value, part.f1.value) == (0.5, 0.5, 0.5)
    assert (full.support, part.support) == (4, 2)
    assert (full.recall.low, full.recall.high) == pytest.approx(wilson_limits(0.75, 4))


def test_accuracy_and_macro_means(scores: ClassificationScores[str]) -> None:
    assert scores.accuracy.value == 0.7
    assert (scores.accuracy.low, scores.accuracy.high) == pytest.approx(wilson_limits(0.7, 10))
    assert scores.macro_precision == pytest.approx(2 / 3)
    assert scores.macro_recall == pytest.approx(2 / 3)
    assert scores.macro_f1.value == pytest.approx(2 / 3)


def test_f1_has_a_bootstrap_interval_that_repeats_with_its_seed(
    scores: ClassificationScores[str],
) -> None:
    f1 = scores.by_class["full"].f1
    again = classification_scores(LABELS, PREDICTIONS, CLASSES, generator=np.random.default_rng(0))

    assert f1.low is not None
    assert f1.high is not None
    assert f1.low < 0.75 < f1.high
    assert again.by_class["full"].f1 == f1


def test_the_bootstrap_of_f1_agrees_with_resampled_rows() -> None:
    generator = np.random.default_rng(12)
    labels = generator.integers(0, 2, 300)
    predictions = np.where(generator.random(300) < 0.8, labels, 1 - labels)

    scores = classification_scores(
        labels.tolist(), predictions.tolist(), (0, 1), generator=np.random.default_rng(1)
    )

    drawn = []
    for _ in range(2000):
        rows = generator.integers(0, 300, 300)
        hits = ((labels[rows] == 1) & (predictions[rows] == 1)).sum()
        drawn.append(2 * hits / ((labels[rows] == 1).sum() + (predictions[rows] == 1).sum()))
    f1 = scores.by_class[1].f1
    assert (f1.low, f1.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_a_class_that_never_occurs_has_no_scores() -> None:
    scores = classification_scores(
        ["a", "b"], ["a", "b"], ("a", "b", "c"), generator=np.random.default_rng(0)
    )

    assert scores.by_class["c"].recall.value is None
    assert scores.by_class["c"].f1.value is None
    assert scores.macro_f1.value == 1
    assert scores.by_class["a"].f1.low is None


def test_nothing_to_score_has_no_accuracy() -> None:
    scores = classification_scores([], [], ("a", "b"), generator=np.random.default_rng(0))

    assert scores.accuracy.value is None
    assert scores.macro_f1.value is None
    assert scores.macro_precision is None


def test_wrong_input_is_named() -> None:
    with pytest.raises(ValueError, match="2 labels for 1 predictions"):
        confusion_matrix(["a", "a"], ["a"], ("a",))
    with pytest.raises(ValueError, match="not one of the classes"):
        confusion_matrix(["a"], ["z"], ("a",))
