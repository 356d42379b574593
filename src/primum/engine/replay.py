"""What the ledger already knows of a batch of conversations: two queries a turn, no call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from primum.core.digest import call_key
from primum.core.judgement import Verdict
from primum.engine.dialogue import AnsweredTurn, Dialogue, VerdictTask
from primum.engine.job import Job
from primum.engine.progress import Progress
from primum.ledger.ledger import Ledger
from primum.ledger.record import JudgementKey


async def replay(
    ledger: Ledger,
    job: Job,
    subject: bytes,
    dialogues: Sequence[Dialogue],
    progress: Progress,
    *,
    is_recorded: bool = True,
) -> None:
    """Take every conversation as far as the ledger goes, and note which verdicts it lacks.

    A turn whose call failed in transport is asked again; a verdict whose call failed, too. With
    ``is_recorded`` the turns that are found are stored as the run's own.
    """
    answered: list[tuple[Dialogue, AnsweredTurn]] = []
    going = list(dialogues)
    while going:
        asked: list[tuple[Dialogue, bytes, bytes]] = []
        for dialogue in going:
            text = await job.user.speak(dialogue.item, dialogue.turn, tuple(dialogue.history))
            if text is None:
                dialogue.is_over = True
                continue
            before = dialogue.chain
            dialogue.ask(text)
            asked.append((dialogue, before, call_key(subject, dialogue.chain, dialogue.repeat)))
        found = ledger.find_calls([key for _, _, key in asked])
        going = []
        for dialogue, before, key in asked:
            response = found.get(key)
            if response is None or response.outcome == "transport_error":
                dialogue.unask(before)
                dialogue.is_new = response is None
                continue
            if is_recorded:
                ledger.put_turn(job.run_id, dialogue.item_key, dialogue.repeat, dialogue.turn, key)
            progress.reused += 1
            progress.responses[response.outcome] += 1
            job.stopping.answered(dialogue.item, dialogue.repeat, dialogue.turn, response.outcome)
            answered.append((dialogue, dialogue.answer(key, response)))
            if not dialogue.is_over:
                going.append(dialogue)
    _find_verdicts(ledger, job, answered, progress)


def _find_verdicts(
    ledger: Ledger,
    job: Job,
    answered: Sequence[tuple[Dialogue, AnsweredTurn]],
    progress: Progress,
) -> None:
    pairs = [(turn.item_key, turn.call) for _, turn in answered]
    known = ledger.find_judgements(pairs, [judge.fingerprint for judge in job.judges])
    for dialogue, turn in answered:
        for task in verdict_tasks(job, turn):
            verdict = known.get(judgement_key(job, task))
            if verdict is None or verdict.outcome == "missing":
                dialogue.to_judge.append(task)
            else:
                note(job, progress, task, verdict)


def verdict_tasks(job: Job, turn: AnsweredTurn) -> Iterator[VerdictTask]:
    """Every verdict that a turn needs."""
    item = turn.exchange.item
    for index, judge in enumerate(job.judges):
        if not judge.scope.covers(item):
            continue
        for vote in range(judge.votes):
            yield VerdictTask(turn, index, vote)


def judgement_key(job: Job, task: VerdictTask) -> JudgementKey:
    """Where the verdict stands in the ledger."""
    judge = job.judges[task.judge].fingerprint
    return JudgementKey(task.turn.item_key, task.turn.call, judge, task.vote)


def note(job: Job, progress: Progress, task: VerdictTask, verdict: Verdict) -> None:
    """Count one verdict and show it to the stopping rule."""
    progress.verdicts[verdict.outcome] += 1
    turn = task.turn
    judge = job.judges[task.judge].name
    job.stopping.observe(turn.exchange.item, turn.repeat, turn.exchange.turn, judge, verdict)
