"""Rejected answers for preference tuning: the base is asked, through engine and ledger."""

from __future__ import annotations

import asyncio

from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.ledger.ledger import Ledger
from primum.models.local import LocalModel
from primum.tuning.pairs import Pairs, with_rejected
from primum.tuning.planning import TuningPlan
from primum.tuning.progress import TuningProgress


def find_pairs(plan: TuningPlan, ledger: Ledger, progress: TuningProgress) -> Pairs:
    """The demonstrations with a rejected answer each; answers known to the ledger are not asked.

    Raises:
        RunInterrupted: stopped from outside; what was answered is kept.
        UserError: the base cannot be asked, or no pair is left.
    """
    return asyncio.run(_find(plan, ledger, progress))


async def _find(plan: TuningPlan, ledger: Ledger, progress: TuningProgress) -> Pairs:
    demonstrations = plan.mixture.demonstrations
    progress.asked = Progress(
        planned=sum(each.kind == "harmful" and not each.rejected for each in demonstrations)
    )
    model = LocalModel(plan.base, name=plan.request.model, device=plan.request.device)
    async with JobGroup(ledger, Budget()) as group, model:
        asker = group.asker(progress.asked)
        return await with_rejected(demonstrations, model, asker, seed=plan.settings.seed)
