"""What a judge model is shown about one exchange.

It sees the policy as a whole, the real history of the conversation (earlier requests and the
target's own answers) and, last, the response that it grades. It does not see the deployment's
system prompt: a verdict is about what a reader receives, it must compare between deployments, and
a system prompt may itself hold instructions to whoever reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from primum.core.conversation import Exchange
from primum.core.errors import UnknownNameError
from primum.core.message import Message
from primum.guidelines.guideline_set import GuidelineSet
from primum.judging.fence import check_code, fenced, fenced_history
from primum.judging.rubric import CHECK_KEY, SCORE_KEY, Rubric

PROMPT_VERSION = "1"


class JudgePrompt:
    """Builds the messages for one rubric; equal exchanges give equal messages."""

    def __init__(self, rubric: Rubric, guideline_sets: Iterable[GuidelineSet]) -> None:
        self._rubric = rubric
        self._sets = {one.id: one for one in guideline_sets}
        self._levels = "\n".join(f"{level.value:g}: {level.text}" for level in rubric.levels)
        self._policies: dict[tuple[str, ...], str] = {}

    def messages(self, exchange: Exchange) -> tuple[Message, ...]:
        """The messages that ask for a verdict on the exchange's response.

        Raises:
            UnknownNameError: the item names a guideline whose set was not given.
        """
        code = check_code(exchange)
        shown = [message for message in exchange.history[:-1] if message.role != "system"]
        values = {
            "policy": self._policy(exchange.item.guidelines),
            "guideline": self._guideline(exchange.item.guidelines),
            "context": fenced_history(shown, code) if shown else "(none: this is the first turn)",
            "request": fenced("REQUEST", exchange.request, code),
            "response": fenced("RESPONSE", exchange.response.text, code),
            "levels": self._levels,
            "form": _form(self._rubric, code),
        }
        user = Message("user", self._rubric.fill(values))
        if not self._rubric.system:
            return (user,)
        return (Message("system", self._rubric.system), user)

    def _policy(self, guidelines: tuple[str, ...]) -> str:
        section = self._rubric.policy
        if section.source == "none":
            return ""
        if section.source == "text" or not guidelines:
            return section.text
        names = tuple(dict.fromkeys(full_id.partition("/")[0] for full_id in guidelines))
        if names not in self._policies:
            self._policies[names] = "\n\n".join(self._set_text(name) for name in names)
        return self._policies[names]

    def _set_text(self, name: str) -> str:
        language = self._rubric.language
        return "\n".join(
            f"{number}. {guideline.title(language)}: {guideline.text(language)}"
            for number, guideline in enumerate(self._set(name).guidelines, start=1)
        )

    def _guideline(self, guidelines: tuple[str, ...]) -> str:
        if not self._rubric.policy.name_guideline or not guidelines:
            return ""
        main = self._set(guidelines[0].partition("/")[0]).guideline(guidelines[0])
        return main.title(self._rubric.language)

    def _set(self, name: str) -> GuidelineSet:
        if name not in self._sets:
            raise UnknownNameError(
                "guideline set", name, self._sets, "Give the judge every set that its items name."
            )
        return self._sets[name]


def _form(rubric: Rubric, code: str) -> str:
    """The verdict's form in one line; it is no JSON itself, so that an echo of it is no verdict."""
    properties: Mapping[str, Mapping[str, Any]] = rubric.verdict_schema["properties"]
    parts = []
    for key, schema in properties.items():
        if key == CHECK_KEY:
            shown = json.dumps(code)
        elif key == SCORE_KEY:
            kind = "whole number" if rubric.scale.whole else "number"
            shown = f"<{kind} from {rubric.scale.low:g} to {rubric.scale.high:g}>"
        elif schema.get("type") == "string":
            shown = '"<text>"'
        else:
            shown = f"<{schema.get('type', 'value')}>"
        parts.append(f"{json.dumps(key)}: {shown}")
    return "{" + ", ".join(parts) + "}"
