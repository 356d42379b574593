"""Single requests outside any conversation of a run: for stages that make something with models.

    async with JobGroup(ledger, budget) as group:
        asker = group.asker(Progress())
        answers = await asker.ask_all([(model, request), …])

Each call goes through the ledger as every other one: never made twice in a workspace, so that a
stage that was stopped is resumed by running it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from primum.core.digest import digest_of
from primum.core.errors import PrimumError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.caller import Answer, Caller, Line, Price, Stopped
from primum.engine.dialogue import chain_of
from primum.engine.job import subject_description
from primum.engine.progress import Progress
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling

_STOPPED = (Stopped, asyncio.CancelledError)
"""What a call ends with when the command is ending."""


class Question(NamedTuple):
    """Who is asked what."""

    model: ChatModel
    request: ChatRequest


class Asker:
    """Asks models single requests, each at most once in a workspace.

    Args:
        book: what all jobs of this command know of their calls.
        budget: of the whole command.
        progress: ``planned`` and ``done`` count requests.
        prices: model name → US dollars of a response.
        is_recorded: False to look only, so that a ledger for reading will do; then the budget must
            allow no call.
    """

    def __init__(
        self,
        book: CallBook,
        budget: Budget,
        progress: Progress,
        prices: Mapping[str, Price] | None = None,
        *,
        is_recorded: bool = True,
    ) -> None:
        self._book = book
        self._is_recorded = is_recorded
        self._progress = progress
        self._prices = dict(prices or {})
        self._lines: dict[bytes, Line] = {}
        self._rooms: dict[int, asyncio.Semaphore] = {}
        self._tasks: set[asyncio.Task[Answer]] = set()
        self.caller = Caller(book, budget, progress)

    async def ask(self, model: ChatModel, request: ChatRequest) -> Answer:
        """The answer, found in the ledger or made now.

        Raises:
            Stopped: the command is ending; ``caller.stop_reason`` says why.
        """
        line = self._line(model, request.sampling)
        async with self._room(model):
            answer = await self.caller.call(line, request, chain_of(request))
        self._progress.responses[answer.response.outcome] += 1
        self._progress.conversation_done(is_new=answer.is_own)
        return answer

    async def ask_all(self, questions: Iterable[Question]) -> list[Answer]:
        """The answers in the order of the questions; models are asked side by side.

        Raises:
            PrimumError: why the command is ending; what was answered by then is in the ledger.
        """
        tasks = [asyncio.create_task(self.ask(*question)) for question in questions]
        self._tasks.update(tasks)
        watch = asyncio.create_task(self.caller.enforce_grace(self.cancel))
        try:
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            watch.cancel()
            self._tasks.difference_update(tasks)
        answers: list[Answer] = []
        for end in ended:
            if isinstance(end, BaseException) and not isinstance(end, _STOPPED):
                raise end
            if isinstance(end, Answer):
                answers.append(end)
        self.raise_if_stopped()
        return answers

    async def responses(self, questions: Iterable[Question]) -> list[Response]:
        """As ``ask_all``, the responses alone."""
        return [answer.response for answer in await self.ask_all(questions)]

    def raise_if_stopped(self) -> None:
        """Raise why the command is ending, if it is.

        Raises:
            PrimumError: the reason.
        """
        reason: PrimumError | None = self.caller.stop_reason
        if reason is not None:
            raise reason

    def cancel(self) -> None:
        """Give up the calls in flight."""
        for task in self._tasks:
            task.cancel()

    def _line(self, model: ChatModel, sampling: Sampling) -> Line:
        description = subject_description(model, sampling)
        put = self._book.ledger.put_subject if self._is_recorded else digest_of
        subject = put(description)
        line = self._lines.get(subject)
        if line is None:
            line = self._lines[subject] = Line(model, subject, self._prices.get(model.name))
        return line

    def _room(self, model: ChatModel) -> asyncio.Semaphore:
        """As many at once as the model can serve."""
        return self._rooms.setdefault(id(model), asyncio.Semaphore(model.concurrency))
