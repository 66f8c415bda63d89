"""What was agreed, as far as messages and tools alone tell. Pure.

Rules: nothing is concluded from words. An outcome is a fact: a person had the floor, a message was
taken, a tool did it; unfinished where the last use of a tool failed (who uses one had a request) or
the call broke off; nothing where the caller said nothing. All others are not judged (""). Of the
tools, only the last act that was done fills fields, or the last look-up where nothing acted: who
books and then cancels has no appointment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.agreed.material import End, Material, Use
from calls.agreed.values import LONGEST_FOLLOW_UP, LONGEST_SUMMARY, fit, one_line, shortened
from calls.language.language import AfterCallTexts
from calls.services import Message

NAMES = frozenset({"name", "caller_name", "customer_name", "contact_name", "full_name"})
NUMBERS = frozenset({"number", "phone", "telephone", "phone_number", "callback", "mobile"})
REASONS = frozenset({"reason", "request", "subject", "matter", "message"})
"""Fields that a message fills. A form's only field for a telephone number is filled, whatever its
name."""
Form = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Writing:
    """What is kept of it; see Agreed."""

    summary: str
    outcome: str
    values: Mapping[str, Any] = field(default_factory=dict)
    follow_ups: Sequence[str] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)


def written(material: Material, form: Form, texts: AfterCallTexts) -> Writing:
    # A later message corrects an earlier one.
    taken = [_words(message, texts) for message in material.messages[-1:]]
    done = [texts.tool_done.format(use=_asked(use, form)) for use in material.uses
            if use.is_done and use.acts]  # fmt: skip
    summary = [*done, *(texts.message_taken.format(message=each) for each in taken)]
    outcome, last = outcome_of(material), material.last_use
    left = [texts.call_back.format(message=each) for each in taken]
    if outcome == "unfinished" and last and last.has_failed:
        left.append(texts.tool_failed.format(use=_asked(last, form)))
    return Writing(
        summary=shortened(" ".join(map(_sentence, dict.fromkeys(summary))), LONGEST_SUMMARY),
        outcome=outcome,
        values=_values(material, form),
        follow_ups=[shortened(each, LONGEST_FOLLOW_UP) for each in left],
    )


def outcome_of(material: Material) -> str:
    """One of Agreed.Outcome; "": it cannot be known without reading the words."""
    if material.was_held:
        return "person"
    if material.messages:
        return "message"
    if last := material.last_use:
        if last.has_failed:
            return "unfinished"
        if any(use.is_done and use.acts for use in material.uses):
            return "done"
    elif not material.has_callers_words:
        return "nothing"
    if material.end is End.BROKEN:
        return "unfinished"
    return "done" if last and last.is_done else ""


def _values(material: Material, form: Form) -> dict[str, Any]:
    """A tool's arguments go before a message's parts, and a later message before an earlier one."""
    values = dict[str, Any]()
    for message in material.messages:
        values |= fit(form, dict(_parts(message, form)))[0]
    done = [use for use in material.uses if use.is_done]
    for use in ([use for use in done if use.acts] or done)[-1:]:
        values |= fit(form, use.given)[0]
    return values


def _asked(use: Use, form: Form) -> str:
    """Its name, and with what: the texts and numbers, but those that the form calls personal."""
    labels = {field["name"]: field["label"] for field in form if not field["is_personal"]}
    personal = {field["name"] for field in form if field["is_personal"]}
    given = [
        f"{labels.get(name, name)} {one_line(f'{value}')}"
        for name, value in use.given.items()
        if name not in personal and value != ""
        and isinstance(value, str | int | float) and not isinstance(value, bool)
    ]  # fmt: skip
    return ": ".join(filter(None, (use.name, ", ".join(given))))


def _sentence(text: str) -> str:
    """With one stop, whatever the words that it ends in end with."""
    return re.sub(r"([.?!…])\s*\.$", r"\1", text)


def _parts(message: Message, form: Form) -> Iterator[tuple[str, str]]:
    phones = [field["name"] for field in form if field["kind"] == "phone"]
    for each in form:
        name, kind = each["name"], each["kind"]
        if kind == "phone" and (name in NUMBERS or phones == [name]):
            yield name, message.number
        elif kind == "text" and name in NAMES:
            yield name, message.name
        elif kind == "text" and name in REASONS:
            yield name, message.reason


def _words(message: Message, texts: AfterCallTexts) -> str:
    who = ", ".join(filter(None, (message.name, message.number)))
    return ": ".join(filter(None, (who or texts.unnamed, message.reason)))
