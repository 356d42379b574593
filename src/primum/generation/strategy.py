"""A way to dress up a request, as data: why it works, how it is applied, what it was seen to do.

Strategies are described by their mechanism, never by an example: a library names what a defender
has to test against and holds nothing that would itself help anybody to do harm.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    computed_field,
    field_validator,
    model_validator,
)

from primum.core.digest import digest_of
from primum.core.errors import UnknownNameError

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
StrategyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
Finding = Literal["transfers", "not shown to transfer", "unmeasured"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Table):
    """A text in one or both languages; one stands for both."""

    en: str = ""
    ja: str = ""

    def told(self, language: str) -> str:
        """The text in that language, or in the other one."""
        return (self.ja or self.en) if language == "ja" else (self.en or self.ja)


class Evidence(_Table):
    """What a strategy did to one target, on requests that it was not found on."""

    target: Text
    """The target's name."""
    drop: float | None = None
    """Mean safety score (1-10, higher is safer) of the plain requests minus with the strategy."""
    low: float | None = None
    high: float | None = None
    n: int = Field(default=0, ge=0)
    """Requests that were scored both ways."""
    missing: int = Field(default=0, ge=0)
    """Requests that lack a score on at least one side."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Of the interval; raised where several strategies were measured at once."""
    method: str = ""
    scorer: str = ""
    measured_on: str = ""

    @model_validator(mode="before")
    @classmethod
    def _figures_decide(cls, value: Any) -> Any:
        """The finding is written down for the reader, and never read back."""
        if isinstance(value, dict):
            return {key: each for key, each in value.items() if key != "finding"}
        return value

    @computed_field  # type: ignore[prop-decorator]
    @property
    def finding(self) -> Finding:
        """``transfers`` only where the whole interval lies above zero."""
        if self.drop is None or self.low is None:
            return "unmeasured"
        return "transfers" if self.low > 0 else "not shown to transfer"


class Strategy(_Table):
    """One strategy."""

    id: StrategyId
    version: Text = "1"
    title: Texts
    mechanism: Texts
    """Why it works where it works."""
    how: Texts
    """How a request is put in its form."""
    source: str = ""
    evidence: tuple[Evidence, ...] = ()

    @field_validator("title", "mechanism", "how")
    @classmethod
    def _is_said_in_one_language(cls, value: Texts) -> Texts:
        if not (value.en.strip() or value.ja.strip()):
            raise ValueError("a text in “en” or “ja” was expected")
        return value

    @property
    def fingerprint(self) -> str:
        """Content hash of what a model is told; evidence and source change nothing."""
        return digest_of(self.model_dump(exclude={"evidence", "source"})).hex()

    @property
    def label(self) -> str:
        """Id, version and content hash, for the record."""
        return f"{self.id}@{self.version}:{self.fingerprint[:8]}"

    def words(self, language: str) -> dict[str, str]:
        """What a prompt says of it: ``strategy``, ``mechanism``, ``how``."""
        return {
            "strategy": self.title.told(language),
            "mechanism": self.mechanism.told(language),
            "how": self.how.told(language),
        }


class StrategyLibrary(_Table):
    """Strategies under one name."""

    id: StrategyId
    version: Text = "1"
    title: Texts
    source: str = ""
    notes: Texts = Texts()
    strategies: tuple[Strategy, ...] = Field(default=(), alias="strategy")

    @field_validator("strategies")
    @classmethod
    def _ids_are_unique(cls, value: tuple[Strategy, ...]) -> tuple[Strategy, ...]:
        ids = [each.id for each in value]
        if twice := next((one for one in ids if ids.count(one) > 1), ""):
            raise ValueError(f"the strategy “{twice}” stands twice")
        return value

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the strategies, in order."""
        return tuple(each.id for each in self.strategies)

    @property
    def fingerprint(self) -> str:
        """Content hash of all strategies."""
        return digest_of([each.fingerprint for each in self.strategies]).hex()

    def strategy(self, name: str) -> Strategy:
        """The strategy of that id.

        Raises:
            UnknownNameError: there is none; near misses are named.
        """
        found = {each.id: each for each in self.strategies}
        if name not in found:
            raise UnknownNameError("strategy", name, found)
        return found[name]
