"""Runs a plan: what the ledger lacks is computed, the harness scores, the run is closed.

    plan = plan_capability(CapabilityRequest(model="hf:embedded", few_shot=3))
    with open_ledger(locate(None)) as ledger:
        run = run_capability(plan, ledger)

To resume is to run the same plan again; a finished run computes nothing and loads no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from primum.capability.answering import (
    Answerer,
    EndpointAnswerer,
    LocalAnswerer,
    RecordedAnswers,
    interruptible,
)
from primum.capability.document import Document
from primum.capability.planning import CapabilityPlan, PlannedTask
from primum.capability.request_key import KeyMaker
from primum.capability.scoring import (
    answer_text,
    describe_judge,
    judge_fingerprint,
    scoring_digest,
    verdict_of,
)
from primum.capability.surroundings import harness_version, quietly, seeded
from primum.core.digest import call_key, digest
from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.ledger.record import JudgementKey, Run
from primum.models.local import LocalModel


def run_capability(plan: CapabilityPlan, ledger: Ledger, progress: Progress | None = None) -> Run:
    """The finished run of the plan; no event loop may be running in this thread.

    Args:
        plan: What is measured.
        ledger: Open for writing.
        progress: ``planned`` and ``done`` count requests.

    Raises:
        BudgetReached: the budget is spent; the same plan continues the run.
        RunInterrupted: stopped from outside; the same plan continues the run.
        UserError: the model cannot be loaded or asked.
        WorkspaceError: the ledger could not be written.
    """
    progress = progress or Progress()
    progress.planned = plan.requests
    done = _finished(plan, ledger)
    if done is not None:
        progress.done = progress.planned
        return done
    request = plan.request
    budget = Budget(request.max_calls, request.max_total_tokens)
    maker = KeyMaker(plan.model)
    answerer = _answerer(plan, maker, ledger, budget, progress)
    try:
        with interruptible():
            known = plan.known(ledger)
            if known.answered < known.requests:
                answerer.prepare()
            run = ledger.begin_run(plan.spec, plan.facts, plan.items())
            fingerprint = judge_fingerprint(request.metric)
            ledger.put_judge(fingerprint, describe_judge(fingerprint))
            answers = RecordedAnswers(answerer, maker, ledger, progress)
            scorer = _Scorer(plan, ledger, answers, progress)
            for task in plan.tasks:
                for repeat in range(len(plan.seeds)):
                    scorer.score(task, repeat)
    finally:
        answerer.close()
        ledger.flush()
    ledger.set_state(run.id, "finished")
    return ledger.run(run.id)


def _answerer(
    plan: CapabilityPlan, maker: KeyMaker, ledger: Ledger, budget: Budget, progress: Progress
) -> Answerer:
    if isinstance(plan.model, LocalModel):
        return LocalAnswerer(plan.model, maker, ledger, budget, progress)
    return EndpointAnswerer(plan.model, ledger, budget, progress)


@dataclass(frozen=True, slots=True)
class _Scorer:
    """Has the harness score task by task, and records what it finds."""

    plan: CapabilityPlan
    ledger: Ledger
    answers: RecordedAnswers
    progress: Progress

    def score(self, task: PlannedTask, repeat: int) -> None:
        """One task under one seed: asked, scored by the harness, recorded."""
        from primum.capability.harness_model import LedgerModel

        model = LedgerModel(self.answers)
        samples = self._samples(task, model, self.plan.seeds[repeat])
        subject = self.ledger.put_subject(self._subject)
        scoring = scoring_digest(task.loaded)
        for document in task.documents:
            responses = model.by_document[document.position]
            item = bytes.fromhex(document.item.id)
            chain = digest("document-1", scoring, item, *map(_content, responses))
            key = call_key(subject, chain, repeat)
            self.ledger.put_call(key, subject, repeat, _whole(task, document, responses))
            self.ledger.put_turn(self.plan.run_id, item, repeat, 0, key)
            verdict = verdict_of(task.loaded, samples[document.position], responses)
            judge = judge_fingerprint(self.plan.request.metric)
            self.ledger.put_judgement(JudgementKey(item, key, judge, 0), verdict, None)
            self.progress.verdicts[verdict.outcome] += 1
        self.ledger.flush()

    def _samples(self, task: PlannedTask, model: Any, seed: int) -> dict[int, Mapping[str, Any]]:
        """Position of a document → what the harness logged of it."""
        from lm_eval.evaluator import evaluate

        harness = task.loaded.harness
        harness.set_fewshot_seed(seed=seed)
        with quietly(), seeded(seed):
            found = evaluate(
                lm=model,
                task_dict={"tasks": {task.name: harness}, "groups": {}, "group_map": {}},
                limit=self.plan.request.limit,
                bootstrap_iters=0,
                apply_chat_template=self.plan.is_chat,
                fewshot_as_multiturn=self.plan.is_chat,
            )
        samples = {
            int(sample["doc_id"]): sample
            for sample in found["samples"][task.name]
            if sample["filter"] == task.loaded.filter
        }
        if len(samples) != len(task.documents):
            raise UserError(
                f"The task “{shorten(task.name)}” scored {len(samples)} of its "
                f"{len(task.documents)} documents; its own code leaves some out, so no share can "
                "be stated."
            )
        return samples

    @property
    def _subject(self) -> dict[str, Any]:
        """Who answered a document: its requests are calls of their own, this is their sum."""
        return {
            "model": dict(self.plan.model.identity),
            "harness": f"lm-eval {harness_version()}",
            "request": "document",
        }


def _content(response: Response) -> bytes:
    return digest(response.outcome, response.text, response.error)


def _whole(task: PlannedTask, document: Document, responses: Sequence[Response]) -> Response:
    """One response that stands for all requests of a document."""
    failed = next((each for each in responses if each.outcome != "ok"), None)
    return Response(
        outcome="ok" if failed is None else failed.outcome,
        text=answer_text(task.loaded, document, responses),
        finish_reason=next((each.finish_reason for each in responses if each.finish_reason), ""),
        prompt_tokens=sum(each.prompt_tokens or 0 for each in responses),
        completion_tokens=sum(each.completion_tokens or 0 for each in responses),
        latency_seconds=sum(each.latency_seconds for each in responses),
        error="" if failed is None else failed.error,
    )


def _finished(plan: CapabilityPlan, ledger: Ledger) -> Run | None:
    """The run, if it is finished and no call of it is worth another try."""
    try:
        run = ledger.run(plan.run_id)
    except UnknownNameError:
        return None
    turns, calls = schema.turns.c, schema.calls.c
    failed = (
        select(turns.call)
        .join(schema.calls, calls.key == turns.call)
        .where(turns.run == run.id, calls.outcome == "transport_error")
        .limit(1)
    )
    with ledger.reading() as connection:
        has_failed = connection.execute(failed).first() is not None
    return run if run.state == "finished" and not has_failed else None
