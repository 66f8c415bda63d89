"""What a model wrote of a call, held against the form and against what the call shows. Pure.

Rule: it is believed where it can be true. Values must fit their fields; a message, a person and
what was done must be in the call, whatever somebody in it asked to have written.
"""

from __future__ import annotations

from typing import Any

from calls.agreed.material import Material
from calls.agreed.schema import OUTCOMES
from calls.agreed.values import (
    LONGEST_FOLLOW_UP,
    LONGEST_SUMMARY,
    MOST_FOLLOW_UPS,
    Dropped,
    fit,
    one_line,
    shortened,
)
from calls.agreed.without_model import Form, Writing, outcome_of


class Unusable(ValueError):
    """It is not what was asked for at all."""


def checked(given: Any, material: Material, form: Form) -> Writing:
    """Raises Unusable."""
    if not isinstance(given, dict):
        raise Unusable("no object")
    summary = given.get("summary")
    if not isinstance(summary, str) or not one_line(summary):
        raise Unusable("no summary")
    values, dropped = fit(form, given.get("values"))
    outcome = given.get("outcome")
    if outcome not in OUTCOMES:
        dropped["outcome"], outcome = Dropped.NO_CHOICE.value, outcome_of(material)
    elif not _can_be(outcome, material):
        dropped["outcome"], outcome = Dropped.NOT_SO.value, outcome_of(material)
    follow_ups = given.get("follow_ups")
    lines = follow_ups if isinstance(follow_ups, list) else []
    told = (shortened(line, LONGEST_FOLLOW_UP) for line in lines if isinstance(line, str))
    return Writing(
        summary=shortened(summary, LONGEST_SUMMARY),
        outcome=outcome,
        values=values,
        follow_ups=[line for line in told if line][:MOST_FOLLOW_UPS],
        dropped=dropped,
    )


def _can_be(outcome: str, material: Material) -> bool:
    match outcome:
        case "message":
            return bool(material.messages)
        case "person":
            return material.was_held
        case "done":
            return material.was_answered or any(use.is_done for use in material.uses)
    return True
