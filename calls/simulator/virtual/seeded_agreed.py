"""What was agreed in invented calls, and what their tools were asked: as if a model had written it
and a system had answered.

Rule: nothing of it is due, so no worker sends an invented call to a model.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from calls.models import Agreed, Call, FormField, ToolUse
from calls.simulator.virtual.seeded_lines import PAUSE_MARK, listed
from calls.telephony.phone_number import PhoneNumber


def write(call: Call, first_line: str) -> None:
    """first_line: what the caller said first, which tells the conversation."""
    told = _by_first_line()[first_line]
    Agreed.objects.create(
        call=call, summary=told["summary"], outcome=told["outcome"], values=told["values"],
        form=[field.as_kept for field in _form_of(call.number)] if call.number else [],
        follow_ups=told.get("follow_ups", []),
        by=Agreed.By.MODEL, written_at=call.settled_at, due_at=None,
    )  # fmt: skip
    ToolUse.objects.bulk_create(
        ToolUse(
            call=call, key=f"{call.call_sid}-{place}", attempts=1,
            began_at=call.started_at or call.rang_at, **{"outcome": "done"} | use,
        )
        for place, use in enumerate(told.get("tools", ()))
    )  # fmt: skip


def _form_of(number: PhoneNumber) -> list[FormField]:
    """The number's own; one that has none gets that of the list."""
    if not number.form_fields.exists():
        FormField.objects.bulk_create(
            FormField(number=number, position=place, **each)
            for place, each in enumerate(listed()["form"])
        )
    return list(number.form_fields.all())


@cache
def _by_first_line() -> dict[str, Any]:
    return {
        PAUSE_MARK.sub(" ", each["lines"][0][0]): each["agreed"]
        for each in listed()["conversations"]
    }
