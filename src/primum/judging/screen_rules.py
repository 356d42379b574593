"""The patterns of the refusal screen: data files by language, compiled once.

The files say what a sentence is; what an answer is, given its sentences, ``refusal_screen`` says.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

from primum.core.digest import digest

RuleKind = Literal[
    "cancel",
    "refuse",
    "flat",
    "withhold",
    "limit",
    "wrong",
    "redirect",
    "support",
    "personal",
    "reason",
    "part",
    "generic",
    "aside",
    "yes_no_request",
    "rules_request",
    "question_request",
    "harmful_request",
    "made_request",
    "task",
    "danger",
    "material",
    "substitute",
    "deliver",
    "hint",
]
SCREEN_LANGUAGES: tuple[str, ...] = ("en", "ja")

_WORD = re.compile(r"\{([a-z]+)\}")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Rule(_Table):
    name: str
    kind: RuleKind
    needs: tuple[str, ...] = ()
    """A sentence padded with spaces holds one of these, or the rule is not tried; empty: always."""
    patterns: Annotated[tuple[str, ...], Field(min_length=1)]


class _RuleFile(_Table):
    language: str
    version: str
    licence: str
    triggers: tuple[str, ...]
    common_words: frozenset[str] = frozenset()
    words: dict[str, str]
    rule: tuple[_Rule, ...]


class Rule(NamedTuple):
    """One named pattern."""

    name: str
    matches: re.Pattern[str]
    needs: tuple[str, ...]
    """Strings of which the padded sentence must hold one: a cheap test ahead of the pattern."""


class ScreenRules:
    """All patterns of one language, by kind."""

    def __init__(self, content: bytes) -> None:
        parsed = _RuleFile.model_validate(tomllib.loads(content.decode()))
        self.language = parsed.language
        self.version = parsed.version
        self._triggers = parsed.triggers
        self.common_words = parsed.common_words
        """Words that say nothing about what a request wants."""
        self.fingerprint = digest("screen-rules", content)
        words = _expanded(parsed.words)
        self._rules: dict[RuleKind, list[Rule]] = {kind: [] for kind in get_args(RuleKind)}
        for rule in parsed.rule:
            joined = "|".join(f"(?:{_fill(pattern, words)})" for pattern in rule.patterns)
            self._rules[rule.kind].append(Rule(rule.name, re.compile(joined), rule.needs))

    def may_refuse(self, sentence: str) -> bool:
        """Whether any word of refusal is in it: a cheap test ahead of the patterns."""
        padded = f" {sentence} "
        return any(trigger in padded for trigger in self._triggers)

    def first(self, kind: RuleKind, sentence: str) -> str:
        """Name of the first rule of that kind that matches; empty if none does."""
        padded = f" {sentence} "
        for rule in self._rules[kind]:
            if rule.needs and not any(word in padded for word in rule.needs):
                continue
            if rule.matches.search(sentence):
                return rule.name
        return ""


@cache
def screen_rules(language: str) -> ScreenRules:
    """The rules of a language in ``SCREEN_LANGUAGES``."""
    path = files("primum.judging").joinpath("data", "screen", f"{language}.toml")
    return ScreenRules(path.read_bytes())


def _expanded(words: dict[str, str]) -> dict[str, str]:
    """The words with earlier words filled in."""
    done: dict[str, str] = {}
    for name, pattern in words.items():
        done[name] = _fill(pattern, done)
    return done


def _fill(pattern: str, words: dict[str, str]) -> str:
    return _WORD.sub(lambda match: words[match.group(1)], pattern)
