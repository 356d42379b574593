"""Measurements of a refusal judge as a Markdown page, held-out apart from development answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from primum.judging.measurement import Measurement
from primum.judging.refusal_screen import LABELS
from primum.statistics.classification import ScoreWithInterval

_USE = re.compile(r"-(development|heldout)(?:-\d+)?$")
_HEADINGS = {
    "heldout": "Held-out answers: never read by those who made the patterns",
    "development": "Development answers: the patterns were made with them",
    "": "Answers",
}
"""Headings by what the name of a file says about its use, in the order of the page."""


def measurement_tables(measurements: Iterable[Measurement]) -> str:
    """Scores per class, confusion and hits per kind: held-out sets first, then development ones."""
    sets: dict[str, dict[tuple[str, str], list[Measurement]]] = {use: {} for use in _HEADINGS}
    for measured in measurements:
        found = _USE.search(measured.file)
        by_set = sets[found[1] if found else ""]
        stem = _USE.sub("", measured.file)
        by_set.setdefault((stem, measured.language), []).append(measured)
    parts = []
    for use, by_set in sets.items():
        if by_set:
            parts.append(f"## {_HEADINGS[use]}")
        for (stem, language), files in sorted(by_set.items()):
            parts.append(f"### {stem} ({language})")
            parts += [_scores(files), _confusions(files), _kinds(files)]
    return "\n\n".join(parts) + "\n"


def _scores(files: Sequence[Measurement]) -> str:
    rows = [["file", "n", "class", "labelled", "precision", "recall", "F1"]]
    for measured in files:
        for label in LABELS:
            scores = measured.scores.by_class[label]
            rows.append(
                [
                    measured.file,
                    str(measured.n),
                    label,
                    str(scores.support),
                    _share(scores.precision),
                    _share(scores.recall),
                    _share(scores.f1),
                ]
            )
        macro, accuracy = _share(measured.scores.macro_f1), _share(measured.scores.accuracy)
        rows.append([measured.file, str(measured.n), "macro", "", "", "", macro])
        rows.append([measured.file, str(measured.n), "accuracy", "", "", accuracy, ""])
    return _table(rows)


def _confusions(files: Sequence[Measurement]) -> str:
    rows = [["file", "labelled", *(f"found {label}" for label in LABELS)]]
    for measured in files:
        for label, counts in zip(LABELS, measured.scores.confusion, strict=True):
            rows.append([measured.file, label, *(str(count) for count in counts)])
    return _table(rows)


def _kinds(files: Sequence[Measurement]) -> str:
    kinds = sorted(
        {(LABELS.index(kind.label), kind.kind) for measured in files for kind in measured.kinds}
    )
    rows = [["label", "kind", *(f"right in {measured.file}" for measured in files)]]
    for position, name in kinds:
        cells = []
        for measured in files:
            found = [k for k in measured.kinds if (k.label, k.kind) == (LABELS[position], name)]
            cells.append(f"{found[0].right} of {found[0].n}" if found else "-")
        rows.append([LABELS[position], name, *cells])
    return _table(rows)


def _share(score: ScoreWithInterval) -> str:
    if score.value is None:
        return "-"
    if score.low is None or score.high is None:
        return f"{score.value:.2f}"
    return f"{score.value:.2f} ({score.low:.2f}-{score.high:.2f})"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in body]
    return "\n".join(lines)
