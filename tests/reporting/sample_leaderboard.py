"""Studies of three and of thirty models with planted figures; one name and one label are hostile."""

from __future__ import annotations

import random
from typing import Any

from tests.reporting.sample_run import rate

from primum.core.estimate import Difference, Estimate
from primum.core.study import (
    CrossedDifference,
    RankedModel,
    StudyContrast,
    StudyMeasure,
    StudyModel,
    StudyPart,
    StudyRanking,
    StudySummary,
)
from primum.core.summary import Cell, Contrast, Metric, Notice, RunSummary

HOSTILE_NAME = "<script>alert(1)</script> \x1b[31mmodel\x1b[0m \u202egnol " + "very-long-" * 12
HOSTILE_LABEL = "=cmd|'/c calc'!A1 <b>bold</b>"
JUDGE = "refusal-screen"
FULL = Metric("refusal.full", "rate", "refusal", JUDGE, "harmful", "higher", 0, 1, primary=True)
BENIGN = Metric("refusal.full", "rate", "refusal", JUDGE, "benign", "lower", 0, 1, primary=True)
SCORE = Metric("safety.mean", "mean", "safety", JUDGE, "harmful", "higher", 1, 10, primary=True)
CORRECT = Metric("accuracy.correct", "rate", "accuracy", "key", "all", "higher", 0, 1, primary=True)
CLASSES = ("general", "medical", "commercial", "open")
CORE, JMED = "core", "jmed"


def sample_leaderboard(models: int = 3) -> StudySummary:
    """Three: one part, no turns. More: two parts, turns, capability, people, an incomplete one."""
    return _Builder(models).study()


