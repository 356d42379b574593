"""Whether a description is a new strategy: the step that algorithm 1 leaves open, stated here.

1. *By words.* Two descriptions that share at least so large a part of their character triples
   (Jaccard index over mechanism and how, folded) are one strategy. Nobody is asked.
2. *By meaning.* Otherwise a model is shown the list so far and names the entry that means the same
   mechanism, or none. An answer that cannot be read decides nothing: the words alone count, so the
   description is new, and the answer is counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from primum.core.digest import digest, fold
from primum.core.response import Response
from primum.engine.asking import Asker, Question
from primum.generation.prompt import load_prompt
from primum.generation.refusal_reading import is_refusal
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.generation.strategy import Strategy
from primum.judging.fence import fenced
from primum.judging.judge_answer import decode_object, without_thoughts

_BRACE = re.compile(r"\{")


def similarity(first: Strategy, second: Strategy) -> float:
    """Share of common character triples, 0 to 1; over each language that both are told in."""
    shares = [
        _jaccard(_triples(first, language), _triples(second, language))
        for language in ("en", "ja")
        if getattr(first.mechanism, language) and getattr(second.mechanism, language)
    ]
    return max(shares, default=0.0)


class NoveltyTest:
    """The list of strategies so far."""

    def __init__(
        self, judge: RoleModel, asker: Asker, threshold: float, known: Sequence[Strategy] = ()
    ) -> None:
        self._judge = judge
        self._asker = asker
        self._threshold = threshold
        self._known = list(known)
        self._new: list[Strategy] = []
        self.times: Counter[str] = Counter()
        """Strategy id → how many descriptions meant it."""
        self.outcomes: Counter[str] = Counter()

    async def take(self, candidate: Strategy) -> Strategy:
        """The strategy that the description means: an earlier one, or itself, now on the list.

        Raises:
            PrimumError: why the command is ending.
        """
        listed = [*self._known, *self._new]
        alike = [each for each in listed if similarity(each, candidate) >= self._threshold]
        meant = max(alike, key=lambda each: similarity(each, candidate)) if alike else None
        if meant is not None:
            self.outcomes["same_by_words"] += 1
        elif listed:
            meant = await self._by_meaning(candidate, listed)
        if meant is None:
            self.outcomes["new"] += 1
            meant = self._with_own_id(candidate)
            self._new.append(meant)
        self.times[meant.id] += 1
        return meant

    def most_often(self, count: int) -> list[Strategy]:
        """So many of the new ones, those that were found most often first."""
        return sorted(self._new, key=lambda each: -self.times[each.id])[:count]

    async def _by_meaning(self, candidate: Strategy, listed: Sequence[Strategy]) -> Strategy | None:
        asked = _question(candidate, listed, self._judge)
        (response,) = await self._asker.responses([asked])
        number = read_number(response, len(listed))
        if isinstance(number, str):
            self.outcomes[number] += 1
            return None
        if number == 0:
            return None
        self.outcomes["same_by_meaning"] += 1
        return listed[number - 1]

    def _with_own_id(self, candidate: Strategy) -> Strategy:
        taken = {each.id for each in (*self._known, *self._new)}
        name, number = candidate.id, 2
        while name in taken:
            name, number = f"{candidate.id}-{number}", number + 1
        return candidate.model_copy(update={"id": name})


def read_number(response: Response, listed: int) -> int | str:
    """The number that the judge names, 0 for none of them, or why there is no number."""
    if not response.is_judgeable:
        return "judge_no_answer"
    own = without_thoughts(response.text)
    start = _BRACE.search(own)
    found = decode_object(own, start.start()) if start else None
    if found is None:
        return "judge_refused" if is_refusal(own, "en") else "judge_unparseable"
    number = found[0].get("same_as")
    if isinstance(number, bool) or not isinstance(number, int) or set(found[0]) != {"same_as"}:
        return "judge_unparseable"
    return number if 0 <= number <= listed else "judge_unparseable"


def _question(candidate: Strategy, listed: Sequence[Strategy], judge: RoleModel) -> Question:
    language = "ja" if not candidate.mechanism.en else "en"
    told = [_described(each, language) for each in listed]
    code = digest("discovery-novelty", _described(candidate, language), *told)[:8].hex()
    values = {
        "known": fenced("LIST", "\n".join(f"{n}. {text}" for n, text in enumerate(told, 1)), code),
        "candidate": fenced("DESCRIPTION", _described(candidate, language), code),
    }
    return question(judge, load_prompt("novelty").messages(language, values))


def _described(strategy: Strategy, language: str) -> str:
    words = strategy.words(language)
    return " ".join(f"{words['strategy']}: {words['mechanism']} {words['how']}".split())


def _triples(strategy: Strategy, language: str) -> frozenset[str]:
    text = fold(f"{getattr(strategy.mechanism, language)} {getattr(strategy.how, language)}")
    return frozenset(text[place : place + 3] for place in range(max(1, len(text) - 2)))


def _jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)
