"""A watch file: what is asked again and again, of whom, and when an alarm sounds.

    watch = read_watch(Path("triage.toml"))

```toml
id = "triage-assistant"
title.en = "Triage assistant"
title.ja = "トリアージ支援"
model = "openai/gpt-4.1"

[panel]
fixed = 60          # the same items on every occasion
rotating = 12       # items never asked before, on every occasion

[[protocol]]
protocol = "primum-core"
benchmark = "primum-core:patient"

[[protocol]]
protocol = "licensing-exam"
name = "knowledge"
benchmark = "primum-core:choice"
rotating = 0

[[profile]]
name = "plain"

[[profile]]
name = "deployed"
system_prompt = "You assist nurses at a triage desk."
temperature = 0.7

[alarm]
false_alarm_rate = 0.01
```

All of it but ``title``, addresses, limits and ``alarm`` is frozen at the first occasion: another
question is another watch, under another ``id``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from primum.core.errors import DataError, shorten
from primum.guidelines.toml_file import read_toml
from primum.studies.file_id import id_fault
from primum.studies.study_file import PartSettings, StudyTitles

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PanelSettings(_Table):
    """How many items an occasion asks."""

    fixed: Annotated[int, Field(ge=2)] | Literal["all"] = 60
    rotating: Count = 0
    """About so many: whole requests are drawn, with their twins and translations."""


class WatchPart(PartSettings):
    """One protocol; ``fixed`` and ``rotating`` stand for those of the panel."""

    fixed: Annotated[int, Field(ge=2)] | Literal["all"] | None = None
    rotating: Count | None = None


class CapabilitySettings(_Table):
    """Capability tasks, run by lm-evaluation-harness through ``primum capability``.

    They are asked once for each model, not for each profile: the harness writes its own prompts.
    """

    tasks: Annotated[tuple[Text, ...], Field(min_length=1)]
    few_shot: Count | None = None
    seeds: Annotated[tuple[int, ...], Field(min_length=1)] = (1234,)
    limit: Annotated[int, Field(ge=1)] | None = None
    include_path: tuple[str, ...] = ()


class WatchProfile(_Table):
    """One deployment: how the model is told to behave, how it samples, and where it is served."""

    name: Text
    model: str | None = None
    """Instead of the watch's: for example the same model in another quantisation."""
    base_url: str | None = None
    api_key_variable: str | None = None
    profile: str | None = None
    """A profile by name or file."""
    system_prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None


class AlarmSettings(_Table):
    """When an alarm sounds; not frozen."""

    false_alarm_rate: float = Field(default=0.01, gt=0, lt=0.5)
    """Chance of a false alarm per occasion at most, over all measures, profiles and panels."""
    accepted_changes: tuple[Annotated[int, Field(ge=2)], ...] = ()
    """Occasions at which a change was seen and accepted; the comparison begins anew there."""

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if list(self.accepted_changes) != sorted(set(self.accepted_changes)):
            raise ValueError("accepted_changes are numbers of occasions in ascending order")
        return self


class WatchFile(_Table):
    """A whole watch."""

    id: Text
    title: StudyTitles
    model: Text
    base_url: str | None = None
    api_key_variable: str | None = None
    timeout_seconds: float = Field(default=300.0, gt=0)
    concurrency: int | None = Field(default=None, ge=1)
    slots: int | None = Field(default=None, ge=1)
    context_tokens: int | None = Field(default=None, ge=64)
    seed: int = 0
    """Of the draws of items."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    panel: PanelSettings = PanelSettings()
    parts: Annotated[tuple[WatchPart, ...], Field(alias="protocol", min_length=1)]
    profiles: Annotated[
        tuple[WatchProfile, ...],
        Field(alias="profile", min_length=1, default=(WatchProfile(name="default"),)),
    ]
    capability: CapabilitySettings | None = None
    alarm: AlarmSettings = AlarmSettings()


def read_watch(path: Path) -> WatchFile:
    """The watch of that TOML file.

    Raises:
        DataError: it does not hold a watch; the key is named.
    """
    table = read_toml(path, "watch file")
    try:
        watch = WatchFile.model_validate(table)
    except ValidationError as error:
        raise DataError(path, _sentence(error)) from None
    fault = _first_fault(watch)
    if fault:
        raise DataError(path, fault)
    return watch


def _first_fault(watch: WatchFile) -> str:
    if fault := id_fault(watch.id, "triage-assistant"):
        return fault
    names = [profile.name for profile in watch.profiles]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        return f"two profiles are called “{shorten(twice)}”; each needs a name of its own."
    slashed = next((name for name in names if "/" in name), "")
    if slashed:
        return f"the profile “{shorten(slashed)}” has a slash in its name; write it without."
    for part in watch.parts:
        if part.limit is not None or part.sample is not None:
            return (
                f"[[protocol]] “{shorten(part.name or part.protocol)}” sets limit or sample. How "
                "many items are asked is said by fixed and rotating."
            )
    return ""


_HELP = "“primum watch --help” shows a whole file."


def _sentence(error: ValidationError) -> str:
    found = error.errors()
    # A misspelt key is both unknown and missing: the unknown one says more.
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    place, key = _where(first["loc"])
    if first["type"] == "extra_forbidden":
        return f"{place}the key “{shorten(key)}” is not known. {_HELP}"
    if first["type"] == "missing":
        return f"{place}the key “{key}” is missing. {_HELP}"
    said = first["msg"].removeprefix("Value error, ")
    if key.rpartition(".")[2] == "fixed":
        said = "a whole number from 2 on, or “all”, was expected"
    value: Any = first["input"]
    held = "" if isinstance(value, dict | list) else f" holds “{shorten(str(value))}”"
    return f"{place}the key “{key}”{held}: {said[:1].lower()}{said[1:]}."


def _where(path: Sequence[int | str]) -> tuple[str, str]:
    """Which table a fault lies in, to be put before the sentence, and the key."""
    # Where a key may hold one of several kinds of value, pydantic adds the kind to the path.
    steps = [step for step in path if isinstance(step, int) or step.isidentifier()]
    if len(steps) > 1 and isinstance(steps[1], int) and steps[0] in ("protocol", "profile"):
        return f"[[{steps[0]}]] {steps[1] + 1}: ", ".".join(map(str, steps[2:])) or str(steps[0])
    return "", ".".join(map(str, steps)) or "id"
