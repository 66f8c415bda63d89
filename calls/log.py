"""The call's id in every log line, and callers' numbers masked."""

from __future__ import annotations

import logging
from contextvars import ContextVar

call_in_hand: ContextVar[str] = ContextVar("call_in_hand", default="-")
"""The CallSid that the present task works for."""


class CallFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.call = call_in_hand.get()
        return True


def masked(number: str) -> str:
    """+972501234567 -> +97250•••4567: enough to recognise, not enough to dial."""
    return f"{number[:-7]}•••{number[-4:]}" if len(number) > 8 else "•••"
