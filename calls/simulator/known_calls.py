"""Calls that are over, put to the language model that answers: does it write what was agreed?

Rule: it is asked and checked as after a call; what is counted is what would be kept. A field is
right if its value is one that the file names, or if it is left open where the file names none.
"""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from calls.agreed import of_model
from calls.agreed.form_field import FormField
from calls.agreed.material import Material, Use
from calls.agreed.schema import schema_of
from calls.agreed.without_model import Writing
from calls.language.language import Language
from calls.measures.shares import wilson
from calls.services import By, HistoryLine, Message, ServiceFailed
from calls.services.judging import Malformed
from calls.services.summarising import Summariser

SPEAKERS = {"ק": By.CALLER, "מ": By.AGENT, "נ": By.PERSON}


@dataclass(frozen=True, slots=True)
class KnownCall:
    """values: by field, the ways in which each may be written; outcomes: those that are right."""

    form: str
    material: Material
    fields: tuple[FormField, ...]
    outcomes: tuple[str, ...]
    values: dict[str, Any]

    def is_right(self, name: str, value: Any) -> bool:
        if name not in self.values or value is None:
            return name not in self.values and value is None
        wanted = self.values[name]
        if not isinstance(wanted, str):
            return type(value) is type(wanted) and bool(value == wanted)
        kind = next(field.kind for field in self.fields if field.name == name)
        return any(
            way in value if kind == FormField.Kind.TEXT else way == value
            for way in wanted.split("|")
        )


@dataclass(frozen=True, slots=True)
class Written:
    """failure: why there is nothing."""

    call: KnownCall
    writing: Writing = field(default_factory=lambda: Writing("", ""))
    failure: str = ""

    @property
    def known(self) -> list[bool]:
        """Of each field that has a value: whether it is right."""
        return [self._is_right(name) for name in self.call.values]

    @property
    def unknown(self) -> list[bool]:
        """Of each other field: whether it is left open."""
        names = (each.name for each in self.call.fields)
        return [self._is_right(name) for name in names if name not in self.call.values]

    @property
    def has_outcome(self) -> bool:
        return self.writing.outcome in self.call.outcomes

    @property
    def wrong(self) -> list[str]:
        """What is, in words."""
        found = [f"{each.name} = {self.writing.values.get(each.name)!r}"
                 for each in self.call.fields if not self._is_right(each.name)]  # fmt: skip
        if not self.has_outcome:
            found.append(f"outcome = {self.writing.outcome!r}")
        return found

    def _is_right(self, name: str) -> bool:
        return not self.failure and self.call.is_right(name, self.writing.values.get(name))


def read(path: Path) -> list[KnownCall]:
    """Raises Malformed and OSError."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        forms = {
            name: tuple(FormField(**{"kind": "text"} | each) for each in fields)
            for name, fields in data["forms"].items()
        }
        return [_call(each, forms[each["form"]]) for each in data["calls"]]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise Malformed(f"{path}: {error!r}") from None


def _call(given: dict[str, Any], fields: tuple[FormField, ...]) -> KnownCall:
    lines = [line.split(" ", 1) for line in given["lines"]]
    material = Material(
        lines=[HistoryLine(SPEAKERS[who], words) for who, words in lines],
        messages=[Message(**each) for each in given.get("messages", ())],
        uses=[Use(**each) for each in given.get("uses", ())],
        was_held=given.get("was_held", False),
        began_at=given["at"],
    )
    if unknown := set(given["values"]) - {each.name for each in fields}:
        raise ValueError(f"no field {unknown}")
    return KnownCall(
        given["form"], material, fields, tuple(given["outcome"].split("|")), given["values"]
    )


async def ask_all(
    model: Summariser, calls: Sequence[KnownCall], language: Language, at_once: int
) -> list[Written]:
    """In their order. The first is asked alone: what fails there is raised (ServiceFailed)."""
    first = await _ask(model, calls[0], language)
    free = asyncio.Semaphore(at_once)

    async def one(call: KnownCall) -> Written:
        async with free:
            try:
                return await _ask(model, call, language)
            except ServiceFailed as error:
                return Written(call, failure=f"{error}")

    return [first, *await asyncio.gather(*map(one, calls[1:]))]


async def _ask(model: Summariser, call: KnownCall, language: Language) -> Written:
    texts = language.instructions
    given = await model.summarise(
        texts.after_call.rules, call.material.told(texts), schema_of(call.fields)
    )
    form = [each.as_kept for each in call.fields]
    try:
        return Written(call, of_model.checked(given, call.material, form))
    except of_model.Unusable as error:
        return Written(call, failure=f"it did not keep to the schema ({error})")


def as_json(written: Sequence[Written]) -> dict[str, Any]:
    return {
        "calls": [
            {
                "form": each.call.form,
                "summary": each.writing.summary,
                "outcome": each.writing.outcome,
                "values": dict(each.writing.values),
                "follow_ups": list(each.writing.follow_ups),
                "dropped": dict(each.writing.dropped),
                "wrong": each.wrong,
                "failure": each.failure,
            }
            for each in written
        ]
    }


def table(written: Sequence[Written]) -> str:
    known = [is_right for each in written for is_right in each.known]
    unknown = [is_right for each in written for is_right in each.unknown]
    lines = [
        f"fields with the right value         {_share(known)}",
        f"unknown fields that are left open   {_share(unknown)}",
        f"the right outcome                   {_share([each.has_outcome for each in written])}",
    ]
    for number, each in enumerate(written, 1):
        if each.wrong:
            lines.append(f"\n{number} ({each.call.form}): {each.failure or ', '.join(each.wrong)}")
            lines.append(f"  {each.writing.summary}")
    return "\n".join(lines) + "\n"


def _share(right: Sequence[bool]) -> str:
    low, high = wilson(sum(right), len(right))
    return f"{sum(right)} of {len(right)} (95 %: {low:.0%} to {high:.0%})"
