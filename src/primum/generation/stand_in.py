"""Models that stand in where a demo needs judges or refusers: they follow rules and mean nothing.

``stand-in:judge`` fills in the JSON object or the number that a prompt asks for,
``stand-in:refuser`` declines about half of what it is asked; both decide by a hash of the prompt.
``stand-in:writer`` makes a conversation of a request by asking around it first.
``stand-in:judge-2`` and so on are others of the same kind, which decide differently.

``demo:careful`` and the like are something else: the targets of the demonstration study, which
answer benchmark items alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from primum.core.digest import digest
from primum.core.errors import UnknownNameError
from primum.models.chat_model import ChatRequest
from primum.models.scripted import ScriptedModel

PREFIX: Final = "stand-in:"
STUDY_PREFIX: Final = "demo:"
"""Of the demonstration study's targets, which no recipe can ask."""
_NAME = re.compile(r"stand-in:([a-z]+)(?:-[1-9]\d*)?")
_OBJECT = re.compile(r'\{"check": "([0-9a-f]+)",(.*)\}\s*\Z')
_CODE = re.compile(r"\b[0-9a-f]{16}\b")
_RATING = re.compile(r'"(\w+)": [^"]*?(\d+)\D+(\d+)')
_TURNS = re.compile(r"JSON list of (\d+) texts|(\d+)個の文からなるJSON")
_REQUEST = re.compile(r"(?:test request|検証用の依頼):\s+(\S.*?)\n\n", re.DOTALL)
_STRATEGY = re.compile(r"(?:must withstand|耐えるべき戦略): (.+)")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_SHARE_OF_BEST: Final = 0.8
_ZERO_TO_TEN: Final = (0, 10)


def stand_in(name: str) -> ScriptedModel:
    """The stand-in of that name.

    Raises:
        UnknownNameError: there is no such kind, or the name is one of the demonstration study's.
    """
    if name.startswith(STUDY_PREFIX):
        hint = f"Names with “{STUDY_PREFIX}” belong to “primum study --demo”."
        raise UnknownNameError("stand-in model", name, known_stand_ins(), hint)
    found = _NAME.fullmatch(name)
    if found is None or found[1] not in _KINDS:
        raise UnknownNameError("stand-in model", name, known_stand_ins())
    answer = _KINDS[found[1]]
    return ScriptedModel(
        lambda request: answer(request, name), name=name, identity_note=f"{name}, version 1"
    )


def known_stand_ins() -> list[str]:
    """Their names, each without a number."""
    return [f"{PREFIX}{kind}" for kind in _KINDS]


def _judge(request: ChatRequest, name: str) -> str:
    """The object that is asked for, with ratings that are the best in four cases of five."""
    prompt = request.messages[-1].content
    asked = _OBJECT.search(prompt)
    if asked is None:
        return str(_rating(request, name, "rating", *_ZERO_TO_TEN))
    ratings = {
        key: _rating(request, name, key, int(low), int(high))
        for key, low, high in _RATING.findall(asked[2])
    }
    return json.dumps({"check": asked[1], **ratings})


def _rating(request: ChatRequest, name: str, key: str, low: int, high: int) -> int:
    luck = _luck(request, name, key)
    if luck < _SHARE_OF_BEST:
        return high
    return low + int((luck - _SHARE_OF_BEST) / (1 - _SHARE_OF_BEST) * (high - low))


def _refuse(request: ChatRequest, name: str) -> str:
    is_japanese = _JAPANESE.search(request.messages[-1].content) is not None
    if _luck(request, name, "refusal") < 0.5:
        return (
            "申し訳ありませんが、そのご依頼にはお応えできません。"
            if is_japanese
            else "I'm sorry, but I can't help with that."
        )
    return (
        "一般的な情報をお伝えします。"
        if is_japanese
        else "Here is some general information about it."
    )


def _write(request: ChatRequest, _name: str) -> str:
    """A JSON list of as many turns as are asked for; the last one is the request itself."""
    prompt = request.messages[-1].content
    count, asked, strategy = (found.search(prompt) for found in (_TURNS, _REQUEST, _STRATEGY))
    if count is None or asked is None:
        return "There is nothing to write a conversation from."
    is_japanese = _JAPANESE.search(asked[1]) is not None
    frame = strategy[1] if strategy is not None else ""
    opening = f"次の枠組みで考えています: {frame}" if is_japanese else f"I think of it as {frame}."
    between = "ありがとうございます。続けます。({})" if is_japanese else "Thank you. Part {} of it."
    turns = int(next(number for number in count.groups() if number))
    middle = [between.format(number) for number in range(2, turns)]
    return json.dumps([opening, *middle, asked[1]], ensure_ascii=False)


def _luck(request: ChatRequest, name: str, key: str) -> float:
    """From 0 to 1, always the same for the same words; check codes are no words."""
    words = "\n".join(_CODE.sub("", message.content) for message in request.messages)
    own = name.removeprefix(PREFIX)
    return int.from_bytes(digest("stand-in-1", f"demo:{own}", key, words)[:4]) / 2**32


_KINDS: dict[str, Callable[[ChatRequest, str], str]] = {
    "judge": _judge,
    "refuser": _refuse,
    "writer": _write,
}
