"""From a request to a plan: which tasks, which documents, how many requests, what is known.

A plan loads no model. It reads the tasks' data and builds every prompt, so that what decides the
results is in the run's id.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from primum import __version__
from primum.capability.catalogue import find_tasks, groups
from primum.capability.document import Document, documents_of, without_copies
from primum.capability.request import CapabilityRequest
from primum.capability.request_key import (
    KeyMaker,
    chat_as_json,
    content_of,
    requests_of,
)
from primum.capability.scoring import LM_EVAL, describe_judge, judge_fingerprint, scoring_digest
from primum.capability.surroundings import harness_version, quietly, seeded
from primum.capability.task_loading import LoadedTask, load_task, reason_of
from primum.core.digest import digest, digest_of
from primum.core.errors import UserError, shorten
from primum.core.item import Item
from primum.ledger.ledger import RUN_ID_DIGITS, Ledger
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.models.local import LocalModel
from primum.models.profile import Profile, Sampling
from primum.models.registry import resolve

PROTOCOL_VERSION = "1"


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task with its documents and what each seed asks."""

    loaded: LoadedTask
    documents: tuple[Document, ...]
    documents_in_all: int
    few_shot: int
    keys: tuple[tuple[bytes, ...], ...]
    """For each seed, the key of every request."""
    fingerprint: str
    """Of prompts, right answers and scoring, over all seeds."""

    @property
    def name(self) -> str:
        """The task's name."""
        return self.loaded.name


class Known(NamedTuple):
    """How much of a plan a ledger holds."""

    requests: int
    """Of different content."""
    answered: int


@dataclass(frozen=True, slots=True)
class CapabilityPlan:
    """A run that could begin now."""

    request: CapabilityRequest
    model: ChatModel
    tasks: tuple[PlannedTask, ...]
    seeds: tuple[int, ...]
    """Without those that change nothing."""
    notes: tuple[str, ...]
    spec: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def run_id(self) -> str:
        """The id that the run has in the ledger."""
        return digest_of(self.spec).hex()[:RUN_ID_DIGITS]

    @property
    def is_local(self) -> bool:
        """Whether the model computes in this process, and so gives log-likelihoods."""
        return isinstance(self.model, LocalModel)

    @property
    def is_chat(self) -> bool:
        """Whether prompts have their chat form."""
        return self.request.chat_template or not self.is_local

    @property
    def requests(self) -> int:
        """Requests of all tasks and seeds, equal ones counted each time."""
        return sum(len(keys) for task in self.tasks for keys in task.keys)

    @property
    def documents(self) -> int:
        """Documents of all tasks."""
        return sum(len(task.documents) for task in self.tasks)

    def items(self) -> Iterator[Item]:
        """The documents as items of the run."""
        return (document.item for task in self.tasks for document in task.documents)

    def known(self, ledger: Ledger) -> Known:
        """How many of the requests the ledger has an answer to."""
        keys = {key for task in self.tasks for each in task.keys for key in each}
        found = ledger.find_calls(list(keys))
        answered = sum(answer.outcome != "transport_error" for answer in found.values())
        return Known(len(keys), answered)


def plan_capability(
    request: CapabilityRequest, *, command: str = "", download: DownloadProgress | None = None
) -> CapabilityPlan:
    """The plan of a request.

    Raises:
        UserError: a task or the model is unknown, data cannot be had, or the model gives no
            log-likelihoods where a task needs them.
    """
    files = find_tasks(request.tasks, request.include_path)
    model = resolve(
        request.model,
        base_url=request.base_url,
        api_key_variable=request.api_key_variable,
        timeout_seconds=request.timeout_seconds,
        max_concurrency=request.concurrency,
        slots=request.batch_size or request.concurrency,
        progress=download,
    )
    if not isinstance(model, LocalModel):
        _refuse_likelihoods(model.name, request, {each.name: _kind(each) for each in files})
    loaded = [load_task(each, metric=request.metric, few_shot=request.few_shot) for each in files]
    seeds = _seeds(request, loaded)
    is_chat = request.chat_template or not isinstance(model, LocalModel)
    maker = KeyMaker(model)
    tasks = tuple(_planned(task, request, seeds, maker, is_chat=is_chat) for task in loaded)
    tasks = _told_apart(tasks)
    notes = [note for task in loaded for note in task.notes]
    if len(seeds) < len(request.seeds):
        notes.append("Without examples before the questions a seed changes nothing: one repeat.")
    draft = CapabilityPlan(request, model, tasks, seeds, tuple(notes), {}, {})
    return CapabilityPlan(
        request, model, tasks, seeds, tuple(notes), _spec(draft), _facts(draft, command)
    )