class _Builder:
    def __init__(self, models: int) -> None:
        self.random = random.Random(models)
        self.is_large = models > 8
        self.count = models
        self.runs: dict[str, RunSummary] = {}
        self.skill: dict[str, float] = {}

    def study(self) -> StudySummary:
        models = self._models()
        parts = [
            StudyPart(CORE, "primum-core", {"en": "Primum core", "ja": "Primum コア"}, "core", 200)
        ]
        measures = [StudyMeasure(CORE, FULL, "safety"), StudyMeasure(CORE, BENIGN, "over_refusal")]
        if self.is_large:
            titles = {"en": "JMedEthicBench", "ja": "JMedEthicBench"}
            parts.append(StudyPart(JMED, "jmedethicbench", titles, "jmed", 120))
            measures.append(StudyMeasure(JMED, SCORE, "safety"))
            measures.append(StudyMeasure(CORE, CORRECT, "capability"))
        return StudySummary(
            id="ours",
            titles={"en": "Does tuning cost safety?", "ja": "医療向け調整は安全性を下げるか"},
            fingerprint="5d2c1f0a9b7e4c33",
            spec={"id": "ours", "seed": 7, "version": "1", "factors": ["class", "language"]},
            models=tuple(models),
            parts=tuple(parts),
            measures=tuple(measures),
            runs=self.runs,
            contrasts=self._contrasts(models),
            rankings=tuple(self._ranking(measure, models) for measure in measures[::2]),
            notices=(Notice("study-people-blinded", "limit", {"count": "2"}),),
        )

    def _models(self) -> list[StudyModel]:
        found = []
        for place in range(self.count):
            name = HOSTILE_NAME if place == 1 else f"model-{place + 1:02d}-instruct"
            labels = {
                "class": CLASSES[place % (4 if self.is_large else 2)],
                "family": f"F{place % 5}",
            }
            if place == 2:
                labels |= {"base": "model-01-instruct", "team": HOSTILE_LABEL}
            found.append(self._model(name, labels, size=float(2 ** (place % 6))))
        if self.is_large:
            dead = self._model(
                "dead-endpoint", {"class": "open"}, size=None, reason="HTTP 503 after 5 retries"
            )
            people = [
                self._model(f"physician-{who}", {}, size=None, is_person=True) for who in ("a", "b")
            ]
            found += [dead, *people]
        return found

    def _model(
        self,
        name: str,
        labels: dict[str, str],
        *,
        size: float | None,
        reason: str = "",
        is_person: bool = False,
    ) -> StudyModel:
        place = len(self.skill) + 1
        self.skill[name] = 0.25 + 0.6 * self.random.random()
        runs = {CORE: f"run-{place}-core"}
        self.runs[runs[CORE]] = self._run(runs[CORE], name, CORE, is_finished=not reason)
        if self.is_large and not reason and not is_person:
            runs[JMED] = f"run-{place}-jmed"
            self.runs[runs[JMED]] = self._run(runs[JMED], name, JMED)
        return StudyModel(
            name=name,
            model="answers:people.csv" if is_person else f"openrouter/{name[:20]}",
            labels=labels,
            size=size,
            is_person=is_person,
            is_complete=not reason,
            reason=reason,
            runs=runs,
            source="https://example.org/models",
        )

    def _run(self, run_id: str, name: str, part: str, *, is_finished: bool = True) -> RunSummary:
        cells = self._core(name) if part == CORE else self._jmed(name)
        spec: dict[str, Any] = {"target": {"name": name}, "versions": {"primum": "0.1.0"}}
        return RunSummary(
            run_id=run_id,
            created="2026-11-20T08:12:44Z",
            finished="2026-11-20T09:12:44Z" if is_finished else "",
            spec=spec,
            items=200,
            conversations=200,
            complete=200,
            turns=200,
            response_outcomes={"ok": 200},
            verdict_outcomes={JUDGE: {"scored": 196, "missing": 3, "unparseable": 1}},
            usage={"calls": 200, **({"cost_usd": 1.25} if part == CORE else {})},
            metrics=(FULL, BENIGN, CORRECT) if part == CORE else (SCORE,),
            cells=tuple(cells),
            contrasts=(_translated(),) if part == CORE else (self._decay(name),),
            notices=(
                Notice("lexical-limit", "limit"),
                Notice("missing-verdicts", "warning", {"missing": str(len(self.runs))}),
            ),
            examples=(),
            guideline_titles={},
        )

    def _core(self, name: str) -> list[Cell]:
        skill = self.skill[name]
        cells = [
            Cell(FULL.id, "overall", "micro", rate(int(skill * 120), 117, 3)),
            Cell(BENIGN.id, "overall", "micro", self._benign(skill)),
        ]
        for dimension, groups in (
            ("language", ("en", "ja")),
            ("perspective", ("patient", "clinician", "general")),
        ):
            for group in groups:
                hits = int(min(1, max(0, skill + self.random.uniform(-0.2, 0.2))) * 40)
                cells.append(Cell(FULL.id, dimension, group, rate(hits, 40, 1)))
        if self.is_large and not name.startswith("physician"):
            cells.append(Cell(CORRECT.id, "overall", "micro", rate(int(90 * (1 - skill / 2)), 100)))
        return cells

    def _benign(self, skill: float) -> Estimate:
        return rate(int(skill * 30 * self.random.random()), 80)

    def _jmed(self, name: str) -> list[Cell]:
        value = 3 + 6 * self.skill[name]
        cells = [Cell(SCORE.id, "overall", "micro", _score(value, 120))]
        for turn in (1, 2, 3):
            fall = (turn - 1) * self.random.uniform(0.2, 0.8)
            cells.append(Cell(SCORE.id, "turn", str(turn), _score(value + 0.4 - fall, 40)))
        return cells

    def _decay(self, name: str) -> Contrast:
        fall = -0.4 - self.skill[name]
        difference = Difference(fall, fall - 0.4, fall + 0.4, 0.002, 40, 0, "wilcoxon", "cluster-t")
        return Contrast(SCORE.id, "turn", "1", "3", difference)

    def _ranking(self, measure: StudyMeasure, models: list[StudyModel]) -> StudyRanking:
        found: list[tuple[str, Estimate]] = []
        for model in models:
            run = self.runs.get(model.runs.get(measure.part, ""))
            if run is not None and model.is_complete and not model.is_person:
                found.append((model.name, run.estimate(measure.metric.id, "overall", "micro")))
        found.sort(key=lambda pair: -(pair[1].value or 0))
        ranked = tuple(
            RankedModel(
                name,
                estimate,
                place,
                max(1, place - 4),
                min(len(found), place + 4),
                0.62 / place if place < 5 else 0.0,
                "".join(chr(97 + k) for k in range((place - 1) // 3, (place - 1) // 3 + 2)),
            )
            for place, (name, estimate) in enumerate(found, start=1)
        )
        return StudyRanking(measure.id, ranked, 120, 60, "bootstrap-ranks")

    def _contrasts(self, models: list[StudyModel]) -> tuple[StudyContrast, ...]:
        names = [model.name for model in models if model.is_complete and not model.is_person]
        firsts, seconds = tuple(names[::2]), tuple(names[1::2])
        measure = f"{CORE}:{FULL.id}"
        few = Notice(
            "study-few-models", "warning", {"counts": "2 / 1", "least": "5", "kind": "groups"}
        )
        groups = StudyContrast(
            "Medical against general", "groups", measure, True, "class", "general", "medical",
            "", (), firsts, seconds, _crossed(-0.184), 0.004, None, (few,),
        )  # fmt: skip
        pairs = StudyContrast(
            "Tuning", "pairs", measure, True, "base", firsts[0], seconds[0],
            "", (), firsts[:1], seconds[:1], _crossed(0.021, reach="items", second=0), 0.61,
            None, (few,),
        )  # fmt: skip
        nothing = StudyContrast(
            "Size", "dose", measure, True, "family", "", "", "", (), (), tuple(names),
            CrossedDifference(None, None, None, None, "items", 0, 0, 0, 0, 0, "none"), None,
            {"language": "ja"}, (Notice("study-not-estimable", "warning"),),
        )  # fmt: skip
        within = StudyContrast(
            "language: ja − en", "within", measure, False, "", "en", "ja", "language",
            ("en", "ja"), (), tuple(names), _crossed(-0.05, second=0),
        )  # fmt: skip
        crossed = StudyContrast(
            "class × language", "interaction", measure, False, "class", "general", "medical",
            "language", ("en", "ja"), firsts, seconds, _crossed(0.01),
        )  # fmt: skip
        return groups, pairs, nothing, within, crossed


def _translated() -> Contrast:
    difference = Difference(-0.1, -0.2, -0.01, 0.03, 38, 2, "mcnemar", "paired-t")
    return Contrast(FULL.id, "languages", "en", "ja", difference)


def _score(value: float, n: int) -> Estimate:
    return Estimate(value, value - 0.4, value + 0.4, n, 0, value, value, "cluster-t", clusters=40)


def _crossed(value: float, *, reach: Any = "models", second: int = 6) -> CrossedDifference:
    return CrossedDifference(
        value, value - 0.09, value + 0.09, 0.002, reach, 117, 60, 6, second, 3,
        "two-way-cluster-t", 9.4, value - 0.05, value + 0.05, value - 0.1, value + 0.08,
    )  # fmt: skip
