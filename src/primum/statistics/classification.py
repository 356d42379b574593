"""How well a classifier agrees with labels: for measuring a judge or the lexical screen.

scores = classification_scores(labels, predictions, classes=("full", "partial", "none"),
                               generator=np.random.default_rng(0))
scores.by_class["full"].recall.value
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from primum.statistics.cluster import Floats
from primum.statistics.interval import wilson_limits

Label = TypeVar("Label", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ScoreWithInterval:
    """A share or an F1 in 0..1; None where nothing stands below its fraction."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """What the share is taken over: for F1, the rows that are in the class by either side."""


@dataclass(frozen=True, slots=True)
class ClassScores:
    """One class against the rest."""

    precision: ScoreWithInterval
    """Of those predicted to be in the class, the share that is. Wilson interval."""
    recall: ScoreWithInterval
    """Of those in the class, the share that was found. Wilson interval."""
    f1: ScoreWithInterval
    """Bootstrap percentile interval."""
    support: int
    """Rows whose label is this class."""


@dataclass(frozen=True, slots=True)
class ClassificationScores(Generic[Label]):
    """All scores of one classifier on one labelled set."""

    classes: tuple[Label, ...]
    confusion: tuple[tuple[int, ...], ...]
    """Row: label; column: prediction; in the order of ``classes``."""
    accuracy: ScoreWithInterval
    by_class: Mapping[Label, ClassScores]
    macro_precision: float | None
    """Mean over the classes that have one; likewise below."""
    macro_recall: float | None
    macro_f1: ScoreWithInterval


def confusion_matrix(
    labels: Sequence[Label], predictions: Sequence[Label], classes: Sequence[Label]
) -> NDArray[np.int64]:
    """Counts by label (row) and prediction (column).

    Raises:
        ValueError: lengths differ, or a label or prediction is not in ``classes``.
    """
    if len(labels) != len(predictions):
        raise ValueError(f"{len(labels)} labels for {len(predictions)} predictions")
    index = {name: position for position, name in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for label, prediction in zip(labels, predictions, strict=True):
        if label not in index or prediction not in index:
            raise ValueError(f"{label!r} or {prediction!r} is not one of the classes")
        matrix[index[label], index[prediction]] += 1
    return matrix


def classification_scores(
    labels: Sequence[Label],
    predictions: Sequence[Label],
    classes: Sequence[Label],
    *,
    generator: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> ClassificationScores[Label]:
    """Accuracy, and precision, recall and F1 per class and macro, with intervals.

    Shares take Wilson's interval; F1 takes percentiles of a bootstrap over rows (multinomial over
    the confusion matrix). A class that is neither labelled nor predicted has no scores and is
    left out of the macro means.

    Raises:
        ValueError: see ``confusion_matrix``.
    """
    matrix = confusion_matrix(labels, predictions, classes)
    total = int(matrix.sum())
    hits, labelled, predicted = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    drawn = _resampled_f1(matrix, generator, resamples)
    f1 = _f1(matrix)
    by_class = {
        name: ClassScores(
            precision=_share(int(hits[k]), int(predicted[k]), confidence),
            recall=_share(int(hits[k]), int(labelled[k]), confidence),
            f1=_with_percentiles(
                float(f1[k]), drawn[:, k], int(labelled[k] + predicted[k] - hits[k]), confidence
            ),
            support=int(labelled[k]),
        )
        for k, name in enumerate(classes)
    }
    return ClassificationScores(
        classes=tuple(classes),
        confusion=tuple(tuple(row) for row in matrix.tolist()),
        accuracy=_share(int(hits.sum()), total, confidence),
        by_class=by_class,
        macro_precision=_mean_of_known([scores.precision for scores in by_class.values()]),
        macro_recall=_mean_of_known([scores.recall for scores in by_class.values()]),
        macro_f1=_with_percentiles(
            float(_row_means(f1[None, :])[0]), _row_means(drawn), total, confidence
        ),
    )


def _share(hits: int, n: int, confidence: float) -> ScoreWithInterval:
    if n == 0:
        return ScoreWithInterval(None, None, None, 0)
    return ScoreWithInterval(hits / n, *wilson_limits(hits / n, n, confidence), n)


def _f1(matrices: NDArray[np.int64]) -> Floats:
    """2·hits / (labelled + predicted) for the last two axes; NaN where a class is absent."""
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    either = matrices.sum(axis=-1) + matrices.sum(axis=-2)
    return np.where(either > 0, 2 * hits / np.maximum(either, 1), np.nan)


def _resampled_f1(
    matrix: NDArray[np.int64], generator: np.random.Generator, resamples: int
) -> Floats:
    total = int(matrix.sum())
    if total == 0:
        return np.full((resamples, len(matrix)), np.nan)
    drawn = generator.multinomial(total, matrix.ravel() / total, size=resamples)
    return _f1(drawn.reshape(resamples, *matrix.shape))


def _row_means(scores: Floats) -> Floats:
    known = ~np.isnan(scores)
    count = known.sum(axis=1)
    sums = np.where(known, scores, 0.0).sum(axis=1)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)


def _with_percentiles(value: float, drawn: Floats, n: int, confidence: float) -> ScoreWithInterval:
    if np.isnan(value):
        return ScoreWithInterval(None, None, None, n)
    known = drawn[~np.isnan(drawn)]
    # Equal resamples would claim certainty: a perfect or hopeless class has no bootstrap interval.
    if known.size == 0 or np.ptp(known) == 0:
        return ScoreWithInterval(value, None, None, n)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(known, tails)
    return ScoreWithInterval(value, float(low), float(high), n)


def _mean_of_known(scores: Sequence[ScoreWithInterval]) -> float | None:
    known = [score.value for score in scores if score.value is not None]
    return sum(known) / len(known) if known else None