def build_requests(task: LoadedTask, seed: int, *, limit: int | None, is_chat: bool) -> list[Any]:
    """The harness's requests of a task under one seed, in its order.

    Raises:
        UserError: the task's own code fails on a document.
    """
    task.harness.set_fewshot_seed(seed=seed)
    with quietly(), seeded(seed):
        try:
            task.harness.build_all_requests(
                limit=limit,
                apply_chat_template=is_chat,
                fewshot_as_multiturn=is_chat,
                chat_template=chat_as_json if is_chat else None,
            )
        except Exception as error:
            reason = reason_of(error)
            raise UserError(
                f"The prompts of the task “{shorten(task.name)}” cannot be written ({reason})."
            ) from error
    return list(task.harness.instances)


def _kind(task: Any) -> str:
    return str({**task.config, **task.overrides}.get("output_type") or "generate_until")


def _refuse_likelihoods(model: str, request: CapabilityRequest, kinds: Mapping[str, str]) -> None:
    bound = [name for name, kind in kinds.items() if kind != "generate_until"]
    if not bound:
        return
    names = ", ".join(shorten(name) for name in bound[:3]) + (" …" if len(bound) > 3 else "")
    instead = _generative_of(bound[0], request.tasks)
    raise UserError(
        f"{shorten(model)} gives no log-likelihoods, which {names} are scored by. Take the tasks "
        f"that are answered in words, here {instead}, or a model in this "
        "process (hf:…)."
    )


def _generative_of(name: str, asked: Sequence[str]) -> str:
    """What to take instead of what was asked for, which is scored by log-likelihoods."""
    instead = [f"“{each}-generative”" for each in asked if f"{each}-generative" in groups()]
    if instead:
        return " and ".join(instead)
    if name.startswith(("medqa_4options", "medmcqa", "pubmedqa", "mmlu_", "primum-")):
        joint = "-" if name.startswith("primum-") else "_"
        return f"“{name}{joint}generative”"
    return "“medical-generative” or a task file with output_type: generate_until"


def _seeds(request: CapabilityRequest, tasks: Sequence[LoadedTask]) -> tuple[int, ...]:
    """The seeds that change anything: without examples the first one alone."""
    uses_examples = any(task.harness.config.num_fewshot for task in tasks)
    draws = any(task.kind == "generate_until" and _samples(task) for task in tasks)
    return request.seeds if uses_examples or draws else request.seeds[:1]


def _samples(task: LoadedTask) -> bool:
    return bool((task.harness.config.generation_kwargs or {}).get("do_sample"))


def _planned(
    task: LoadedTask,
    request: CapabilityRequest,
    seeds: Sequence[int],
    maker: KeyMaker,
    *,
    is_chat: bool,
) -> PlannedTask:
    documents = documents_of(task, request.limit)
    state = digest("task-1", task.name, scoring_digest(task))
    keys = []
    for seed in seeds:
        asked = requests_of(build_requests(task, seed, limit=request.limit, is_chat=is_chat))
        state = digest(state, *(content_of(each) for each in asked))
        keys.append(tuple(maker.key(each) for each in asked))
    state = digest(state, *(each.item.reference for each in documents))
    return PlannedTask(
        task,
        tuple(documents),
        len(task.harness.eval_docs),
        int(task.harness.config.num_fewshot or 0),
        tuple(keys),
        state.hex(),
    )


