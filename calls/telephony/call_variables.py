"""What a number's greeting and its text about the business leave to the call: {caller}, {name} and
{time}; and the text alone {last_call}, which is for the model and not to be heard.

Rule: nothing else in braces is filled in, and what a caller withholds, or nobody knows, leaves no
hole: "שלום {name}, הגעתם" is then "שלום, הגעתם". What is filled in is different in each call, so a
provider's cache serves only what stands before it.
"""

from __future__ import annotations

import re
from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

NAMES = ("caller", "name", "time")
ONLY_OF_BUSINESS = ("last_call",)
VARIABLE = re.compile(r"\{([a-z_]+)\}")
ABROAD, HOME = re.compile(r"\+\d{6,}\Z"), re.compile(r"\+972(?=\d)")
"""A caller's number, and one that is dialled here with a 0."""
WITHHELD = {"+266696687", "+7378742833", "+2562533", "+8566696", "+86282452253"}
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE, as a keypad writes them: what carriers
put where a caller's number is not told."""
GAP = "\0"
HOLE = re.compile(rf"(\A|[.!?\n])?[ \t]*([,;:–]?)[ \t]*{GAP}[ \t]*([,;:–]?)([.!?]?)[ \t]*")


def filled(
    text: str,
    caller: str | None,
    at: datetime | None = None,
    *,
    name: str = "",
    last_call: str = "",
) -> str:
    """caller: as the carrier tells it; None: nobody calls yet, and what waits for a call is "".
    at: when the call began; None: now. name: theirs, as a tool told it."""
    if caller is None:
        return "" if VARIABLE.search(text) else text
    values = {
        "caller": HOME.sub("0", number_of(caller)),
        "name": name,
        "time": f"{timezone.localtime(at):%H:%M}",
        "last_call": last_call,
    }
    told = VARIABLE.sub(lambda found: values.get(found[1], found[0]) or GAP, text)
    return HOLE.sub(_closed, told)


def _closed(hole: re.Match[str]) -> str:
    """What is left around nothing: the mark that ends, else one of those that part."""
    begins, before, after, end = hole.groups()
    is_last = hole.end() == len(hole.string)
    if begins is not None:
        return f"{begins}{end}" if is_last or not begins.strip() else f"{begins} "
    mark = end or after or before
    if is_last or hole.string[hole.end()] == "\n":
        return end
    return f"{mark} "


def number_of(caller: str | None) -> str:
    """As a system is told it, with its country; "": it is withheld, or nobody calls."""
    is_told = caller and ABROAD.match(caller) and caller not in WITHHELD
    return caller if caller and is_told else ""


def check(**texts: str) -> None:
    """Raises ValidationError, by the name of the text in which another name stands in braces."""
    for field, text in texts.items():
        names = (*NAMES, *ONLY_OF_BUSINESS) if field == "business" else NAMES
        if unknown := next((name for name in VARIABLE.findall(text) if name not in names), ""):
            known = ", ".join(f"{{{name}}}" for name in names)
            error = _("{%(unknown)s} is not known here; these are: %(known)s.")
            params = {"unknown": unknown, "known": known}
            raise ValidationError({field: ValidationError(error, params=params)})
