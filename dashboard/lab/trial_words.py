"""A trial in words: its figures in the units of their labels, and how it stands or ended."""

from __future__ import annotations

from math import isnan
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.charts import thousands
from tuning.lab import trial_rule
from tuning.lab.sequential import Difference
from tuning.models import Trial

IN_MS = (trial_rule.LONG, trial_rule.SHORT)
DASH = "\N{EN DASH}"


def scaled(measure: str, value: float) -> float:
    """In the unit that the measure's label names: ms, per cent, or in a hundred calls."""
    return value if measure in IN_MS else value * 100


def figure(measure: str, value: Any, *, signed: bool = False) -> str:
    if value is None or isnan(value):
        return DASH
    in_unit = scaled(measure, float(value))
    places = 2 if 0 < abs(in_unit) < 0.05 else 1  # what is not nothing does not look so
    text = thousands(abs(in_unit)) if measure in IN_MS else f"{abs(in_unit):,.{places}f}"
    if in_unit == 0 or (in_unit > 0 and not signed):
        return text
    return f"{'-' if in_unit < 0 else '+'}{text}".replace("-", "\N{MINUS SIGN}")


def sentence(trial: Trial, calls: int, live: Any, candidate: Any, seen: Difference | None) -> str:
    """How it stands or ended: the measure that it is about (`trial.ended_over`, or what decides) on
    both sides, and the difference."""
    over = trial.ended_over or trial.decides
    words = {
        "calls": thousands(calls),
        "needed": thousands(trial.calls_needed),
        "measure": trial.Measure(over).label,
        "live": figure(over, live),
        "candidate": figure(over, candidate),
        "low": figure(over, seen and seen.low, signed=True),
        "high": figure(over, seen and seen.high, signed=True),
        "least": figure(trial.decides, trial.least_effect),
        "reason": trial.reason,
    }
    state = Trial.State
    texts = {
        state.RUNNING: _("Not decided yet, after %(calls)s of at most %(needed)s calls."),
        state.CANDIDATE: _(
            "The candidate is better. %(measure)s: %(live)s live, %(candidate)s with the "
            "candidate; the difference lies between %(low)s and %(high)s."
        ),
        state.LIVE: _(
            "The live revision is better. %(measure)s: %(live)s live, %(candidate)s with the "
            "candidate; the difference lies between %(low)s and %(high)s."
        ),
        state.NO_DIFFERENCE: _(
            "After %(calls)s calls no difference was shown. %(measure)s: %(live)s live, "
            "%(candidate)s with the candidate; the difference lies between %(low)s and %(high)s, "
            "and the least worth having was %(least)s."
        ),
        state.GUARD: _(
            "A guard broke, and new calls went back to the live revision at once. %(measure)s: "
            "%(live)s live, %(candidate)s with the candidate."
        ),
        state.DATE: _("Its last day came after %(calls)s of %(needed)s calls, and undecided."),
        state.HAND: _("It was ended by hand: %(reason)s"),
        state.PUBLICATION: _("Another revision of the profile was published, which ended it."),
    }
    return texts[state(trial.state)] % words


def missing(trial: Trial, calls: int) -> str:
    """How many calls may still come; "": it has ended, or is about to."""
    left = trial.calls_needed - calls
    if not trial.is_running or left <= 0:
        return ""
    text = ngettext("At most %(calls)s more call.", "At most %(calls)s more calls.", left)
    return text % {"calls": thousands(left)}
