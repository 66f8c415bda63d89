"""Recovers what dead processes on this machine left behind: their spools, and calls nobody ended.

Rule: any live process may do so (a server at start-up and from time to time, the worker on its
schedule, `manage.py forget` before anything else). A lock on each file lets only one at it.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from itertools import groupby

from django.db import DatabaseError, InterfaceError, OperationalError

from calls.models import Call
from calls.records import record_line, spool

logger = logging.getLogger(__name__)

failure = ""
"""Why something in the spool could not be taken in, the last time; empty: nothing was left."""


def recover(is_starting: bool = False) -> None:
    """Take in the spool, then end the calls and holds that nobody else will. Raises DatabaseError.

    is_starting: this process has had no call yet: one in its name was another life's.
    """
    global failure
    failure = ""
    for file in spool.abandoned():
        try:
            failure = _take_in(file) or failure
        except DatabaseError as error:
            failure = f"{file.path}: {error}"
            raise
    Call.close_lost(is_starting)
    Call.close_unconnected()
    Call.close_completed()
    _end_holds()


def _end_holds() -> None:
    """Of calls whose process died while a person held them."""
    for call in Call.objects.filter(was_held=True, ended_why=Call.Ended.LOST):
        *before, hold = call.holds
        if hold["until_ms"] is None:
            until_ms = max(hold["from_ms"], _last_ms(call))
            call.holds = [*before, hold | {"until_ms": until_ms, "ended": "call over"}]
            call.save(update_fields=["holds"])


def _last_ms(call: Call) -> int:
    """Where its journal ends, on the caller-audio clock."""
    for part in call.journal_parts.order_by("-number"):
        for line in filter(None, reversed(part.text.split("\n"))):
            if (at_ms := json.loads(line).get("at_ms")) is not None:
                return int(at_ms)
    return 0


def forget(before: datetime) -> None:
    """What could not be taken in, and is older than calls are kept."""
    for file in spool.abandoned():
        file.keep([line for line in file.lines if line.at >= before])


def _take_in(file: spool.Abandoned) -> str:
    """Why some of it stays; empty: nothing does."""
    refused, why = [], ""
    in_order = sorted(file.lines, key=lambda line: line.key)
    for call_sid, group in groupby(in_order, key=lambda line: line.call_sid):
        lines = list(group)
        try:
            record_line.write(call_sid, lines, is_orphaned=True)
        except (OperationalError, InterfaceError):
            raise  # the database is away: the whole file waits
        except Exception as error:
            # The record of one call that cannot be written must not keep the others'.
            logger.exception("%s stays in the spool", call_sid)
            refused += lines
            why = f"{file.path}: {error}"
    file.keep(refused)
    logger.info("%d lines of %s taken in", len(in_order) - len(refused), file.path.name)
    return why
