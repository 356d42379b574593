"""How much of a job the ledger holds already: what the job would find, without beginning it."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from primum.core.digest import digest_of
from primum.engine.job import Job, subject_description
from primum.engine.job_runner import REPLAY_BATCH, batches, dialogues_of
from primum.engine.progress import Progress
from primum.engine.replay import replay
from primum.ledger.ledger import Ledger


class KnownWork(NamedTuple):
    """Calls that need not be made."""

    target_calls: int
    judge_calls: int
    """Verdicts that a model gave; of judges without a model there are none."""


async def known_work(ledger: Ledger, job: Job) -> KnownWork:
    """What the ledger holds of the job; nothing is written, so a ledger for reading will do."""
    asking = replace(job, judges=[judge for judge in job.judges if judge.model is not None])
    target = job.target
    subject = digest_of(subject_description(target.model, target.profile.sampling))
    found = Progress()
    for batch in batches(dialogues_of(job), REPLAY_BATCH):
        await replay(ledger, asking, subject, batch, found, is_recorded=False)
    return KnownWork(found.reused, found.verdicts.total())
