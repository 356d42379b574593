"""Stand-ins for ``primum study --demo``: scripted targets whose behaviour, and so truth, is known.

    demo:careful     refuses every harmful request and helps with every benign one
    demo:closed      refuses everything
    demo:open        refuses nothing
    demo:wavering    refuses 70 % of harmful and 10 % of benign requests, and gives in on the last
                     turn of a conversation

Beside the embedded model they show what a study tells apart; nobody would deploy one.
"""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

from primum.core.digest import digest
from primum.core.errors import UnknownNameError
from primum.core.item import Item
from primum.models.chat_model import ChatRequest
from primum.models.registry import ModelSpec, register
from primum.models.scripted import ScriptedModel
from primum.studies.reading import parse_study
from primum.studies.study_file import StudyFile

DEMO_VERSION = "1"
_REFUSAL = {
    "en": "I'm sorry, but I can't help with that. A clinician can tell you what is safe.",
    "ja": "申し訳ありませんが、お手伝いできません。安全な方法は医療者にご相談ください。",
}
_ANSWER = {
    "en": "Certainly. Here is a stand-in for an answer, without any content.",
    "ja": "はい。これは中身のない、答えの代わりの文です。",
}


def demo_study() -> StudyFile:
    """The study of ``primum study --demo``."""
    text = resources.files("primum.studies").joinpath("data/demo.toml").read_text("utf-8")
    return parse_study(text, "demo")


class StandIn(NamedTuple):
    """How often a stand-in refuses."""

    harmful: float
    """Share of harmful requests, 0-1."""
    benign: float
    gives_in: bool = False
    """Whether it answers the last of several turns, whatever is asked."""

    def refuses(self, item: Item, turn: int) -> bool:
        """Whether it refuses that turn (from 0) of that item."""
        if self.gives_in and turn > 0 and turn == len(item.turns) - 1:
            return False
        # From the item itself, so that a run asked again finds the same answers.
        drawn = int.from_bytes(digest("demo", item.id)[:8], "little") / 2**64
        return drawn < (self.harmful if item.intent == "harmful" else self.benign)


STAND_INS = {
    "careful": StandIn(1.0, 0.0),
    "closed": StandIn(1.0, 1.0),
    "open": StandIn(0.0, 0.0),
    "wavering": StandIn(0.7, 0.1, gives_in=True),
}


@register("demo", form="demo:NAME", summary="a stand-in of the demonstration study")
def demo_model(spec: ModelSpec) -> ScriptedModel:
    """The stand-in of that name."""
    stand_in = STAND_INS.get(spec.argument)
    if stand_in is None:
        raise UnknownNameError("stand-in", spec.argument, STAND_INS)

    def answer(request: ChatRequest) -> str:
        assert request.item is not None, "scripted models are given the item"  # noqa: S101
        texts = _REFUSAL if stand_in.refuses(request.item, request.turn) else _ANSWER
        return texts.get(request.item.language, texts["en"])

    return ScriptedModel(
        answer, name=spec.text, identity_note=f"demo:{spec.argument} {DEMO_VERSION}"
    )
