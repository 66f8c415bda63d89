"""A code that a caller says before a tool is asked: digits, or a word. The tool's own system checks
it; here nobody knows which is right.

Rules: it goes to that system and to nothing that is kept: not to the log, the call, an export or
the audit, which show MASKED; the caller's own words stay in the transcript. Of a call, MOST_TRIES
refused or unanswered attempts are all there are, whichever tools they were of; a conflict (409)
says nothing of who asks, and is none.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import quote

from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.http_tools.filling import Unfit

NAME, HEADER, MASKED = "code", "X-Caller-Code", "•••"
"""The model's parameter, the header that it is sent in, and what is shown of it."""
MOST_TRIES = 3
MOST_DIGITS, LONGEST_WORD = 12, 40
MOST_CALLS = 10_000
"""Remembered: more than a process has in an hour."""


class Asks(models.TextChoices):
    NOTHING = "none", _("no code")
    DIGITS = "digits", _("digits")
    WORD = "word", _("a code word")


def normal(asks: str, given: Any) -> str:
    """As it is sent. Raises Unfit."""
    text = given.strip() if isinstance(given, str) else ""
    if asks == Asks.DIGITS:
        text = re.sub(r"[\s#-]", "", text)
        if not re.fullmatch(rf"[0-9]{{1,{MOST_DIGITS}}}", text):
            raise Unfit(f"{NAME} must be digits")
    elif not text or len(text) > LONGEST_WORD or not text.isprintable():
        raise Unfit(f"{NAME} is missing")
    return text


def header_value(code: str) -> str:
    """Letters of other alphabets are percent-encoded, as in an address."""
    return quote(code, safe=" ")


def masked(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """What a model wrote, to be kept. known: the tool's own parameters; another name may be one
    that the model has made up for the code."""
    return {name: value if name in known else MASKED for name, value in given.items()}


class Tries:
    """Of the calls of a process: each attempt counts until it is forgiven."""

    def __init__(self, most_calls: int = MOST_CALLS) -> None:
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._most_calls = most_calls

    def begin(self, call_sid: str) -> bool:
        """Whether one more may be made."""
        count = self._counts.get(call_sid, 0)
        if count >= MOST_TRIES:
            return False
        self._counts[call_sid] = count + 1
        self._counts.move_to_end(call_sid)
        if len(self._counts) > self._most_calls:
            self._counts.popitem(last=False)
        return True

    def forgive(self, call_sid: str) -> None:
        """One was no wrong code."""
        if self._counts.get(call_sid):
            self._counts[call_sid] -= 1

    def are_over(self, call_sid: str) -> bool:
        return self._counts.get(call_sid, 0) >= MOST_TRIES

    def forget(self) -> None:
        self._counts.clear()


tries = Tries()
"""This process's."""
