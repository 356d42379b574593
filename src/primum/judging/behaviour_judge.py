"""A language model as judge of behaviours: met, not met or not applicable, with a quotation.

    judge = build_judge("behaviours:openai/gpt-4.1")
    judge = build_judge("behaviours:ward-behaviours.toml:openai/gpt-4.1", guideline_sets=[ours])

It is asked about the behaviours of the guidelines that the item names. ``behaviour_parser`` says
what is believed of its answers, ``fence`` how the response is kept from answering for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from primum.core.conversation import Exchange
from primum.core.digest import digest_of
from primum.core.judgement import Verdict
from primum.core.response import Response
from primum.core.scale import BEHAVIOUR, Scale
from primum.guidelines.behaviour import Behaviour, BehaviourSet
from primum.guidelines.behaviour_catalogue import list_behaviour_sets, load_behaviours
from primum.judging.behaviour_parser import (
    BEHAVIOUR_PARSER_VERSION,
    AskedBehaviours,
    parse_behaviours,
)
from primum.judging.behaviour_prompt import (
    BEHAVIOUR_PROMPT_VERSION,
    BEHAVIOUR_SCHEMA,
    load_behaviour_prompt,
)
from primum.judging.fence import FENCE_VERSION, check_code
from primum.judging.judge import JudgeScope
from primum.judging.llm_judge import no_text_to_judge, refuse_equal_votes, verdict_of
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling

BEHAVIOUR_JUDGE_NAME = "behaviours"
BEHAVIOUR_SAMPLING = Sampling(temperature=0.0, max_tokens=4096)


class BehaviourJudge:
    """Asks a model which behaviours of an item's guidelines a response shows.

    Args:
        name: unique in a run.
        model: whom it asks.
        behaviour_sets: the behaviours that it may ask about; of two sets for the same guidelines
            the later one counts. None for all that ship.
        sampling: how the model answers.
        votes: verdicts per response.
        scope: the items it is asked about; None for plain requests.

    Raises:
        UserError: several votes at temperature 0, where they would be one vote paid for each time.
    """

    def __init__(
        self,
        name: str,
        model: ChatModel,
        behaviour_sets: Iterable[BehaviourSet] | None = None,
        *,
        sampling: Sampling = BEHAVIOUR_SAMPLING,
        votes: int = 1,
        scope: JudgeScope | None = None,
    ) -> None:
        refuse_equal_votes(name, votes, sampling)
        self.name = name
        self.model = model
        self.votes = votes
        self.scope = scope or JudgeScope()
        self.sampling = sampling
        sets = shipped_behaviours() if behaviour_sets is None else behaviour_sets
        self._sets = {one.guideline_set: one for one in sets}
        self._prompt = load_behaviour_prompt()

    @property
    def scale(self) -> Scale:
        """The share of applicable behaviours that are got right."""
        return BEHAVIOUR

    @cached_property
    def fingerprint(self) -> bytes:
        """Hash of all that decides a verdict; the number of votes and the name do not."""
        return digest_of(
            {
                "kind": "behaviour-judge",
                "versions": [BEHAVIOUR_PROMPT_VERSION, FENCE_VERSION, BEHAVIOUR_PARSER_VERSION],
                "prompt": self._prompt.fingerprint.hex(),
                "behaviours": {name: one.fingerprint for name, one in self._sets.items()},
                "model": dict(self.model.identity),
                "schema": self.model.supports_schema,
                "sampling": self.sampling.model_dump(mode="json"),
            }
        )

    @property
    def behaviour_sets(self) -> tuple[BehaviourSet, ...]:
        """The sets that it may ask about."""
        return tuple(self._sets.values())

    def behaviours_of(self, guidelines: Iterable[str]) -> tuple[Behaviour, ...]:
        """The behaviours of the guidelines with these full ids, in their order, each once."""
        found: dict[str, Behaviour] = {}
        for full_id in guidelines:
            held = self._sets.get(full_id.partition("/")[0])
            for each in held.of(full_id) if held else ():
                found.setdefault(each.id, each)
        return tuple(found.values())

    def ask(self, exchange: Exchange, vote: int) -> ChatRequest | None:
        """The call that asks about the behaviours, or None where there is nothing to ask."""
        behaviours = self.behaviours_of(exchange.item.guidelines)
        if not behaviours or not exchange.response.is_judgeable:
            return None
        return ChatRequest(
            messages=self._prompt.messages(exchange, behaviours),
            sampling=self.sampling,
            repeat=vote,
            schema=BEHAVIOUR_SCHEMA if self.model.supports_schema else None,
            turn=exchange.turn,
        )

    def read(self, exchange: Exchange, response: Response | None) -> Verdict:
        """The verdict that the model's answer states, or a typed reason why it states none."""
        if not exchange.response.is_judgeable:
            return no_text_to_judge(exchange.response)
        behaviours = self.behaviours_of(exchange.item.guidelines)
        if not behaviours:
            named = ", ".join(exchange.item.guidelines) or "none named"
            reason = f"no behaviours are written for the item's guidelines ({named})"
            return Verdict("missing", reason=reason)
        asked = AskedBehaviours(exchange.response.text, behaviours, check_code(exchange))
        return verdict_of(exchange, response, lambda answer: parse_behaviours(answer, asked))


def shipped_behaviours() -> tuple[BehaviourSet, ...]:
    """All behaviours that ship."""
    return tuple(load_behaviours(name) for name in list_behaviour_sets())
