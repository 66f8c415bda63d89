"""Values of a form's fields, by kind, held against what the form allows. Pure.

text, choice: a text; number: a number; yes_no: true or false; date: "2026-11-30"; time: "14:05";
phone: digits, perhaps after a +.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from enum import StrEnum
from typing import Any

LONGEST_TEXT, LARGEST = 300, 1e15
LONGEST_SUMMARY = 600
MOST_FOLLOW_UPS, LONGEST_FOLLOW_UP = 5, 200
_PHONE, _BETWEEN = re.compile(r"\+?[0-9]{3,15}"), re.compile(r"[\s().‐-―-]+")
_DATE, _TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), re.compile(r"[0-9]{1,2}:[0-9]{2}")


class Dropped(StrEnum):
    """Why a value is none."""

    NOT_OF_ITS_KIND = "kind"
    NO_CHOICE = "choice"
    TOO_LONG = "long"
    NO_FIELD = "field"
    NOT_SO = "not so"
    """The call shows otherwise."""


class Unfit(ValueError):
    def __init__(self, why: Dropped) -> None:
        super().__init__(why.value)
        self.why = why


def one_line(text: str) -> str:
    """Without what cannot be seen, or stored."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shortened(text: str, most: int) -> str:
    """In one line, and cut between two words."""
    text = one_line(text)
    if len(text) <= most:
        return text
    return f"{text[:most].rpartition(' ')[0] or text[: most - 1]}…"


def fitting(kind: str, choices: Sequence[str], value: Any) -> Any:
    """The value as it is kept; None: not known. Raises Unfit."""
    if isinstance(value, str):
        value = one_line(value)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise Unfit(Dropped.TOO_LONG)
    kept = _of_kind(kind, value)
    if kept is None:
        raise Unfit(Dropped.NOT_OF_ITS_KIND)
    if kind == "choice" and kept not in choices:
        raise Unfit(Dropped.NO_CHOICE)
    return kept


def fit(form: Sequence[Mapping[str, Any]], given: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Of what a model or a tool gave: the values of the form, and why each other was dropped."""
    values, dropped = dict[str, Any](), dict[str, str]()
    fields = {field["name"]: field for field in form}
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if name not in fields:
            dropped[one_line(f"{name}")[:40]] = Dropped.NO_FIELD.value
            continue
        try:
            kept = fitting(fields[name]["kind"], fields[name]["choices"], value)
        except Unfit as unfit:
            dropped[name] = unfit.why.value
        else:
            if kept is not None:
                values[name] = kept
    return values, dropped


def _of_kind(kind: str, value: Any) -> Any:
    """None: it is not."""
    match kind, value:
        case "yes_no", bool():
            return value
        case "number", int() | float() if not isinstance(value, bool):
            return value if -LARGEST <= value <= LARGEST else None
        case "text" | "choice", str():
            return value
        case "date", str() if _DATE.fullmatch(value):
            return _valid(date.fromisoformat, value)
        case "time", str() if _TIME.fullmatch(value):
            return _valid(time.fromisoformat, value.zfill(5))
        case "phone", str() if _PHONE.fullmatch(_BETWEEN.sub("", value)):
            return _BETWEEN.sub("", value)
    return None


def _valid(read: Any, value: str) -> str | None:
    try:
        read(value)
    except ValueError:
        return None
    return value
