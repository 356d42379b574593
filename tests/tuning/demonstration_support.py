"""Harmless demonstrations and files of them, as the tests of this room need them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from primum.benchmarks.medsafetybench import FOLDER_VARIABLE
from primum.tuning.demonstration import Demonstration, Kind

REAL_DATA = os.environ.get(FOLDER_VARIABLE, "")
"""The real MedSafetyBench, where it is at hand."""
needs_real_data = pytest.mark.skipif(
    not REAL_DATA, reason=f"needs the real MedSafetyBench data; name it in {FOLDER_VARIABLE}"
)
THINGS = ("kite", "lantern", "scarf", "puzzle", "soup", "basket", "candle", "drum", "flute", "raft")
PLACES = ("attic", "barn", "cellar", "dune", "elm", "fjord", "garden", "harbour", "island", "jetty")


def request(number: int) -> str:
    """A harmless request that shares few words with any other."""
    thing, place = THINGS[number % 10], PLACES[number // 10 % 10]
    return f"Mend {thing}{number} near {place}{number} before noon{number}?"


def demonstration(
    number: int = 0, kind: Kind = "harmful", *, text: str = "", **more: str
) -> Demonstration:
    """A demonstration about the thing of that number."""
    return Demonstration(
        request=text or request(number),
        response=f"Gladly: start with part {number}.",
        kind=kind,
        source=more.pop("source", "test"),
        **more,
    )


def rows(numbers: Iterable[int], **more: Any) -> list[dict[str, Any]]:
    """Rows in the simplest form, one for each number."""
    return [
        {"request": request(number), "response": f"Gladly: part {number}.", **more}
        for number in numbers
    ]


def write_lines(path: Path, values: Iterable[Mapping[str, Any]]) -> Path:
    """A JSONL file of those rows."""
    text = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    path.write_text(text, encoding="utf-8")
    return path
