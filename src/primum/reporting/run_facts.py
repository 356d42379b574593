"""How a run was made, read from its stored specification.

The specification belongs to ``evaluation``; nothing in it is left out here. Known keys get a name
in the reader's language and a place, unknown ones are shown under their own path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from primum.core.summary import RunSummary
from primum.reporting.catalogue import REPORT_LANGUAGES, Catalogue
from primum.reporting.numerals import count
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief, visible, visible_line

_ORDER = (
    "protocol",
    "benchmark",
    "target",
    "profile",
    "judges",
    "judge",
    "items",
    "sample",
    "sampling",
)
_SHOWN_ELSEWHERE = frozenset({"system_prompt", "titles"})
_NAME_KEYS = ("name", "id", "title", "model", "identity")


@dataclass(frozen=True, slots=True)
class Fact:
    """One stored setting."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class FactGroup:
    """The settings under one key of the specification."""

    title: str
    facts: tuple[Fact, ...]


def target_name(spec: Mapping[str, Any], catalogue: Catalogue) -> str:
    """What was evaluated."""
    return _name(spec.get("target", spec.get("model")), catalogue)


def run_title(summary: RunSummary, catalogue: Catalogue) -> str:
    """The title: of safety, or of knowledge where nothing but right answers is measured."""
    is_knowledge = {metric.scale for metric in summary.metrics} == {"accuracy"}
    key = "title_knowledge" if is_knowledge else "title"
    return catalogue.ui(key, target=target_name(summary.spec, catalogue))


def side_names(first: RunSummary, second: RunSummary, catalogue: Catalogue) -> tuple[str, str]:
    """What the two runs are called: their models, with the run's id where these are the same."""
    names = target_name(first.spec, catalogue), target_name(second.spec, catalogue)
    if names[0] != names[1]:
        return names
    return (
        f"{names[0]} ({visible_line(first.run_id)})",
        f"{names[1]} ({visible_line(second.run_id)})",
    )


