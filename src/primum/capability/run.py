"""Runs a plan: what the ledger lacks is computed, the harness scores, the run is closed.

    plan = plan_capability(CapabilityRequest(model="hf:embedded", few_shot=3))
    with open_ledger(locate(None)) as ledger:
        run = run_capability(plan, ledger)

To resume is to run the same plan again; a finished run computes nothing and loads no model.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    budget = Budget(request.max_calls, request.max_total_tokens, request.max_cost_usd)
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
            for task in plan.tasks:
                for repeat, seed in enumerate(plan.seeds):
                    _evaluate(plan, task, repeat, seed, answers, ledger, progress)
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


def _evaluate(
    plan: CapabilityPlan,
    task: PlannedTask,
    repeat: int,
    seed: int,
    answers: RecordedAnswers,
    ledger: Ledger,
    progress: Progress,
) -> None:
    """One task under one seed: asked, scored by the harness, recorded."""
    from lm_eval.evaluator import evaluate

    from primum.capability.harness_model import LedgerModel

    model = LedgerModel(answers)
    task.loaded.harness.set_fewshot_seed(seed=seed)
    with quietly(), seeded(seed):
        found = evaluate(
            lm=model,
            task_dict={"tasks": {task.name: task.loaded.harness}, "groups": {}, "group_map": {}},
            limit=plan.request.limit,
            bootstrap_iters=0,
            apply_chat_template=plan.is_chat,
            fewshot_as_multiturn=plan.is_chat,
        )
    samples = {
        sample["doc_id"]: sample
        for sample in found["samples"][task.name]
        if sample["filter"] == task.loaded.filter
    }
    if len(samples) != len(task.documents):
        raise UserError(
            f"The task “{shorten(task.name)}” scored {len(samples)} of its {len(task.documents)} "
            "documents; its own code leaves some out, so no share can be stated."
        )
    scoring = scoring_digest(task.loaded)
    subject = ledger.put_subject(_subject(plan))
    for document in task.documents:
        responses = model.by_document[document.position]
        key = _record_answer(task, document, responses, (scoring, subject), repeat, ledger)
        item = bytes.fromhex(document.item.id)
        verdict = verdict_of(task.loaded, samples[document.position], responses)
        ledger.put_turn(plan.run_id, item, repeat, 0, key)
        fingerprint = judge_fingerprint(plan.request.metric)
        ledger.put_judgement(JudgementKey(item, key, fingerprint, 0), verdict, None)
        progress.verdicts[verdict.outcome] += 1
    ledger.flush()


def _subject(plan: CapabilityPlan) -> dict[str, Any]:
    """Who answered a document: its requests are calls of their own, this is their sum."""
    return {
        "model": dict(plan.model.identity),
        "harness": f"lm-eval {harness_version()}",
        "request": "document",
    }


def _record_answer(
    task: PlannedTask,
    document: Document,
    responses: Sequence[Response],
    digests: tuple[bytes, bytes],
    repeat: int,
    ledger: Ledger,
) -> bytes:
    """The key of the call that stands for all requests of a document."""
    scoring, subject = digests
    parts = [digest(each.outcome, each.text, each.error) for each in responses]
    chain = digest("document-1", scoring, document.item.id, *parts)
    key = call_key(subject, chain, repeat)
    failed = next((each for each in responses if each.outcome != "ok"), None)
    text = answer_text(task.loaded, document, responses)
    whole = Response(
        outcome="ok" if failed is None else failed.outcome,
        text=text,
        finish_reason=next((each.finish_reason for each in responses if each.finish_reason), ""),
        prompt_tokens=_sum(each.prompt_tokens for each in responses),
        completion_tokens=_sum(each.completion_tokens for each in responses),
        latency_seconds=sum(each.latency_seconds for each in responses),
        error="" if failed is None else failed.error,
    )
    ledger.put_call(key, subject, repeat, whole)
    return key


def _sum(counts: Any) -> int:
    return sum(count or 0 for count in counts)


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
