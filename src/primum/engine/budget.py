"""The whole-run budget: calls are counted before they are made, tokens and money as they come."""

from __future__ import annotations

import math
from dataclasses import dataclass

from primum.core.errors import BudgetReached, UserError


@dataclass(slots=True)
class Budget:
    """Limits of one invocation; None is no limit. Calls found in the ledger cost nothing."""

    max_calls: int | None = None
    max_tokens: int | None = None
    max_usd: float | None = None
    calls: int = 0
    tokens: int = 0
    usd: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a limit that is no number: nothing is ever more than it.

        Raises:
            UserError: the limit of money is “nan”.
        """
        if self.max_usd is not None and math.isnan(self.max_usd):
            raise UserError(
                "The budget of US dollars holds “nan”; a number of at least 0 was expected."
            )

    def take(self) -> None:
        """Count one call about to be made.

        Raises:
            BudgetReached: it would exceed a limit.
        """
        for spent, limit, unit in (
            (self.calls, self.max_calls, "call"),
            (self.tokens, self.max_tokens, "token"),
            (self.usd, self.max_usd, "US dollar"),
        ):
            if limit is not None and spent >= limit:
                raise BudgetReached(
                    f"The budget of {limit:g} {unit}{'s' * (limit != 1)} for this command is spent."
                    " The run is kept as it stands; the same command continues it."
                )
        self.calls += 1

    def spend(self, tokens: int, usd: float) -> None:
        """Count what a call cost."""
        self.tokens += tokens
        self.usd += usd
