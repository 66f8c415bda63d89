"""What was agreed, as far as messages and tools alone tell. Pure.

Rule: nothing is concluded from words. An outcome is a fact: a person had the floor, a message was
taken, a tool did it; else nothing, or unfinished where the call broke off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.agreed.material import End, Material
from calls.agreed.values import fit
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
    done = [texts.tool_done.format(name=use.name) for use in material.uses
            if use.is_done and use.acts]  # fmt: skip
    summary = [*done, *(texts.message_taken.format(message=each) for each in taken)]
    return Writing(
        summary=" ".join(dict.fromkeys(summary)),
        outcome=outcome_of(material),
        values=_values(material, form),
        follow_ups=[texts.call_back.format(message=each) for each in taken],
    )


def outcome_of(material: Material) -> str:
    """One of Agreed.Outcome."""
    if material.was_held:
        return "person"
    if material.messages:
        return "message"
    if any(use.is_done and use.acts for use in material.uses):
        return "done"
    if not material.has_callers_words:
        return "nothing"
    if material.end is End.BROKEN:
        return "unfinished"
    return "done" if any(use.is_done for use in material.uses) else "nothing"


def _values(material: Material, form: Form) -> dict[str, Any]:
    """A tool's arguments go before a message's parts, and a later use before an earlier one."""
    values = dict[str, Any]()
    for message in material.messages:
        values |= fit(form, dict(_parts(message, form)))[0]
    for use in material.uses:
        if use.is_done:
            values |= fit(form, use.given)[0]
    return values


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
