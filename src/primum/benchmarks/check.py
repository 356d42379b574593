"""Whether a benchmark is sound: pairs, languages, turns, guidelines, near duplicates, counts.

It reads any benchmark and changes none; a loader has refused malformed files before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.twins import near_twins
from primum.core.digest import fold
from primum.core.errors import shorten
from primum.core.item import Item

Level = Literal["error", "warning", "info"]

NEAR_DUPLICATE_THRESHOLD = 0.7
MOST_COMPARED = 5_000
"""Beyond this many items near duplicates are left to ``primum benchmarks twins``: minutes."""
_LEAST_JAPANESE_SHARE = 0.3
_MOST_JAPANESE_SHARE = 0.5
_WITH_HAN = ("ja", "zh")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    level: Level
    code: str
    text: str
    item: str = ""
    """Name of the item, or its id where it has none; empty where it concerns the whole set."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All findings, and how many items there are of each kind."""

    name: str
    count: int
    findings: tuple[Finding, ...]
    counts: Mapping[str, Mapping[str, int]]
    """Dimension → value → number of items."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is an error."""
        return not any(finding.level == "error" for finding in self.findings)


def check(
    benchmark: Benchmark, *, near_duplicate_threshold: float = NEAR_DUPLICATE_THRESHOLD
) -> CheckReport:
    """What stands out in the benchmark, errors first.

    Raises:
        DataError: a file does not hold what it should.
    """
    findings: list[Finding] = []
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    compared: list[Item] = []
    paired: list[Item] = []
    known = {full_id for each in benchmark.guideline_sets for full_id in each.ids}
    names: Counter[str] = Counter()
    for item in benchmark.items():
        findings += _turn_findings(item)
        findings += _language_findings(item)
        findings += _guideline_findings(item, known)
        names[item.name] += 1
        for dimension, value in _dimensions(item):
            counts[dimension][value] += 1
        if item.twin_pair or item.translation_pair:
            paired.append(item)
        if len(compared) <= MOST_COMPARED:
            compared.append(item)
    findings += _name_findings(names)
    findings += _shape_findings(benchmark, counts["guideline"])
    findings += _twin_pair_findings(paired)
    findings += _translation_findings(paired)
    findings += _near_duplicate_findings(compared, near_duplicate_threshold)
    order = ("error", "warning", "info")
    return CheckReport(
        name=benchmark.name,
        count=sum(names.values()),
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.level))),
        counts={dimension: dict(values) for dimension, values in counts.items()},
    )


def japanese_share(text: str) -> float:
    """Share of Japanese script (kana and Chinese characters) among the letters of the text."""
    letters = [character for character in text if character.isalpha()]
    return sum(_is_kana(c) or _is_han(c) for c in letters) / len(letters) if letters else 0.0


def _is_kana(character: str) -> bool:
    return "\u3040" <= character <= "\u30ff" or "\uff66" <= character <= "\uff9d"


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _label(item: Item) -> str:
    return shorten(item.name) if item.name else item.id


def _dimensions(item: Item) -> Iterator[tuple[str, str]]:
    """What the item counts under; an item counts once under each of its guidelines."""
    yield "language", item.language
    yield "perspective", item.perspective
    yield "intent", item.intent
    yield "source", item.source
    yield "turns", str(len(item.turns))
    for guideline in item.guidelines or ("none",):
        yield "guideline", guideline
    for dimension in ("split", "strategy", "licence"):
        if value := getattr(item, dimension):
            yield dimension, value


def _turn_findings(item: Item) -> Iterator[Finding]:
    folded = [fold(turn) for turn in item.turns]
    for number, text in enumerate(folded, start=1):
        if not text:
            yield Finding("error", "turn_empty", f"turn {number} holds no words", _label(item))
        elif text in folded[: number - 1]:
            earlier = folded.index(text) + 1
            problem = f"turn {number} repeats turn {earlier}"
            yield Finding("warning", "turn_repeated", problem, _label(item))
    if not folded:
        yield Finding("error", "turn_empty", "the item has no turns", _label(item))


def _language_findings(item: Item) -> Iterator[Finding]:
    text = "".join(item.turns)
    share = japanese_share(text)
    base = item.language.split("-")[0]
    if base == "ja" and (share < _LEAST_JAPANESE_SHARE or not any(map(_is_kana, text))):
        problem = f"marked “ja”, but {share:.0%} of its letters are Japanese and "
        problem += "kana are among them" if any(map(_is_kana, text)) else "none is kana"
        yield Finding("warning", "language_doubtful", problem, _label(item))
    elif base not in _WITH_HAN and share > _MOST_JAPANESE_SHARE:
        problem = f"marked “{shorten(item.language)}”, but {share:.0%} of its letters are Japanese"
        yield Finding("warning", "language_doubtful", problem, _label(item))


