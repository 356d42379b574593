"""One job in progress: holds the planned conversations, judges every turn as soon as it exists.

Depth first: a worker takes one conversation to its end before it begins another, and later turns go
before first ones wherever an endpoint is busy, so that prefix caches hit. There are as many workers
as all endpoints together can serve, so that verdicts and answers overlap; memory holds the workers'
conversations and one batch of waiting ones, however long the run.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator

from primum.core.errors import PrimumError
from primum.core.judgement import Verdict
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.caller import Caller, Line, Stopped
from primum.engine.dialogue import AnsweredTurn, Dialogue, VerdictTask, begin_chain, chain_of
from primum.engine.job import Job, subject_description
from primum.engine.live_side import LiveSide
from primum.engine.progress import Progress
from primum.engine.replay import judgement_key, note, replay, verdict_tasks
from primum.judging.judge import Judge
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling

REPLAY_BATCH = 256


class JobRunner:
    """One job in progress."""

    def __init__(self, job: Job, book: CallBook, budget: Budget, progress: Progress) -> None:
        self.job = job
        self.ledger = ledger = book.ledger
        self.progress = progress
        self.caller = Caller(book, budget, progress)
        self.lines: dict[bytes, Line] = {}
        self.judge_lines: dict[str, Line] = {}
        self.target = self._line(job.target.model, job.target.profile.sampling)
        self.queue: asyncio.Queue[Dialogue | None] = asyncio.Queue(maxsize=REPLAY_BATCH)
        self.tasks: list[asyncio.Task[None]] = []
        self.live: LiveSide | None = None
        if job.live is not None:
            self.live = LiveSide(job.live, self.caller, self._line, ledger, job.run_id)
        for judge in job.judges:
            description = job.judge_descriptions.get(judge.name, {"name": judge.name})
            ledger.put_judge(judge.fingerprint, description)

    def _line(self, model: ChatModel, sampling: Sampling) -> Line:
        subject = self.ledger.put_subject(subject_description(model, sampling))
        line = self.lines.get(subject)
        if line is None:
            line = self.lines[subject] = Line(model, subject, self.job.prices.get(model.name))
        return line

    @property
    def worker_count(self) -> int:
        """As many as all endpoints together can serve."""
        models = [self.job.target.model, *(j.model for j in self.job.judges if j.model)]
        if self.job.live is not None:
            models.append(self.job.live.user.model)
        by_identity = {str(sorted(m.identity.items(), key=str)): m for m in models}
        return sum(model.concurrency for model in by_identity.values())

    async def run(self) -> None:
        """All conversations; ends with the first reason to stop, if there is one."""
        self.progress.planned = self.job.conversations
        workers = [asyncio.create_task(self._work()) for _ in range(self.worker_count)]
        self.tasks = [asyncio.create_task(self._produce(len(workers))), *workers]
        watch = asyncio.create_task(self.caller.enforce_grace(self.cancel))
        try:
            results = await asyncio.gather(*self.tasks, return_exceptions=True)
        finally:
            watch.cancel()
        self._raise_unexpected(results)
        self.ledger.flush()
        if self.caller.stop_reason is not None:
            raise self.caller.stop_reason

    def _raise_unexpected(self, results: list[BaseException | None]) -> None:
        for result in results:
            if isinstance(result, BaseException) and not isinstance(
                result, Stopped | asyncio.CancelledError
            ):
                raise result

    def cancel(self) -> None:
        """Give up the calls in flight."""
        for task in self.tasks:
            task.cancel()

    async def _produce(self, workers: int) -> None:
        try:
            for batch in batches(dialogues_of(self.job), REPLAY_BATCH):
                if self.caller.stop_reason is not None or self.job.stopping.is_decided:
                    break
                # What a live user says is known only by asking for it, call after call.
                if self.live is None:
                    await replay(self.ledger, self.job, self.target.subject, batch, self.progress)
                for dialogue in batch:
                    if dialogue.is_over and not dialogue.to_judge:
                        self.job.stopping.conversation_done(dialogue.item, dialogue.repeat)
                        self.progress.conversation_done(is_new=False)
                    else:
                        await self.queue.put(dialogue)
        except PrimumError as error:
            self.caller.stop(error)
        except BaseException:
            self.cancel()
            raise
        for _ in range(workers):
            await self.queue.put(None)

    async def _work(self) -> None:
        while (dialogue := await self.queue.get()) is not None:
            if self.caller.stop_reason is not None or self.job.stopping.is_decided:
                continue
            if not self.job.stopping.wants(dialogue.item, dialogue.repeat):
                continue
            try:
                await self._hold(dialogue)
            except Stopped:
                continue
            except PrimumError as error:
                self.caller.stop(error)
            except BaseException:
                self.cancel()
                raise

    async def _hold(self, dialogue: Dialogue) -> None:
        asking: list[asyncio.Task[None]] = []
        self._judge(dialogue.to_judge, asking)
        try:
            async for turn in self._answers(dialogue):
                self._judge(verdict_tasks(self.job, turn), asking)
        finally:
            # Verdicts in flight are paid for: they are awaited even if the run is ending.
            failures = await asyncio.gather(*asking, return_exceptions=True)
        for failure in failures:
            if isinstance(failure, BaseException):
                raise failure
        self.job.stopping.conversation_done(dialogue.item, dialogue.repeat)
        self.progress.conversation_done(is_new=True)

    async def _answers(self, dialogue: Dialogue) -> AsyncIterator[AnsweredTurn]:
        job = self.job
        while not dialogue.is_over:
            turn = dialogue.turn
            text = await self._spoken(dialogue)
            if text is None:
                return
            dialogue.ask(text)
            request = ChatRequest(
                tuple(dialogue.history),
                job.target.profile.sampling,
                dialogue.repeat,
                item=dialogue.item,
                turn=turn,
                priority=-turn,
            )
            call, response, is_own = await self.caller.call(
                self.target, request, dialogue.chain, is_new=dialogue.is_new
            )
            dialogue.is_new = is_own
            self.ledger.put_turn(job.run_id, dialogue.item_key, dialogue.repeat, turn, call)
            self.progress.responses[response.outcome] += 1
            job.stopping.answered(dialogue.item, dialogue.repeat, turn, response.outcome)
            answered = dialogue.answer(call, response)
            yield answered
            if self.live is not None and await self.live.has_succeeded(answered):
                return

    async def _spoken(self, dialogue: Dialogue) -> str | None:
        """The next user message, or None to end the conversation."""
        if self.live is not None:
            return await self.live.speak(dialogue)
        return await self.job.user.speak(dialogue.item, dialogue.turn, tuple(dialogue.history))

    def _judge(self, tasks: Iterable[VerdictTask], asking: list[asyncio.Task[None]]) -> None:
        """Give each verdict now if no model is needed, else begin to ask for it."""
        for task in tasks:
            judge, exchange = self.job.judges[task.judge], task.turn.exchange
            if not exchange.response.is_judgeable:
                reason = f"no text to judge: {exchange.response.outcome}"
                self._record(task, Verdict("missing", reason=reason), None)
            elif (request := judge.ask(exchange, task.vote)) is None:
                self._record(task, judge.read(exchange, None), None)
            else:
                asking.append(asyncio.create_task(self._ask_judge(task, request)))

    async def _ask_judge(self, task: VerdictTask, request: ChatRequest) -> None:
        judge = self.job.judges[task.judge]
        answer = await self.caller.call(
            self._judge_line(judge, request.sampling), request, chain_of(request)
        )
        self._record(task, judge.read(task.turn.exchange, answer.response), answer.key)

    def _judge_line(self, judge: Judge, sampling: Sampling) -> Line:
        line = self.judge_lines.get(judge.name)
        if line is None:
            assert judge.model is not None, "only a judge with a model asks"  # noqa: S101
            line = self.judge_lines[judge.name] = self._line(judge.model, sampling)
        return line

    def _record(self, task: VerdictTask, verdict: Verdict, call: bytes | None) -> None:
        self.ledger.put_judgement(judgement_key(self.job, task), verdict, call)
        note(self.job, self.progress, task, verdict)


def dialogues_of(job: Job) -> Iterator[Dialogue]:
    """Every planned conversation before its first turn."""
    prompt = job.target.profile.system_prompt
    by_item = getattr(job.target.model, "answers_by_item", False)
    shared = begin_chain(prompt)
    for item in job.items():
        opening = begin_chain(prompt, item.id) if by_item else shared
        for repeat in range(job.repeats):
            yield Dialogue.begin(item, repeat, prompt, opening)


def batches(dialogues: Iterator[Dialogue], size: int) -> Iterator[list[Dialogue]]:
    """The conversations in lists of that size, the last one shorter."""
    while batch := list(itertools.islice(dialogues, size)):
        yield batch
