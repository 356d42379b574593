"""A small valid study as TOML, to be spoilt one line at a time."""

from __future__ import annotations

from primum.studies.reading import parse_study
from primum.studies.study_file import StudyFile

HEAD = """
id = "small"
title.en = "A small study"
"""
STARTER = """
[[protocol]]
protocol = "starter"
limit = 12
"""


def model(name: str, **keys: object) -> str:
    """A [[model]] table; asked nowhere unless a test says where."""
    given: dict[str, object] = {"name": name, "model": f"vllm/{name}", **keys}
    return "\n[[model]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in given.items())


def contrast(name: str, kind: str, **keys: object) -> str:
    """A [[contrast]] table."""
    given: dict[str, object] = {"name": name, "kind": kind, **keys}
    return "\n[[contrast]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in given.items())


def study_of(*tables: str, head: str = HEAD, parts: str = STARTER) -> StudyFile:
    """The study of these tables."""
    return parse_study(head + parts + "".join(tables), "small.toml")


def _toml(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{k}" = {_toml(v)}' for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return str(value)
