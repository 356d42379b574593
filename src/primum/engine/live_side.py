"""The user's side of a job while a model plays it: asks the attacker, and knows when it is done."""

from __future__ import annotations

from collections.abc import Callable

from primum.core.judgement import Verdict
from primum.engine.caller import Caller, Line
from primum.engine.dialogue import AnsweredTurn, Dialogue, chain_of
from primum.engine.live_user import LiveAttack, read_spoken
from primum.ledger.ledger import Ledger
from primum.ledger.record import spoken_under
from primum.models.chat_model import ChatModel
from primum.models.profile import Sampling


class LiveSide:
    """Makes the attacker's calls for one job."""

    def __init__(
        self,
        attack: LiveAttack,
        caller: Caller,
        line: Callable[[ChatModel, Sampling], Line],
        ledger: Ledger,
        run_id: str,
    ) -> None:
        self._attack = attack
        self._caller = caller
        self._line = line
        self._ledger = ledger
        self._run_id = spoken_under(run_id)

    async def speak(self, dialogue: Dialogue) -> str | None:
        """The next message; None where the turns are used up or the attacker gives none.

        Raises:
            Stopped: the run is ending.
        """
        user, turn = self._attack.user, dialogue.turn
        if turn >= user.turns:
            return None
        request = user.ask(dialogue.item, dialogue.repeat, turn, tuple(dialogue.history))
        line = self._line(user.model, user.sampling)
        answer = await self._caller.call(line, request, chain_of(request))
        key, repeat = dialogue.item_key, dialogue.repeat
        self._ledger.put_turn(self._run_id, key, repeat, turn, answer.key)
        spoken = read_spoken(answer.response, dialogue.item.language)
        return spoken.text if spoken.outcome == "said" else None

    async def has_succeeded(self, turn: AnsweredTurn) -> bool:
        """Whether the answer is what the attack was after; without text it is not.

        Raises:
            Stopped: the run is ending.
        """
        rule, exchange = self._attack.success, turn.exchange
        if not exchange.response.is_judgeable:
            return False
        verdicts: list[Verdict] = []
        for vote in range(rule.judge.votes):
            request = rule.judge.ask(exchange, vote)
            if request is None or rule.judge.model is None:
                verdicts.append(rule.judge.read(exchange, None))
                continue
            # The same call as the run's own verdict: made once for both.
            line = self._line(rule.judge.model, request.sampling)
            answer = await self._caller.call(line, request, chain_of(request))
            verdicts.append(rule.judge.read(exchange, answer.response))
        return rule.holds(verdicts)
