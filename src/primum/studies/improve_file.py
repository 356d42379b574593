"""An improvement file: how a model may be made safer, how that is measured, what may not suffer.

    improvement = read_improvement("ours.toml")

```toml
id = "refusals-or-a-mix"
title.en = "Refusals alone, or mixed with help?"
title.ja = "拒否だけか、役立つ答えも混ぜるか"
model = "hf:embedded"
seeds = [1, 2, 3]

[[evaluate]]
name = "core"
protocol = "primum-core"
limit = 150

[capability]
tasks = ["primum-medical-small"]

[[candidate]]
name = "mix"
harmful = ["general"]
benign = ["benign"]
benign_share = [0, 0.5]
size = [50, 100, 200]

[margins]
over_refusal_rise = 0.05

[gate]
policy = "gate.toml"
```

Every combination of a candidate's lists is one point of the grid; every point and seed is one
adapter. Baseline and adapters are put to the same items by the same judges.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from primum.capability.request import CapabilityRequest
from primum.core.improve import ObjectiveName
from primum.evaluation.request import EvaluationRequest
from primum.studies.study_file import StudyTitles
from primum.tuning.settings import Method, TuningSettings

Text = Annotated[str, Field(min_length=1)]
# Strict: “1e-3” in quotation marks would be read as a number, and true as 1.
Count = Annotated[int, Field(ge=1, strict=True)]
Share = Annotated[float, Field(ge=0, lt=1, strict=True)]
Seed = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]

CAPABILITY = "capability"
"""The name of the capability run among the parts."""
SETTING_AXES = ("updates", "epochs", "learning_rate", "rank", "beta")
AXES = ("benign_share", "size", *SETTING_AXES)
"""Keys of a candidate that may hold a list: one point of the grid for each value."""
SAID_ONCE = frozenset({"model", "base_url", "api_key_variable"})
"""Who is asked is the file's own business: base and adapters, on this machine."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EvaluateSettings(EvaluationRequest):
    """One protocol, put to the baseline and every adapter; the keys are those of ``evaluate``."""

    name: str = ""
    """How the file calls it; empty: the protocol's id."""

    @model_validator(mode="after")
    def _names_no_model(self) -> Self:
        _refuse_said_once(self.model_fields_set)
        return self


class CapabilitySettings(CapabilityRequest):
    """Capability tasks; the keys are those of ``primum capability``."""

    @model_validator(mode="after")
    def _names_no_model(self) -> Self:
        _refuse_said_once(self.model_fields_set)
        return self


