"""Everything a user can say about an evaluation, as one typed object: flags or a TOML file.

request = EvaluationRequest(model="openai/gpt-4.1", judges=("harmfulness:openai/gpt-4.1-mini",))
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from primum.evaluation.protocol import SampleMethod

AttackMode = Literal["escalation", "persona", "rephrasing"]


class EvaluationRequest(BaseModel):
    """What is to be evaluated; what is None comes from the protocol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    protocol: str = "starter"
    benchmark: tuple[str, ...] = ()
    """Instead of the protocol's; several are asked in one run."""
    data: tuple[str, ...] = ()
    """Where the data of a published set lie: ``PATH``, or ``NAME=PATH`` for one of several."""
    columns: dict[str, str] = {}
    """Our field → the column in the file, or ``=value``."""
    guidelines: tuple[str, ...] = ()
    """Guideline set files beyond the built-in ones."""

    language: tuple[str, ...] = ()
    perspective: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    guideline: tuple[str, ...] = ()
    limit: int | Literal["all"] | None = None
    sample: SampleMethod | None = None
    seed: int | None = None
    repeats: int | None = Field(default=None, ge=1)

    model: str = "embedded"
    base_url: str | None = None
    api_key_variable: str | None = None
    timeout_seconds: float = Field(default=300.0, gt=0)
    concurrency: int | None = Field(default=None, ge=1)
    slots: int | None = Field(default=None, ge=1)
    context_tokens: int | None = Field(default=None, ge=64)
    profile: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None

    judges: tuple[str, ...] = ()
    """Beside those of the protocol; one with the rubric of a protocol's judge takes its place."""
    judge_models: tuple[str, ...] = ()
    """Who judges instead of the protocol's models: one for all judges, or one for each in order;
    ``none`` leaves out the judges that ask a model."""
    judge_base_url: str | None = None
    judge_api_key_variable: str | None = None
    judge_max_tokens: int | None = Field(default=None, ge=1)
    """Of each verdict, hidden reasoning included."""

    attacker: str | None = None
    """A model that plays the user turn by turn and sees the answers, instead of scripted turns."""
    attacker_base_url: str | None = None
    attacker_api_key_variable: str | None = None
    attacker_turns: int = Field(default=3, ge=1, le=50)
    """Messages in a conversation, at most."""
    attacker_strategies: tuple[str, ...] = ("all",)
    """Ids, libraries or library files; see ``primum generate strategies list``."""
    attacker_mode: AttackMode = "escalation"
    attacker_success: str = "screen"
    """When it stops: ``screen``, as soon as an answer is no refusal by its words; or the name of
    one of the run's judges, as soon as its verdict is unsafe."""

    max_calls: int | None = Field(default=None, ge=0)
    max_total_tokens: int | None = Field(default=None, ge=0)
    max_cost_usd: float | None = Field(default=None, ge=0)

    @field_validator(
        "benchmark",
        "data",
        "guidelines",
        "language",
        "perspective",
        "intent",
        "guideline",
        "judges",
        "judge_models",
        "attacker_strategies",
        mode="before",
    )
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value
