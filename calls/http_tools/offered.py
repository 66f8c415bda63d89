"""A number's tool as a call is offered it: asked, and what came of it told.

Rules: what a system answers is data: it reaches the model as one line of JSON that is called so,
whatever it says. A tool that acts is asked once, however often that is tried, under a key of call,
turn and the model's call of it. What fails is told the model in our words, and the caller in the
operator's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone

from calls.http_tools import answer_parts, answer_text, callers_code, parameters, tool_use
from calls.http_tools.asking import NOT_A_NO, Answer, Outcome, ask, longest_s
from calls.http_tools.breaker import breaker
from calls.http_tools.callers_code import tries
from calls.http_tools.field_keys import Unreadable
from calls.http_tools.filling import Unfit
from calls.http_tools.why import Why
from calls.language.language import spoken
from calls.process.log import call_in_hand
from calls.services import CalledNumber
from calls.services.tools import Done, Tool, in_hand

if TYPE_CHECKING:
    from calls.http_tools.http_tool import HttpTool

logger = logging.getLogger(__name__)

MARGIN_S = 1.0
"""Its own deadlines come first."""
LONGEST_NOTE = 600
"""Characters of an answer that later turns are told."""


class Offered:
    def __init__(self, tool: HttpTool, caller: str = "") -> None:
        """caller: their number."""
        self._tool, self._caller = tool, caller
        self._texts = texts = spoken().instructions.outside
        longest = longest_s(tool.deadline_s, may_repeat=tool.is_repeatable) + MARGIN_S
        late, long = tool.says_late or texts.waits_late, tool.says_long or texts.waits_long
        self._schema = tool.schema
        if tool.asks_for_code:
            is_digits = tool.asks_code == callers_code.Asks.DIGITS
            words = texts.code_digits if is_digits else texts.code_word
            self._schema = parameters.with_text(tool.schema, callers_code.NAME, words)
        schema = {
            "description": tool.description,
            "parameters": self._schema,
            "strict": parameters.is_strict(self._schema),
        }
        self.tool = Tool(
            tool.name,
            schema,
            self._run,
            safe_ahead=tool.runs_ahead,
            deadline_s=longest,
            meanwhile=(late, long, *texts.waits),
            fixed=(tool.says_failed,),
            unkept=(callers_code.NAME,),
        )

    async def _run(self, called: CalledNumber, given: Mapping[str, Any]) -> Done:
        tool, texts = self._tool, self._texts
        call_sid, hand = call_in_hand.get(), in_hand.get()
        began_at = timezone.now()
        # Outside a call each use is one of its own.
        key = f"{call_sid}-{hand.turn}-{hand.call}" if hand.turn >= 0 else uuid4().hex
        kept = parameters.storable(given)
        if tool.asks_for_code:
            kept = callers_code.masked(kept, tool.schema.get("properties", ()))

        def keep(**fields: Any) -> None:
            if hand.turn >= 0:
                fields |= {"tool": tool, "name": tool.name, "turn": hand.turn}
                fields |= {"given": kept, "began_at": began_at}
                tool_use.keep_soon(call_sid, key, **fields)

        if not tool.reads_only:
            keep(outcome=tool_use.ToolUse.Outcome.BEGUN)
        try:
            answer, problem = await self._asked(given, "" if tool.reads_only else key)
        except Exception:
            keep(outcome=Outcome.FAILED.value, why=Why.OURS.value)
            raise
        keep(
            outcome=answer.outcome.value,
            status=answer.status,
            why=answer.why[:200],
            attempts=answer.attempts,
            took_ms=answer.took_ms,
        )
        done = self._told(answer, problem)
        if answer.outcome is Outcome.UNFIT or tool.reads_only:
            return replace(done, note="")
        written = answer_text.on_one_line(kept)
        note = texts.done.format(name=tool.name, arguments=written, told=done.note or done.told)
        return replace(done, note=note)

    async def _asked(self, given: Mapping[str, Any], key: str) -> tuple[Answer, str]:
        """What came of it, and what the model is told is wrong with its arguments."""
        tool, given, code = self._tool, dict(given), ""
        if problem := parameters.unfit(self._schema, given):
            return Answer(Outcome.UNFIT, why=problem), problem
        try:
            if tool.asks_for_code:
                code = callers_code.normal(tool.asks_code, given.pop(callers_code.NAME))
            request = tool.request(given, key, caller=self._caller, code=code)
        except Unfit as error:
            return Answer(Outcome.UNFIT, why=f"{error}"), f"{error}"
        except Unreadable:
            return Answer(Outcome.FAILED, why=Why.UNREADABLE.value), ""
        if not breaker.admits(tool.pk):
            return Answer(Outcome.BARRED), ""
        if code and not tries.begin(call_in_hand.get()):
            return Answer(Outcome.CODES), ""
        answer = await ask(request, deadline_s=tool.deadline_s, may_repeat=tool.is_repeatable)
        answer = self.fitting(answer)
        if code and not _may_be_wrong_code(answer):
            tries.forgive(call_in_hand.get())
        (breaker.failed if answer.outcome in _OF_SYSTEM else breaker.worked)(tool.pk)
        if answer.why:
            logger.warning("%s: %s (%s)", tool.name, answer.why, request.host)
        return answer, ""

    def fitting(self, answer: Answer) -> Answer:
        """An answer whose parts are wanted has them, and none is the page of somebody's sign-in;
        one to a wrong code says so. JSON that calls itself HTML is JSON all the same."""
        if answer.status == WRONG_CODE and self._tool.asks_for_code:
            return replace(answer, outcome=Outcome.REFUSED, why="")
        is_page = answer.is_page and bool(answer.text.strip())
        is_wanted = answer.outcome is Outcome.DONE and (is_page or self._tool.path_lines)
        if is_wanted and answer_text.parsed(answer.text, is_cut=answer.is_cut) is None:
            why = Why.WEB_PAGE if is_page else Why.NO_JSON
            return replace(answer, outcome=Outcome.FAILED, why=why.value)
        return answer

    def _told(self, answer: Answer, problem: str) -> Done:
        texts = self._texts
        match answer.outcome:
            case Outcome.DONE | Outcome.REFUSED:
                data = self.data(answer)
                text = texts.answered if answer.outcome is Outcome.DONE else texts.refused
                told, note = (
                    text.format(status=answer.status, data=each)
                    for each in (data, _shortened(data))
                )
                cut = f" {texts.cut}" if answer.is_cut else ""
                over = ""
                if self._tool.asks_for_code and tries.are_over(call_in_hand.get()):
                    over = f" {texts.codes_over}"
                return Done(f"{told}{cut}{over}", says="", note=note)
            case Outcome.CODES:
                return Done(texts.codes_over, says="")
            case Outcome.UNFIT:
                return Done(texts.unfit.format(problem=problem), says="")
            case Outcome.LATE | Outcome.FAILED if self._may_be_done(answer):
                told = texts.unknown
            case Outcome.LATE:
                told = texts.late
            case _:
                told = texts.failed
        if says := self._tool.says_failed:
            return Done(f"{told} {texts.heard.format(says=says)}", f"{says} ", must_say=True)
        return Done(told, says="")

    def _may_be_done(self, answer: Answer) -> bool:
        """Whether the system may have acted, although it did not say so."""
        return not self._tool.reads_only and answer.was_sent and answer.status not in NOT_A_NO

    def told(self, answer: Answer) -> str:
        """What the model would be told of it."""
        return self._told(answer, "").told

    def data(self, answer: Answer) -> str:
        """What the model gets of it, on one line that nothing in it can end."""
        is_picked = self._tool.path_lines and answer.outcome is Outcome.DONE
        parsed = None
        if is_picked or not answer.is_cut:
            parsed = answer_text.parsed(answer.text, is_cut=answer.is_cut)
        data: object = answer.text if parsed is None else parsed
        if is_picked:
            data = answer_parts.picked(parsed, self._tool.path_lines)
        return answer_text.on_one_line(data)


WRONG_CODE, CONFLICT = 403, 409


def _may_be_wrong_code(answer: Answer) -> bool:
    """Whoever guesses learns nothing of one that was not sent, or that was right."""
    is_heard = answer.was_sent or answer.status is not None
    return is_heard and answer.outcome is not Outcome.DONE and answer.status != CONFLICT


_OF_SYSTEM = (Outcome.FAILED, Outcome.LATE)
"""Of the system: what counts towards barring it."""


def _shortened(data: str) -> str:
    return data if len(data) <= LONGEST_NOTE else f"{data[:LONGEST_NOTE]}…"
