"""Numbers of their own for calls that show an ability: `make call CONVERSATION=knowledge`.

Rule: a number is made, with what it knows, when its call is placed for the first time; from then on
it is the operator's, who may change or delete it. No other conversation dials it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from calls.knowledge.known_text import KnownAnswer, KnownText
from calls.simulator.booking import demo
from calls.telephony.phone_number import PhoneNumber

LIST = Path(__file__).with_name("demo_numbers.toml")


def numbers() -> list[str]:
    return [demo.NUMBER, *(each["number"] for each in _listed().values())]


@transaction.atomic
def number_of(conversation: str | None) -> str | None:
    """The number that it dials, which is there afterwards; None: it needs none of its own."""
    if (wanted := _listed().get(conversation or "")) is None:
        return None
    number, is_new = PhoneNumber.objects.get_or_create(
        number=wanted["number"], defaults={"name": wanted["name"]}
    )
    if is_new:
        for each in wanted["answers"]:
            KnownAnswer(number=number, **{name: text.strip() for name, text in each.items()}).save()
        for name, text in wanted["texts"].items():
            KnownText(number=number, name=name, text=text.strip()).save()
    return number.number


@cache
def _listed() -> dict[str, Any]:
    return tomllib.loads(LIST.read_text("utf-8"))
