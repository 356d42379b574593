"""What the harness asks, and the content key under which its answer stands in the ledger.

With a chat template the harness writes the conversation through a function of the model's; ours
writes it as JSON, so that it is the same for every model and can be put to an endpoint as messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from primum.capability.surroundings import harness_version
from primum.core.digest import call_key, canonical, digest, digest_of
from primum.core.message import Message
from primum.engine.dialogue import chain_of
from primum.engine.job import subject_description
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.local import LocalModel
from primum.models.profile import Sampling

RequestKind = Literal["loglikelihood", "generate_until"]
MAX_TOKENS = 256
"""Of an answer, where a task file says nothing: the harness's own default."""
_MAX_TOKENS_NAMES = ("max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens")
MOST_STOPS = 4
"""As many stop sequences as endpoints take; the others are looked for afterwards."""
_CHAT_MARK = '{"primum_chat": '


class Conversation(NamedTuple):
    """A prompt in its chat form."""

    messages: tuple[Message, ...]
    is_open: bool
    """Whether the last message is the beginning of the answer."""


@dataclass(frozen=True, slots=True)
class HarnessRequest:
    """One request of the harness."""

    kind: RequestKind
    context: str
    continuation: str = ""
    """Whose log-likelihood is asked for."""
    settings: Mapping[str, Any] | None = None
    """How text is generated."""
    repeat: int = 0


def chat_as_json(
    history: Sequence[Mapping[str, str]], *, add_generation_prompt: bool = True
) -> str:
    """The conversation as one text; what the harness takes for a chat template's work."""
    content = {
        "primum_chat": [[each["role"], each["content"]] for each in history],
        "is_open": not add_generation_prompt,
    }
    return json.dumps(content, ensure_ascii=False)


def conversation_of(context: str) -> Conversation:
    """The conversation behind a context; one message of the user where it is plain text."""
    if not context.startswith(_CHAT_MARK):
        return Conversation((Message("user", context),), is_open=False)
    content = json.loads(context)
    messages = tuple(Message(role, text) for role, text in content["primum_chat"])
    return Conversation(messages, content["is_open"])


def request_of(instance: Any, repeat: int = 0) -> HarnessRequest:
    """What an instance of the harness asks."""
    if instance.request_type == "generate_until":
        context, settings = instance.args[:2]
        return HarnessRequest("generate_until", context, settings=settings, repeat=repeat)
    context, continuation = instance.args[:2]
    return HarnessRequest("loglikelihood", context, continuation, repeat=repeat)


def requests_of(instances: Sequence[Any]) -> list[HarnessRequest]:
    """What several instances ask; one that stands there again is another draw of the same."""
    seen: dict[int, int] = {}
    found = []
    for each in instances:
        repeat = seen.get(id(each), 0)
        seen[id(each)] = repeat + 1
        found.append(request_of(each, repeat))
    return found


class KeyMaker:
    """Makes the keys of requests to one model.

    A model in this process answers the harness's own requests; an endpoint is asked as it is
    everywhere in Primum, so that its keys are those of any other call.
    """

    def __init__(self, model: ChatModel) -> None:
        self.model = model
        self._subjects: dict[RequestKind, bytes] = {}

    def describe(self, kind: RequestKind) -> dict[str, Any]:
        """Who is asked and how, for requests that the harness's own model answers."""
        return {
            "model": dict(self.model.identity),
            "harness": f"lm-eval {harness_version()}",
            "request": kind,
        }

    def subject(self, kind: RequestKind) -> bytes:
        """The digest of that."""
        if kind not in self._subjects:
            self._subjects[kind] = digest_of(self.describe(kind))
        return self._subjects[kind]

    def key(self, request: HarnessRequest) -> bytes:
        """The content key of the request's answer."""
        if not isinstance(self.model, LocalModel):
            asked = chat_request(request)
            subject = digest_of(subject_description(self.model, asked.sampling))
            return call_key(subject, chain_of(asked), asked.repeat)
        return call_key(self.subject(request.kind), content_of(request), request.repeat)


def content_of(request: HarnessRequest) -> bytes:
    """The digest of all that is asked, whoever is asked."""
    settings = canonical(_plain(request.settings)) if request.settings is not None else b""
    return digest("harness-1", request.kind, request.context, request.continuation, settings)


def chat_request(request: HarnessRequest) -> ChatRequest:
    """The request as it is put to an endpoint."""
    conversation = conversation_of(request.context)
    return ChatRequest(conversation.messages, sampling_of(request), repeat=request.repeat)


def sampling_of(request: HarnessRequest) -> Sampling:
    """The task's settings of generation, as far as endpoints know them."""
    settings = dict(request.settings or {})
    is_greedy = not settings.get("do_sample", False)
    return Sampling(
        temperature=0.0 if is_greedy else float(settings.get("temperature", 1.0)),
        top_p=None if is_greedy else settings.get("top_p"),
        max_tokens=max_tokens_of(settings),
        stop=tuple(stops_of(request)[:MOST_STOPS]),
    )


def max_tokens_of(settings: Mapping[str, Any]) -> int:
    """Tokens of an answer at most, under the names that the harness takes."""
    named = (settings.get(name) for name in _MAX_TOKENS_NAMES)
    return int(next((value for value in named if value), MAX_TOKENS))


def stops_of(request: HarnessRequest) -> list[str]:
    """What ends an answer."""
    until = (request.settings or {}).get("until") or []
    return [until] if isinstance(until, str) else [str(each) for each in until]


def cut_at_stops(text: str, request: HarnessRequest) -> str:
    """The answer up to the first of its stop sequences."""
    places = [place for stop in stops_of(request) if stop and (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text


def _plain(settings: Mapping[str, Any] | None) -> Any:
    return json.loads(json.dumps(settings or {}, default=str))