def _guideline_findings(item: Item, known: set[str]) -> Iterator[Finding]:
    if not item.guidelines:
        problem = "names no guideline, so no judge can cite one and no result counts under one"
        yield Finding("warning", "guideline_missing", problem, _label(item))
    for full_id in item.guidelines:
        if full_id not in known:
            problem = f"names the unknown guideline “{shorten(full_id)}”"
            yield Finding("error", "guideline_unknown", problem, _label(item))


def _name_findings(names: Counter[str]) -> Iterator[Finding]:
    for name, count in names.items():
        if name and count > 1:
            problem = f"{count} items have this name"
            yield Finding("warning", "name_repeated", problem, shorten(name))


def _shape_findings(benchmark: Benchmark, used: Mapping[str, int]) -> Iterator[Finding]:
    for guideline_set in benchmark.guideline_sets:
        count = sum(used.get(full_id, 0) for full_id in guideline_set.ids)
        if guideline_set.status == "shape" and count:
            problem = (
                f"{count} items name placeholders of “{guideline_set.id}”, which is a shape only"
            )
            yield Finding("warning", "guideline_placeholder", problem)


def _grouped(items: Iterable[Item], key: Callable[[Item], str]) -> Iterator[tuple[str, list[Item]]]:
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        if name := key(item):
            groups[name].append(item)
    yield from groups.items()


def _twin_pair_findings(paired: Sequence[Item]) -> Iterator[Finding]:
    for name, members in _grouped(paired, lambda item: item.twin_pair):
        intents = Counter(item.intent for item in members)
        where = f"the twin pair “{shorten(name)}”"
        first = _label(members[0])
        if (intents["harmful"], intents["benign"]) != (1, 1):
            problem = (
                f"{where} has {intents['harmful']} harmful and {intents['benign']} benign items; "
                "one of each was expected"
            )
            yield Finding("error", "twin_pair_incomplete", problem, first)
        yield from _differences(where, members, ("language", "perspective"))


def _translation_findings(paired: Sequence[Item]) -> Iterator[Finding]:
    """Pairs that lack a language which other pairs have, or that hold one twice."""
    pairs = list(_grouped(paired, lambda item: item.translation_pair))
    expected = {item.language for _, members in pairs for item in members}
    for name, members in pairs:
        languages = Counter(item.language for item in members)
        where = f"the translation pair “{shorten(name)}”"
        first = _label(members[0])
        lacking = ", ".join(sorted(expected - set(languages)))
        if lacking:
            yield Finding("error", "translation_incomplete", f"{where} lacks {lacking}", first)
        elif len(expected) == 1:
            problem = f"{where} has one language only"
            yield Finding("error", "translation_incomplete", problem, first)
        doubled = ", ".join(sorted(each for each, count in languages.items() if count > 1))
        if doubled:
            problem = f"{where} has more than one item in {doubled}"
            yield Finding("error", "translation_doubled", problem, first)
        yield from _differences(where, members, ("intent", "perspective", "guidelines"))
        if len({len(item.turns) for item in members}) > 1:
            problem = f"{where} differs in its number of turns"
            yield Finding("warning", "pair_differs", problem, first)


def _differences(where: str, members: Sequence[Item], fields: Sequence[str]) -> Iterator[Finding]:
    for field in fields:
        if len({getattr(item, field) for item in members}) > 1:
            problem = f"{where} differs in its {field}"
            yield Finding("warning", "pair_differs", problem, _label(members[0]))


def _near_duplicate_findings(items: Sequence[Item], threshold: float) -> Iterator[Finding]:
    if len(items) > MOST_COMPARED:
        problem = (
            f"near duplicates were not looked for, as there are more than {MOST_COMPARED} items; "
            "`primum benchmarks twins` does it and takes minutes"
        )
        yield Finding("info", "near_duplicates_skipped", problem)
        return
    for a, b, jaccard in near_twins(items, None, threshold):
        if not a.twin_pair or a.twin_pair != b.twin_pair:
            problem = f"shares {jaccard:.0%} of its tokens with {_label(b)}"
            yield Finding("warning", "near_duplicate", problem, _label(a))
