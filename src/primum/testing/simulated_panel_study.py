"""A ``SimulatedPanel`` as a study that ``primum study`` runs: files, and the models that answer.

study = write_panel_study(panel, folder)
register_panel_models(panel)
# primum study FOLDER/panel.toml
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from primum.models.chat_model import ChatRequest
from primum.models.registry import ModelSpec, register
from primum.models.scripted import ScriptedModel
from primum.testing.judge import verdict_text
from primum.testing.simulated_panel import (
    DECLINED,
    HIGHEST,
    LANGUAGES,
    LOWEST,
    MODELS,
    NAMES,
    NO_VERDICT,
    OFF_SCALE,
    SimulatedPanel,
    panel_world,
)
from primum.testing.simulated_panel_truth import (
    CLASS,
    CONTRASTS,
    DOSE,
    LANGUAGE,
    LANGUAGE_BY_CLASS,
    PEOPLE,
    TUNING,
    VIEW,
    VIEW_BY_CLASS,
)

_ASKED = re.compile(r"\[r(\d+)-(ja|en)-(\d)\]")
_STATED = re.compile(r"^\| Answer (\d+)-(\d+)-(ja|en)-(\d), level (-?\d+\.\d+)$", re.MULTILINE)
JUDGES = ("judge-a", "judge-b")


class Place(NamedTuple):
    """One answer of the panel."""

    member: int
    number: int
    language: int
    turn: int
    """From 0."""


@dataclass(frozen=True, slots=True)
class PanelStudy:
    """Where the files lie."""

    study: Path
    items: Path
    answers: Path
    protocol: Path


def answer_text(panel: SimulatedPanel, place: Place) -> str:
    """What the member says there; it does not say who speaks, but for a number."""
    member, number, language, turn = place
    level = panel_world(panel).levels[place]
    return f"Answer {member}-{number}-{LANGUAGES[language]}-{turn + 1}, level {level:.4f}"


def answer(panel: SimulatedPanel, member: int, request: ChatRequest) -> str:
    """What the member of that number says to the request."""
    number, language, turn = _ASKED.findall(request.messages[-1].content)[-1]
    place = Place(member, int(number), LANGUAGES.index(language), int(turn) - 1)
    return answer_text(panel, place)


def judge(panel: SimulatedPanel, which: int, request: ChatRequest) -> str:
    """What a judge's model says: its reading of the stated level, or a planted failure."""
    stated = _STATED.findall(request.messages[-1].content)[-1]
    member, number, language, turn = stated[:4]
    place = (which, int(member), int(number), LANGUAGES.index(language), int(turn) - 1)
    world = panel_world(panel)
    failure = world.failures[place]
    if failure == DECLINED:
        return "I'm sorry, but I can't help with that."
    if failure == NO_VERDICT:
        return "The response is mostly fine, I would say an eight."
    if failure == OFF_SCALE:
        return verdict_text(request, HIGHEST + 1)
    reading = float(stated[4]) + panel.judge_bias[which] + float(world.noise[place])
    return verdict_text(request, min(max(round(reading), LOWEST), HIGHEST))


def register_panel_models(panel: SimulatedPanel, kind: str = "panel") -> None:
    """Make ``panel:NAME`` known for every model, and ``panel:judge-a`` and ``panel:judge-b``.

    Raises:
        ValueError: the kind is registered already.
    """
    answerers = {name: partial(answer, panel, index) for index, name in enumerate(NAMES)}
    answerers |= {name: partial(judge, panel, index) for index, name in enumerate(JUDGES)}

    @register(kind, form=f"{kind}:NAME", summary="a panel of models whose truth is known")
    def simulated(spec: ModelSpec) -> ScriptedModel:
        return ScriptedModel(
            answerers[spec.argument], name=spec.text, identity_note=f"{spec.argument} of {panel}"
        )


def write_panel_study(panel: SimulatedPanel, folder: Path, kind: str = "panel") -> PanelStudy:
    """The study as files in the folder."""
    files = PanelStudy(
        folder / "panel.toml",
        folder / "panel-items.jsonl",
        folder / "panel-people.csv",
        folder / "panel-protocol.toml",
    )
    files.items.write_text("".join(_item_lines(panel)), "utf-8")
    files.protocol.write_text(_PROTOCOL.format(kind=kind), "utf-8")
    if panel.people:
        _write_answers(panel, files.answers)
    files.study.write_text("\n".join(_study_lines(panel, files, kind)), "utf-8")
    return files


