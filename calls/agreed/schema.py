"""The JSON Schema of what a language model writes of a call, for strict structured output. Pure.

Rule: strict output leaves nothing out, so each field may be null: the model does not know it. What
a server may not hold a model to (lengths, dates) is checked afterwards (calls.agreed.values).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

OUTCOMES = ("done", "message", "person", "unfinished", "nothing")
TYPES = {"number": "number", "yes_no": "boolean"}
"""By kind; all others are texts."""
FORMS = {"date": "YYYY-MM-DD", "time": "HH:MM", "phone": "0501234567"}


class Field(Protocol):
    """What is needed of a FormField."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def choice_lines(self) -> Sequence[str]: ...
    @property
    def how_to_tell(self) -> str: ...


def schema_of(fields: Iterable[Field]) -> dict[str, Any]:
    return _object(
        summary={"type": "string"},
        outcome={"type": "string", "enum": [*OUTCOMES]},
        values=_object(**{field.name: _value(field) for field in fields}),
        follow_ups={"type": "array", "items": {"type": "string"}},
    )


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def _value(field: Field) -> dict[str, Any]:
    told = [field.label, field.how_to_tell.strip(), FORMS.get(field.kind, "")]
    value: dict[str, Any] = {
        "type": [TYPES.get(field.kind, "string"), "null"],
        "description": "\n".join(filter(None, told)),
    }
    if field.choice_lines:
        value["enum"] = [*field.choice_lines, None]
    return value
