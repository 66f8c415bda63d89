"""The call's id in every log line, what strangers wrote made harmless, callers' numbers masked."""

from __future__ import annotations

import logging
from contextvars import ContextVar

call_in_hand: ContextVar[str] = ContextVar("call_in_hand", default="-")
"""The call_sid that the present task works for."""


LONGEST_LINE = 2000


class CallIdFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.call = call_in_hand.get()
        return True


class LineFormatter(logging.Formatter):
    """One line a message, of bounded length: nobody who is quoted in it can forge another."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (logging's own name)
        line = super().formatMessage(record)
        if len(line) > LONGEST_LINE:
            line = f"{line[:LONGEST_LINE]}…"
        return line if line.isprintable() else "".join(map(_harmless, line))


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()


def masked(number: str) -> str:
    """+972501234567 -> +97250•••4567: enough to recognise, not enough to dial."""
    return f"{number[:-7]}•••{number[-4:]}" if len(number) > 8 else "•••"
