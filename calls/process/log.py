"""Log lines: each has its call's id; foreign text is made harmless; callers' numbers are masked."""

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
    """One line for each message, of limited length: text quoted in it cannot forge another."""

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
    """+972501234567 -> +97250•••••67: enough to recognise, not enough to dial."""
    return f"{number[:-7]}•••••{number[-2:]}" if len(number) > 8 else "•••"
