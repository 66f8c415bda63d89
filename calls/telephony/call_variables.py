"""What a number's greeting and its text about the business leave to the call: {caller} and {time}.

Rule: nothing else in braces is filled in, and what a caller withholds leaves nothing behind. What
is filled in is different in each call, so a provider's cache serves only what stands before it.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.utils import timezone

NAMES = ("caller", "time")
VARIABLE = re.compile(r"\{([a-z_]+)\}")
ABROAD, HOME = re.compile(r"\+\d+\Z"), re.compile(r"\+972(?=\d)")
"""A caller's number, and one that is dialled here with a 0."""


def filled(text: str, caller: str | None, at: datetime | None = None) -> str:
    """caller: as the carrier tells it; None: nobody calls yet, and what waits for a call is "".
    at: when the call began; None: now."""
    if caller is None:
        return "" if VARIABLE.search(text) else text
    values = {
        "caller": HOME.sub("0", caller) if ABROAD.match(caller) else "",
        "time": f"{timezone.localtime(at):%H:%M}",
    }
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def number_of(caller: str | None) -> str:
    """As a system is told it, with its country; "": it is withheld, or nobody calls."""
    return caller if caller and ABROAD.match(caller) else ""


def unknown_in(text: str) -> str:
    """The first name in braces that is none of a call's; "": there is none."""
    return next((name for name in VARIABLE.findall(text) if name not in NAMES), "")