class CandidateSettings(_Table):
    """One way to tune; its lists are the axes of its grid."""

    name: Text
    preset: str | None = None
    """Of ``primum tune presets``; None: the one of the method."""
    method: Method | None = None
    harmful: Annotated[tuple[Text, ...], Field(min_length=1)]
    """Sources of harmful requests with safe answers."""
    benign: tuple[Text, ...] = ()
    """Sources of harmless requests with helpful answers; not used where the share is 0."""
    language: tuple[str, ...] = ()
    benign_share: tuple[Share, ...] = ()
    size: tuple[Count, ...] = ()
    updates: tuple[Count, ...] = ()
    epochs: tuple[Positive, ...] = ()
    learning_rate: tuple[Positive, ...] = ()
    rank: tuple[Count, ...] = ()
    beta: tuple[Positive, ...] = ()
    settings: dict[str, Any] = {}
    """Further settings of ``primum tune``, the same at every point."""

    @field_validator("harmful", "benign", "language", *AXES, mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return value if isinstance(value, list | tuple) else (value,)

    @field_validator(*AXES)
    @classmethod
    def _values_differ(cls, value: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        if len(set(value)) < len(value):
            raise ValueError(f"a value stands twice in {info.field_name}")
        return value

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.benign and not self.benign_share:
            raise ValueError("benign sources are named, but no benign_share; state one, as 0.3")
        if any(self.benign_share) and not self.benign:
            raise ValueError("a benign_share is stated, but no benign source is named; name one")
        if self.updates and self.epochs:
            raise ValueError("updates and epochs exclude each other; state one of them")
        for key in self.settings:
            if key in AXES or key in ("method", "seed"):
                raise ValueError(f"{key} stands in settings; it belongs beside it, or to the file")
            if key not in TuningSettings.model_fields:
                known = ", ".join(sorted(set(TuningSettings.model_fields) - {*AXES, "seed"}))
                raise ValueError(f"the setting {key} is not known; known: {known}")
        return self


class ObjectiveSettings(_Table):
    """Which figure stands for an objective; all empty: found by what it says about a model."""

    evaluate: str = ""
    """Name of the ``[[evaluate]]`` table, or ``capability``."""
    metric: str = ""
    """``refusal.full``, ``refusal.full|harmful``, or a whole ``Metric.id``."""
    group: str = ""
    """``dimension:group``, for example ``perspective:patient``; empty: all items."""

    @field_validator("group")
    @classmethod
    def _names_a_dimension(cls, value: str) -> str:
        dimension, colon, group = value.partition(":")
        if value and not (dimension and colon and group):
            raise ValueError("dimension:group is expected, for example perspective:patient")
        return value


class Objectives(_Table):
    """The axes of the picture."""

    safety: ObjectiveSettings = ObjectiveSettings()
    over_refusal: ObjectiveSettings = ObjectiveSettings()
    capability: ObjectiveSettings = ObjectiveSettings()

    @field_validator("safety", "over_refusal", "capability", mode="before")
    @classmethod
    def _text_is_a_metric(cls, value: Any) -> Any:
        return {"metric": value} if isinstance(value, str) else value

    def of(self, name: ObjectiveName) -> ObjectiveSettings:
        """The objective of that name."""
        found: ObjectiveSettings = getattr(self, name)
        return found


class Margins(_Table):
    """What is too small to matter, in units of each metric; None: a twentieth of its scale."""

    safety_gain: Positive | None = None
    """A further gain in safety below this is none."""
    over_refusal_rise: Positive | None = None
    capability_drop: Positive | None = None

    def of(self, name: ObjectiveName) -> float | None:
        """The margin of that objective."""
        return {
            "safety": self.safety_gain,
            "over_refusal": self.over_refusal_rise,
            "capability": self.capability_drop,
        }[name]


TransferKind = Literal[
    "medical-general",
    "general-medical",
    "gpt4-llama2",
    "llama2-gpt4",
    "en-ja",
    "ja-en",
    "single-turn-multi-turn",
    "multi-turn-single-turn",
]
_SIDES: Mapping[str, Mapping[str, str]] = {
    "medical": {"evaluate": "medical"},
    "general": {"evaluate": "general"},
    "gpt4": {"group": "source:gpt4"},
    "llama2": {"group": "source:llama2"},
    "en": {"group": "language:en"},
    "ja": {"group": "language:ja"},
    "single-turn": {"evaluate": "single-turn"},
    "multi-turn": {"evaluate": "multi-turn"},
}
"""Side of a kind of transfer → what it is measured on, where the file says nothing else."""


class TransferSettings(_Table):
    """How far a gain on one set of requests reaches on another."""

    name: Text
    """Default: the kind."""
    candidate: Text
    """Name of a candidate (all its points), or of one point."""
    kind: TransferKind | None = None
    """Fills what ``own`` and ``other`` leave open: halves of MedSafetyBench and languages are
    groups; the others are ``[[evaluate]]`` tables of these names."""
    own: ObjectiveSettings = ObjectiveSettings()
    """Requests like those that it was tuned on."""
    other: ObjectiveSettings = ObjectiveSettings()

    @model_validator(mode="before")
    @classmethod
    def _filled_by_kind(cls, value: Any) -> Any:
        kind = str(value.get("kind")) if isinstance(value, dict) else ""
        if kind not in get_args(TransferKind):
            return value
        first = next(side for side in _SIDES if kind.startswith(f"{side}-"))
        sides = {"own": _SIDES[first], "other": _SIDES[kind.removeprefix(f"{first}-")]}
        filled = {name: {**side, **value.get(name, {})} for name, side in sides.items()}
        return {"name": kind, **value, **filled}

    @model_validator(mode="after")
    def _has_two_sides(self) -> Self:
        if self.own == self.other:
            raise ValueError("own and other are the same; say what differs, or name a kind")
        return self


class GateSettings(_Table):
    """What every adapter must keep."""

    policy: Text
    """A policy file, from the folder of this file."""


class ImproveFile(_Table):
    """A whole improvement."""

    id: Text
    title: StudyTitles
    model: Text = "hf:embedded"
    """The base: ``hf:embedded``, ``hf:FOLDER``, ``hf:OWNER/NAME[@REVISION]``, ``hf:FILE.gguf``."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (1,)
    """Of the mix and of the training; each is one adapter at every point of the grid."""
    data: tuple[str, ...] = ()
    """Where published sets lie: ``PATH``, or ``NAME=PATH`` for one of several."""
    held_out: tuple[str, ...] | None = None
    """Benchmarks that may not be trained on, beside those that are evaluated."""
    device: str | None = None
    checkpoint_every: int = Field(default=10, ge=1)
    confidence: float = Field(default=0.95, gt=0, lt=1)
    resamples: int = Field(default=2000, ge=200)
    """Of the bootstrap behind the chance to be among the best."""
    parts: Annotated[tuple[EvaluateSettings, ...], Field(alias="evaluate", min_length=1)]
    capability: CapabilitySettings | None = None
    candidates: Annotated[tuple[CandidateSettings, ...], Field(alias="candidate", min_length=1)]
    objectives: Objectives = Objectives()
    margins: Margins = Margins()
    transfers: Annotated[tuple[TransferSettings, ...], Field(alias="transfer", default=())]
    gate: GateSettings | None = None

    @field_validator("seeds", "data", "held_out", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str | int) else value

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each seed may be named once")
        return value


def _refuse_said_once(given: Collection[str]) -> None:
    found = sorted(SAID_ONCE & set(given))
    if found:
        raise ValueError(
            f"{found[0]} is said once, at the top of the file, for the baseline and all adapters"
        )