def benchmark_name(spec: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The benchmark, with its view where one is stored."""
    return _name(spec.get("benchmark"), catalogue)


def protocol_name(spec: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The protocol."""
    return _name(spec.get("protocol"), catalogue)


def profile_name(spec: Mapping[str, Any], catalogue: Catalogue) -> str:
    """The deployment profile."""
    return _name(_profile(spec), catalogue)


def judge_names(spec: Mapping[str, Any], catalogue: Catalogue) -> tuple[str, ...]:
    """The judges."""
    stored = spec.get("judges", spec.get("judge", ()))
    if isinstance(stored, Mapping) and not any(key in stored for key in _NAME_KEYS):
        return tuple(visible_line(name) for name in stored)
    judges = stored if isinstance(stored, list | tuple) else [stored]
    return tuple(_name(judge, catalogue) for judge in judges)


def system_prompt(spec: Mapping[str, Any]) -> str:
    """The deployment's system prompt as text to show; empty where there is none."""
    profile = _profile(spec)
    return visible(profile.get("system_prompt") or "") if isinstance(profile, Mapping) else ""


def command(spec: Mapping[str, Any]) -> str:
    """The command that made the run; empty where none is stored."""
    stored = spec.get("command", "")
    words = stored if isinstance(stored, list | tuple) else [stored]
    return " ".join(visible_line(word) for word in words)


def primum_version(spec: Mapping[str, Any]) -> str:
    """The version of Primum that made the run; empty where none is stored."""
    versions = spec.get("versions")
    return visible_line(versions.get("primum", "")) if isinstance(versions, Mapping) else ""


def run_lines(summary: RunSummary, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """(label, value) lines that say which run this is."""
    size = catalogue.ui(
        "size_value",
        items=catalogue.counted("item", summary.items),
        conversations=catalogue.counted("conversation", summary.conversations),
        turns=catalogue.counted("answer", summary.turns),
        complete=_complete(summary, catalogue),
    )
    finished = visible_line(summary.finished) or catalogue.ui("not_finished")
    return (
        (catalogue.ui("run"), visible_line(summary.run_id)),
        (catalogue.ui("target"), target_name(summary.spec, catalogue)),
        (catalogue.ui("benchmark"), benchmark_name(summary.spec, catalogue)),
        (catalogue.ui("protocol"), protocol_name(summary.spec, catalogue)),
        (catalogue.ui("profile"), profile_name(summary.spec, catalogue)),
        (catalogue.ui("judges"), ", ".join(judge_names(summary.spec, catalogue))),
        (catalogue.ui("size"), size),
        (catalogue.ui("created"), visible_line(summary.created)),
        (catalogue.ui("finished"), finished),
    )


def which_run(summary: RunSummary, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """The lines that tell a run from others, where many stand together."""
    labels = {catalogue.ui(key) for key in ("run", "target", "created")}
    return tuple(line for line in run_lines(summary, catalogue) if line[0] in labels)


def _complete(summary: RunSummary, catalogue: Catalogue) -> str:
    """How many conversations are complete, and why a finished run has others."""
    complete = count(summary.complete)
    if not summary.finished or summary.complete == summary.conversations:
        return complete
    unanswered = summary.response_outcomes.get("no_answer")
    key = "size_no_recorded" if unanswered else "size_ended_early"
    reason = catalogue.ui("size_stopped_by_gate" if summary.spec.get("gate") else key)
    return f"{complete}{'、' if catalogue.language == 'ja' else '; '}{reason}"


def fact_groups(spec: Mapping[str, Any], catalogue: Catalogue) -> tuple[FactGroup, ...]:
    """Every stored setting that has a value, but what is shown on its own.

    On their own stand the system prompt, the command, the protocol's fidelity, and the titles of
    guidelines.
    """
    spec = _gathered(spec)
    keys = [key for key in _ORDER if key in spec]
    keys += [key for key in spec if key not in {*keys, "command", "fidelity"}]
    groups: list[FactGroup] = []
    loose: list[Fact] = []
    for key in keys:
        value = spec[key]
        if isinstance(value, Mapping | list | tuple) and value:
            groups.append(FactGroup(catalogue.label("spec", key), _facts(value, catalogue)))
        elif not _is_empty(value):
            loose.append(Fact(catalogue.label("spec", key), _text(value, catalogue)))
    if loose:
        groups.append(FactGroup(catalogue.ui("run"), tuple(loose)))
    return tuple(group for group in groups if group.facts)


def fidelity(spec: Mapping[str, Any], catalogue: Catalogue) -> Table:
    """In which respects the protocol is as published, ours, or differs.

    Nothing is said of the protocol's items where the run asked those of another benchmark.
    """
    stored = spec.get("fidelity")
    lines = stored if isinstance(stored, list | tuple) else ()
    is_own = _asks_own_items(spec)
    rows = tuple(
        Row(
            (
                visible_line(line.get("what", "")),
                catalogue.label("fidelity", str(line.get("status", ""))),
                visible_line(line.get("why", "")),
            )
        )
        for line in lines
        if isinstance(line, Mapping) and (is_own or line.get("what") != "items")
    )
    columns = tuple(
        Column(catalogue.ui(key), numeric=False) for key in ("respect", "status", "reason")
    )
    return Table(catalogue.ui("fidelity"), columns, rows)


def _asks_own_items(spec: Mapping[str, Any]) -> bool:
    """Whether the benchmark is the protocol's; views of one benchmark are."""
    expected, asked = spec.get("protocol_benchmark"), spec.get("benchmark")
    name = asked.get("name") if isinstance(asked, Mapping) else asked
    if not expected or not name:
        return True
    return str(expected).partition(":")[0] == str(name).partition(":")[0]


def flat(spec: Mapping[str, Any]) -> dict[str, str]:
    """Every leaf of the specification under its dotted path."""
    return {".".join(path): visible_line(value) for path, value in _leaves(spec, ())}


def _gathered(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The specification with what is said of one thing in one place."""
    gathered = dict(spec)
    for key, more, name in (
        ("benchmark", "benchmark_facts", ""),
        ("protocol", "protocol_title", "title"),
        ("protocol", "protocol_benchmark", "benchmark"),
    ):
        value, added = gathered.get(key), gathered.get(more)
        if not isinstance(value, Mapping) or not added:
            continue
        if name:
            gathered[key] = {**value, name: added}
        elif isinstance(added, Mapping):
            gathered[key] = {**value, **added}
        else:
            continue
        del gathered[more]
    if isinstance(gathered.get("languages"), Mapping):
        gathered["languages"] = dict(sorted(gathered["languages"].items()))
    return gathered


def _facts(value: object, catalogue: Catalogue) -> tuple[Fact, ...]:
    return tuple(
        Fact(
            " · ".join(_step(step, catalogue) for step in path) or catalogue.ui("value"),
            catalogue.label("setting_value", f"{path[-1]}.{leaf}", _text(leaf, catalogue))
            if path
            else _text(leaf, catalogue),
        )
        for path, leaf in _leaves(value, ())
        if _SHOWN_ELSEWHERE.isdisjoint(path) and not _is_empty(leaf)
    )


def _leaves(value: object, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], object]]:
    if isinstance(value, Mapping) and value and not _is_one_value(value):
        pairs = [(str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list | tuple) and any(isinstance(v, Mapping | list) for v in value):
        pairs = [(str(place), inner) for place, inner in enumerate(value, start=1)]
    else:
        return [(path, value)]
    return [leaf for key, inner in pairs for leaf in _leaves(inner, (*path, key))]


def _is_one_value(value: Mapping[Any, Any]) -> bool:
    """Whether a mapping is read as one value: a text in several languages, or a scale."""
    texts = set(value) <= set(REPORT_LANGUAGES) and all(isinstance(t, str) for t in value.values())
    return texts or {"name", "low", "high"} <= set(value)


def _is_empty(value: object) -> bool:
    return value is None or value == "" or value in ((), [], {})


def _step(step: str, catalogue: Catalogue) -> str:
    return brief(catalogue.label("spec", step), 80)


def _text(value: object, catalogue: Catalogue) -> str:
    if isinstance(value, bool):
        return catalogue.ui("yes" if value else "no")
    if isinstance(value, Mapping) and {"name", "low", "high"} <= set(value):
        return visible_line(f"{value['name']} {value['low']}–{value['high']}")
    if isinstance(value, Mapping):
        return visible_line(value.get(catalogue.language) or next(iter(value.values())))
    if isinstance(value, list | tuple):
        return ", ".join(visible_line(part) for part in value)
    return f"{value:.6g}" if isinstance(value, float) else visible_line(value)


def _profile(spec: Mapping[str, Any]) -> Any:
    profile = spec.get("profile")
    target = spec.get("target")
    if profile is None and isinstance(target, Mapping):
        return target.get("profile")
    return profile


def _name(value: object, catalogue: Catalogue) -> str:
    if isinstance(value, Mapping):
        found = next((value[key] for key in _NAME_KEYS if value.get(key)), None)
        view = value.get("view")
        name = _name(found, catalogue)
        return f"{name}/{visible_line(view)}" if view and found else name
    return brief(value, 100) if value else catalogue.ui("absent")
