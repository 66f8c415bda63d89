"""Who calls, by name: what a tool of the number knows of the caller as the call comes.

Rules: it is asked once, and nobody waits longer than WITHIN_S for it: what has not come by then is
a failure that the call shows, and the greeting goes without. What comes is a name and nothing more:
one line, few words of letters; whatever is longer is none.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from django.utils import timezone

from calls.http_tools import answer_parts, answer_text, tool_use
from calls.http_tools.asking import Answer, Outcome, ask
from calls.http_tools.breaker import breaker
from calls.http_tools.field_keys import Unreadable
from calls.http_tools.filling import Unfit
from calls.http_tools.why import Why

if TYPE_CHECKING:
    from calls.http_tools.http_tool import HttpTool

logger = logging.getLogger(__name__)

WITHIN_S = 0.3
LONGEST, MOST_WORDS = 40, 4
GREETING = 0
"""The turn that it is asked for."""
IN_NAMES = " '’׳״-."


async def name_of(caller: str, tools: Iterable[HttpTool], call_sid: str) -> str:
    """ "": nobody knows it, or not in time. caller: a number."""
    tool = next((each for each in tools if each.is_on and each.name_path), None)
    if tool is None:
        return ""
    began_at = timezone.now()
    try:
        answer, name = await _asked(tool, caller)
    except Exception:  # no call ends because nobody knows a name
        logger.exception("%s: who calls is not known", tool.name)
        answer, name = Answer(Outcome.FAILED, why=Why.OURS.value), ""
    tool_use.keep_soon(
        call_sid,
        f"{call_sid}-name-{uuid4().hex}",
        tool=tool,
        name=tool.name,
        turn=GREETING,
        outcome=answer.outcome.value,
        status=answer.status,
        why=answer.why[:200],
        attempts=answer.attempts,
        took_ms=answer.took_ms,
        began_at=began_at,
    )
    if answer.why:
        logger.warning("%s: who calls is not known: %s", tool.name, answer.why)
    return name


async def _asked(tool: HttpTool, caller: str) -> tuple[Answer, str]:
    try:
        request = tool.request({}, caller=caller)
    except Unfit as error:
        return Answer(Outcome.UNFIT, why=f"{error}"), ""
    except Unreadable:
        return Answer(Outcome.FAILED, why=Why.UNREADABLE.value), ""
    # Barred apart from it as a tool, which has its own deadline: what is too late for a greeting
    # must not use up the one attempt by which that would be let in again.
    key = (tool.pk, "name")
    if not breaker.admits(key):
        return Answer(Outcome.BARRED), ""
    answer = await ask(request, deadline_s=WITHIN_S, may_repeat=False)
    (breaker.failed if answer.outcome in (Outcome.FAILED, Outcome.LATE) else breaker.worked)(key)
    if answer.outcome is not Outcome.DONE:
        return answer, ""
    if (parsed := answer_text.parsed(answer.text, is_cut=answer.is_cut)) is None:
        return replace(answer, outcome=Outcome.FAILED, why=Why.NO_JSON.value), ""
    found = answer_parts.picked(parsed, [tool.name_path]).get(tool.name_path)
    return answer, cleaned(found)


def cleaned(given: object) -> str:
    """The name in an answer; "": there is none."""
    if not isinstance(given, str):
        return ""
    line = next(iter(given.strip().splitlines()), "")
    kept = "".join(map(_in_name, line))
    words = [word for word in kept.split() if any(map(str.isalpha, word))]
    name = " ".join(words)
    return name if len(name) <= LONGEST and len(words) <= MOST_WORDS else ""


def _in_name(character: str) -> str:
    """Vowel marks, and what turns a line's direction, leave no gap."""
    if character.isalpha() or character in IN_NAMES:
        return character
    return "" if unicodedata.category(character) in {"Mn", "Cf"} else " "
