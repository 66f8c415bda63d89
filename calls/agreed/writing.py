"""After a call the worker writes what was agreed in it.

Rules: a call that is settled leaves an empty row that is due; one conditional update claims it, and
only who holds the claim saves, so that neither a second worker nor a person's correction is
overwritten. What messages and tools tell stands until a model has written, and remains where there
is none. A model that fails is asked again after AGAIN, and then no more; while it keeps failing,
calls wait their turn without asking.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.utils import timezone

from calls.agreed import of_model, without_model
from calls.agreed.agreed import LONGEST_FAILURE, Agreed
from calls.agreed.form_field import FormField
from calls.agreed.material import End, Material, Use
from calls.agreed.schema import schema_of
from calls.http_tools import caller_name, callers_code
from calls.http_tools.breaker import Breaker
from calls.http_tools.tool_use import ToolUse
from calls.language.language import Instructions, spoken
from calls.services import By, HistoryLine, Message, ServiceFailed
from calls.services.summarising import Summariser, summariser

if TYPE_CHECKING:
    from calls.models import Call

logger = logging.getLogger(__name__)

AGAIN = (timedelta(minutes=2), timedelta(minutes=10))
"""After the first failure, and after the second; the third is the last."""
MOST_ATTEMPTS = len(AGAIN) + 1
CLAIM_LASTS = timedelta(minutes=5)
RESTS = timedelta(minutes=1)
GIVES_UP = timedelta(hours=6)
"""After the end of the call: a model that has not been asked by then is not asked any more."""
ACTS_LAST = timedelta(minutes=2)
"""After the end of the call: a tool that has told nothing by then will not."""
MISSED_AFTER = timedelta(seconds=30)
MOST_AT_ONCE = 100

breaker = Breaker()
"""This process's: a model that hangs must not keep its worker from all else."""


def missed() -> list[int]:
    """The calls that are due, and that no task of their own has written; oldest first."""
    due = Agreed.objects.filter(due_at__lt=timezone.now() - MISSED_AFTER).order_by("due_at")
    return list(due.values_list("call", flat=True)[:MOST_AT_ONCE])


def write(call: Call) -> Agreed:
    """Whoever comes while another writes, or when nothing is due, changes nothing. Words that have
    been forgotten by now change nothing either, and an act that outlives its call is waited for."""
    agreed, _is_new = Agreed.objects.get_or_create(call=call)
    now = timezone.now()
    claim = now + CLAIM_LASTS
    due = Agreed.objects.filter(pk=agreed.pk, due_at__lte=now)
    if call.words_forgotten:
        due.update(due_at=None)
    elif _still_acts(call, now):
        due.update(due_at=now + RESTS)
    elif due.update(due_at=claim, attempts=F("attempts") + 1):
        agreed.refresh_from_db()
        claimed = Agreed.objects.filter(pk=agreed.pk, due_at=claim)
        claimed.update(**_written(call, agreed, now))
    return Agreed.objects.filter(pk=agreed.pk).first() or agreed  # it may be forgotten by now


def _still_acts(call: Call, now: datetime) -> bool:
    is_over = now > (call.ended_at or now) + ACTS_LAST
    return not is_over and call.tool_uses.filter(outcome=ToolUse.Outcome.BEGUN).exists()


def _written(call: Call, agreed: Agreed, now: datetime) -> dict[str, Any]:
    """What changes in a row that is claimed."""
    number, material = call.number, material_of(call)
    texts = (number.language if number else spoken()).instructions
    fields = list(number.form_fields.all()) if number else []
    form = [field.as_kept for field in fields]
    facts = without_model.written(material, form, texts.after_call)
    kept = asdict(facts) | {"by": Agreed.By.WITHOUT, "form": form, "written_at": now}
    left = {"due_at": None, "failure": ""}
    model = summariser() if material.has_callers_words else None
    if model is not None:
        try:
            if agreed.attempts > MOST_ATTEMPTS:
                raise ServiceFailed(f"{model.name}: the worker died each time: see its log")
            kept |= asdict(_asked(model, material, fields, texts)) | {"by": Agreed.By.MODEL}
        except ServiceFailed as error:
            logger.warning("What was agreed in %s is not written: %s", call, error)
            left = _left(error, call, agreed.attempts, now)
            kept = {} if agreed.by == Agreed.By.MODEL else kept
    return kept | left


class _Resting(ServiceFailed):
    """The model has failed so often that it is left alone for a while."""


def _left(error: ServiceFailed, call: Call, attempts: int, now: datetime) -> dict[str, Any]:
    """When it is tried again, if it is, and what to say until then."""
    if isinstance(error, _Resting):
        attempts -= 1
        is_last, again = now > (call.ended_at or now) + GIVES_UP, RESTS
    else:
        is_last, again = attempts >= MOST_ATTEMPTS, AGAIN[min(attempts, len(AGAIN)) - 1]
    due_at = None if is_last else now + again
    return {"failure": f"{error}"[:LONGEST_FAILURE], "attempts": attempts, "due_at": due_at}


def _asked(
    model: Summariser, material: Material, fields: Sequence[FormField], texts: Instructions
) -> without_model.Writing:
    """Raises ServiceFailed."""
    if not breaker.admits(model.name):
        raise _Resting(f"{model.name} was not asked, because it kept failing: see the failures of "
                       "earlier calls")  # fmt: skip

    async def ask() -> Any:
        try:
            told = material.told(texts)
            return await model.summarise(texts.after_call.rules, told, schema_of(fields))
        finally:
            await model.aclose()

    try:
        given = asyncio.run(ask())
    except ServiceFailed:
        breaker.failed(model.name)
        raise
    breaker.worked(model.name)
    try:
        return of_model.checked(given, material, [field.as_kept for field in fields])
    except of_model.Unusable as error:
        raise ServiceFailed(f"{model.name} did not keep to the schema ({error})") from None


def material_of(call: Call) -> Material:
    turns = list(call.turns.order_by("number"))
    words = [turn for turn in turns if turn.said]
    is_broken = call.ended_why == call.Ended.TIME_UP or not call.ended_well
    is_unanswered = bool(words) and words[-1] is turns[-1] and not words[-1].answered
    return Material(
        lines=tuple(line for turn in turns for line in _lines(turn)),
        messages=tuple(
            Message(*(f"{each.get(part) or ''}" for part in ("name", "number", "reason")))
            for each in call.messages
        ),
        uses=tuple(
            _use(each)
            for each in call.tool_uses.select_related("tool").exclude(turn=caller_name.GREETING)
        ),
        was_held=call.was_held,
        end=End.BROKEN if is_broken or is_unanswered else End.WELL,
        began_at=timezone.localtime(call.started_at or call.rang_at),
    )


def _use(use: ToolUse) -> Use:
    given = {name: each for name, each in use.given.items() if name != callers_code.NAME}
    acts = not (use.tool and use.tool.reads_only)
    return Use(use.name, given, use.outcome, acts, use.why)


def _lines(turn: Any) -> Iterator[HistoryLine]:
    if turn.said:
        yield HistoryLine(By.CALLER, turn.said)
    if turn.answered:
        yield HistoryLine(By.PERSON if turn.person else By.AGENT, turn.answered)