def _item_lines(panel: SimulatedPanel) -> Iterator[str]:
    for item in panel.items():
        row = {
            "turns": list(item.turns),
            "language": item.language,
            "perspective": item.perspective,
            "intent": item.intent,
            "guidelines": list(item.guidelines),
            "source": item.source,
            "name": item.name,
            "translation_pair": item.translation_pair,
        }
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _write_answers(panel: SimulatedPanel, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item", "turn", "answer", "respondent"])
        for person in range(panel.people):
            member = len(MODELS) + person
            for number in filter(panel.answered_by_people, range(panel.requests)):
                for index, language in enumerate(LANGUAGES):
                    for turn in range(panel.turns):
                        text = answer_text(panel, Place(member, number, index, turn))
                        name = f"r{number:04d}-{language}"
                        writer.writerow([name, turn + 1, text, panel.members[member]])


def _study_lines(panel: SimulatedPanel, files: PanelStudy, kind: str) -> Iterator[str]:
    yield 'id = "simulated-panel"'
    yield 'title.en = "A simulated panel"'
    yield 'title.ja = "模擬パネル"'
    yield f"seed = {panel.seed}"
    yield 'factors = ["class", "language", "perspective"]'
    yield "[[protocol]]"
    yield f"protocol = {_quoted(files.protocol)}"
    yield 'name = "panel"'
    yield f"benchmark = [{_quoted(files.items)}]"
    yield "judge_models = [" + ", ".join(f'"{kind}:{name}"' for name in JUDGES) + "]"
    for model in MODELS:
        yield "[[model]]"
        yield f'name = "{model.name}"'
        yield f'model = "{kind}:{model.name}"'
        yield f'class = "{model.class_}"'
        yield f'family = "{model.family}"'
        yield f"size = {model.size}"
        if model.base:
            yield f'base = "{model.base}"'
    if panel.people:
        yield "[[model]]"
        yield 'name = "people"'
        yield f"model = {_quoted(f'answers:{files.answers}')}"
        yield 'respondents = "all"'
        yield 'class = "people"'
    for name in CONTRASTS:
        if name != PEOPLE or panel.people:
            yield f'[[contrast]]\nname = "{name}"\nmeasure = "safety.mean"\n{_DECLARED[name]}'
    yield ""


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


_MODELS_ONLY = 'models = { class = ["general", "medical"] }'
_CLASSES = 'factor = "class"\nfirst = "general"\nsecond = "medical"'
_LANGUAGES = 'across = "language"\nlevels = ["ja", "en"]'
_VIEWS = 'across = "perspective"\nlevels = ["patient", "clinician"]'
_DECLARED = {
    CLASS: f'kind = "groups"\n{_CLASSES}',
    TUNING: 'kind = "pairs"',
    LANGUAGE: f'kind = "within"\n{_LANGUAGES}\n{_MODELS_ONLY}',
    LANGUAGE_BY_CLASS: f'kind = "interaction"\n{_CLASSES}\n{_LANGUAGES}',
    VIEW: f'kind = "within"\n{_VIEWS}\n{_MODELS_ONLY}',
    VIEW_BY_CLASS: f'kind = "interaction"\n{_CLASSES}\n{_VIEWS}',
    DOSE: 'kind = "dose"',
    PEOPLE: 'kind = "groups"\nfactor = "class"\nfirst = "general"\nsecond = "people"',
}
_PROTOCOL = """id = "simulated-panel"
version = "1"
title.en = "Simulated panel"
title.ja = "模擬パネル"
description.en = "Requests without content, judged on 1-10 by two judges with known noise."
description.ja = "内容のない依頼を、誤差の分かっている二つの評価者が 1~10 で採点します。"
benchmarks = ["starter"]
profile = "default"

[[judge]]
name = "safety"
model = "{kind}:judge-a"
votes = 1
temperature = 0.0
max_tokens = 1024

[[judge]]
name = "safety"
model = "{kind}:judge-b"
votes = 1
temperature = 0.0
max_tokens = 1024

[summary]
judges_mean = "all"
mean_over = "conversations"
counted_turns = "all"
held_turns = "all"
"""
