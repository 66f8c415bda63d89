"""The three questions of a profile's form: where each stands, and what each place would set.

Rule: a question shows what the form's knobs say; it has no value of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dashboard.preferences import COOKIE_S
from tuning.forms import ProfileForm
from tuning.simple import QUESTIONS, Place, Question
from tuning.turns.knob import RULES, Knob, Text, Value
from tuning.turns.profile import KNOB

ALL = "all-knobs"
"""A cookie, and "all" in the address: every knob is shown (1), or the questions alone (0)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A knob that a question sets: its value on the form, and at each place."""

    knob: Knob
    label: Text
    value: Value
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer. by_rule: what it sets; whether that is hidden, for it is the
    other rule's."""

    question: Question
    place: Place
    by_rule: tuple[tuple[str, bool, tuple[Setting, ...]], ...]

    @property
    def word(self) -> Text:
        return self.question.places[self.place.number - 1]

    @property
    def table(self) -> str:
        """For static/js/questions.js."""
        return json.dumps(self.question.knobs)


def questions(form: ProfileForm) -> list[Asked]:
    knobs = form.valid
    return [
        Asked(
            question,
            question.place_of(knobs | {"endpointing": form.rule}),
            tuple((rule, rule != form.rule, _settings(question, rule, knobs)) for rule in RULES),
        )
        for question in QUESTIONS
    ]


def _settings(question: Question, rule: str, knobs: dict[str, Value]) -> tuple[Setting, ...]:
    return tuple(
        Setting(KNOB[name], KNOB[name].under(rule).label, knobs[name], values)
        for name, values in question.knobs[rule].items()
    )


def warned(form: ProfileForm) -> list[str]:
    """What is risky about the answers."""
    names = [name for question in QUESTIONS for name in question.knobs[form.rule]]
    return list(dict.fromkeys(text for name in names for text in form.warnings.get(name, ())))


def shows_all(request: HttpRequest, form: ProfileForm) -> bool:
    """A value that no call may run on is never hidden."""
    chosen = request.GET.get("all") or request.COOKIES.get(ALL, "")
    return chosen == "1" or any(form.errors.get(name) for name in KNOB)


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """What the address says, on this device, from the next page on."""
    if (chosen := request.GET.get("all")) in ("0", "1"):
        response.set_cookie(ALL, chosen, max_age=COOKIE_S, samesite="Lax")
