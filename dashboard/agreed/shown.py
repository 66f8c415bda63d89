"""What was agreed in a call, as pages and exports show it.

Rule: who may not see personal data is shown of a personal field only whether it has a value, and
of what else was written what is left where personal data is hidden (dashboard.people.personal), the
values of personal fields among it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import Agreed, Call
from calls.privacy.known import HIDDEN
from dashboard.people.personal import shown_words

WRITTEN_WITHIN = timedelta(minutes=5)
"""A worker that is there has written it by then, or says why not."""
WRITTEN = {"text", "phone", "number"}
"""Kinds in which a number can stand that is personal, whatever the form says."""


@dataclass(frozen=True, slots=True)
class ShownField:
    """value: as it is kept; None: nobody knows."""

    name: str
    label: str
    kind: str
    value: Any
    is_hidden: bool = False

    @property
    def words(self) -> str:
        """ "": nobody knows."""
        match self.kind, self.value:
            case _kind, None:
                return ""
            case "yes_no", bool() as value:
                return _("yes") if value else _("no")
            case "date", str() as value if not self.is_hidden:
                return f"{date.fromisoformat(value):%d/%m/%Y}"
        return f"{self.value}"

    @property
    def is_left_to_right(self) -> bool:
        return self.kind in {"number", "date", "time", "phone"} and not self.is_hidden


def agreed_of(call: Call) -> Agreed | None:
    try:
        found: Agreed = call.agreed
    except ObjectDoesNotExist:
        return None
    return found


def shown_fields(agreed: Agreed, *, sees_personal: bool) -> Iterator[ShownField]:
    """Of the form as it was when it was filled in."""
    known = agreed.personal_values
    for field, value in agreed.filled_form:
        is_hidden = field["is_personal"] and value is not None and not sees_personal
        if value is not None and field["kind"] in WRITTEN:
            left = shown_words(f"{value}", sees=sees_personal, known=known)
            if field["kind"] == "text":
                value = left
            else:
                is_hidden = is_hidden or left != f"{value}"
        shown = HIDDEN if is_hidden else value
        yield ShownField(field["name"], field["label"], field["kind"], shown, is_hidden)


def in_export(call: Call | None, *, sees: bool) -> dict[str, Any]:
    """By the names that exports have. None: of no call, for the names alone."""
    agreed = (call and agreed_of(call)) or Agreed()
    shown, known = shown_fields(agreed, sees_personal=sees), agreed.personal_values
    return {
        "agreed_outcome": agreed.outcome,
        "agreed_by": agreed.by,
        "summary": shown_words(agreed.summary, sees=sees, known=known),
        "follow_ups": [shown_words(each, sees=sees, known=known) for each in agreed.follow_ups],
        "fields": {each.name: each.value for each in shown},
    }


@dataclass(frozen=True, slots=True)
class ShownAgreed:
    """The card of a call's page. state: written, failed, waiting, untaken (no worker came), or
    none."""

    state: str
    agreed: Agreed | None
    fields: tuple[ShownField, ...] = ()

    @classmethod
    def of(cls, call: Call, *, sees_personal: bool) -> ShownAgreed:
        agreed = agreed_of(call)
        fields = shown_fields(agreed, sees_personal=sees_personal) if agreed else ()
        return cls(_state(call, agreed), agreed, tuple(fields))

    @property
    def asks_again_s(self) -> int:
        """After how long the page asks for it again; 0: never."""
        return 3 if self.state == "waiting" else 15 if self.is_tried_again else 0

    @property
    def is_tried_again(self) -> bool:
        """The model failed, and is asked again."""
        return bool(self.agreed and self.agreed.failure and self.agreed.due_at)


def _state(call: Call, agreed: Agreed | None) -> str:
    if agreed and agreed.is_written:
        return "written"
    if agreed and agreed.failure:
        return "failed"
    if call.ended_at is None or call.started_at is None:
        return "none"
    if timezone.now() - call.ended_at < WRITTEN_WITHIN:
        return "waiting"
    # One that was settled without a row is of a time before there was any.
    return "none" if call.settled_at and not agreed else "untaken"