def _told_apart(tasks: Sequence[PlannedTask]) -> tuple[PlannedTask, ...]:
    """The tasks, where a question that stands there twice has two ids."""
    documents = iter(without_copies([each for task in tasks for each in task.documents]))
    return tuple(
        PlannedTask(
            task.loaded,
            tuple(next(documents) for _ in task.documents),
            task.documents_in_all,
            task.few_shot,
            task.keys,
            task.fingerprint,
        )
        for task in tasks
    )


def _spec(plan: CapabilityPlan) -> dict[str, Any]:
    """All that decides the results; JSON-able."""
    request = plan.request
    items = list(plan.items())
    tasks = [
        {
            "name": task.name,
            "version": task.loaded.version,
            "kind": task.loaded.kind,
            "metric": task.loaded.metric,
            "filter": task.loaded.filter,
            "few_shot": task.few_shot,
            "documents": len(task.documents),
            "fingerprint": task.fingerprint,
        }
        for task in plan.tasks
    ]
    harness = f"lm-eval {harness_version()}"
    sample = None if request.limit is None else {"method": "first", "limit": request.limit}
    return {
        "protocol": {
            "id": "capability",
            "version": PROTOCOL_VERSION,
            "fingerprint": digest_of(["capability", PROTOCOL_VERSION, harness]).hex(),
        },
        "benchmark": {
            "name": " + ".join(task.name for task in plan.tasks),
            "version": _asked_how(plan, harness),
        },
        "capability": {
            "harness": harness,
            "tasks": tasks,
            "seeds": list(plan.seeds),
            "chat_template": plan.is_chat,
        },
        "items": {
            "count": len(items),
            "turns": len(items),
            "fingerprint": digest("items", *(item.id for item in items)).hex(),
            "sample": sample,
            "filters": {},
        },
        "repeats": len(plan.seeds),
        "target": {"name": plan.model.name, "identity": dict(plan.model.identity)},
        "profile": Profile(name=LM_EVAL, sampling=Sampling(max_tokens=None)).model_dump(
            mode="json"
        ),
        "judges": [describe_judge(judge_fingerprint(request.metric))],
        "summary": {},
    }


def _asked_how(plan: CapabilityPlan, harness: str) -> str:
    shots = sorted({task.few_shot for task in plan.tasks})
    examples = "-".join(str(count) for count in shots)
    form = ", chat form" if plan.is_chat else ""
    return f"{examples}-shot, seeds {' '.join(map(str, plan.seeds))}{form}, {harness}"


def _facts(plan: CapabilityPlan, command: str) -> dict[str, Any]:
    """What a report states and no result depends on."""
    languages: dict[str, int] = {}
    for item in plan.items():
        languages[item.language] = languages.get(item.language, 0) + 1
    return {
        "command": command,
        "versions": {
            "primum": __version__,
            "python": platform.python_version(),
            "lm-eval": harness_version(),
        },
        "protocol_title": {
            "en": "Knowledge, by lm-evaluation-harness",
            "ja": "知識（lm-evaluation-harness）",
        },
        "fidelity": [line.copy() for line in _FIDELITY],
        "benchmark_facts": {
            "title": " + ".join(task.name for task in plan.tasks),
            "licence": _licences(plan),
            "items_in_all": sum(task.documents_in_all for task in plan.tasks),
            "notes": list(plan.notes),
        },
        "languages": languages,
        "guidelines": {},
    }


def _licences(plan: CapabilityPlan) -> str:
    """As the task files state them under ``metadata``."""
    stated = [(task.loaded.harness.config.metadata or {}).get("licence") for task in plan.tasks]
    return ", ".join(dict.fromkeys(str(each) for each in stated if each))


_FIDELITY = (
    {
        "what": "prompts and scoring",
        "status": "as published",
        "why": "lm-evaluation-harness writes the prompts, computes and scores; the figures are its "
        "own.",
    },
    {
        "what": "intervals",
        "status": "ours",
        "why": "Wilson's, with the repeats of one question as one cluster; the harness takes the "
        "answers for independent.",
    },
    {
        "what": "failed calls",
        "status": "differs",
        "why": "An answer that an endpoint did not give is missing; the harness counts it as "
        "wrong.",
    },
)
