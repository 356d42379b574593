"""A language model as the harness knows one: it answers from the ledger."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lm_eval.api.model import LM

from primum.capability.answering import RecordedAnswers, text_of
from primum.capability.request_key import chat_as_json, requests_of
from primum.capability.scoring import likelihood
from primum.core.errors import UserError
from primum.core.response import Response


class LedgerModel(LM):  # type: ignore[misc]  # an extra, whose types are not read
    """Hands the harness's requests to Primum and the recorded answers back."""

    def __init__(self, answers: RecordedAnswers) -> None:
        super().__init__()
        self._answers = answers
        self.by_document: dict[int, list[Response]] = {}
        """Position of a document → the answers to its requests, in their order."""

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Log-likelihood of each continuation, and whether it is the likeliest."""
        found = [likelihood(each) for each in self._answered(requests)]
        # Whatever the harness makes of it, the document's verdict is missing.
        return [(value if not math.isnan(value) else -math.inf, greedy) for value, greedy in found]

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """The text generated for each prompt."""
        asked = requests_of(requests)
        answered = self._answered(requests)
        return [text_of(each, request) for each, request in zip(answered, asked, strict=True)]

    def loglikelihood_rolling(
        self,
        requests: Sequence[Any],  # noqa: ARG002
    ) -> list[float]:
        """None: tasks that score whole texts are refused when they are loaded.

        Raises:
            UserError: one came through.
        """
        raise UserError(
            "A task asks for the likelihood of whole texts, which Primum does not measure. Take a "
            "task of multiple choice or of generated answers."
        )

    def apply_chat_template(
        self,
        chat_history: list[dict[str, str]],
        add_generation_prompt: bool = True,  # noqa: FBT001, FBT002
    ) -> str:
        """The conversation as JSON; a model's own template is applied when it is asked."""
        return chat_as_json(chat_history, add_generation_prompt=add_generation_prompt)

    @property
    def tokenizer_name(self) -> str:
        """None of our own: prompts are built without one."""
        return "primum"

    def _answered(self, requests: Sequence[Any]) -> list[Response]:
        responses = self._answers.responses(requests_of(requests))
        for instance, response in zip(requests, responses, strict=True):
            self.by_document.setdefault(instance.doc_id, []).append(response)
        return responses
