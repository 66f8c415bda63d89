"""The wording of the audit and people pages: an event's detail in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.agreed.form_field import FormField
from calls.http_tools.callers_code import Asks
from calls.http_tools.http_tool import HttpTool
from calls.models import Agreed, Call, ToolUse
from calls.records.turn import Turn
from calls.telephony.phone_number import PhoneNumber
from dashboard.agreed import field_filters
from dashboard.calls.call_filter import CallFilter
from dashboard.people.required_steps import SECOND_STEP, due
from dashboard.people.roles import LABELS, role_of
from dashboard.templatetags.figures import DASH
from dashboard.words import HOLD_ENDS
from tuning.models import Trial

register = template.Library()
VALUES_OF = "values."
"""Before a field's name, as calls.agreed.correcting has it."""
LONGEST = 120
"""A number's instructions may be pages long."""
WRITTEN: dict[str, Any] = {
    field.name: field.verbose_name
    for model in (FormField, HttpTool, PhoneNumber)
    for field in model._meta.local_fields
}
FILTERS: dict[str, Any] = {
    name: field.label for name, field in CallFilter.base_fields.items() if field.label
}
NAMES: dict[str, Any] = (
    FILTERS
    | WRITTEN
    | {
        "before": _("before"),
        "after": _("after"),
        "changed": _("changed"),
        "used": _("with"),
        "refused": _("refused"),
        "held_by": _("the call was held by"),
        "renewed": _("renewed"),
        "invited": _("invited as"),
        "began": _("began"),
        "seconds": _("seconds"),
        "missed": _("sounds that were missed"),
        "how": _("how it ended"),
        "characters": _("characters"),
        "again": _("after its connection was lost"),
        "note": _("note"),
        "format": _("format"),
        "filters": _("filters"),
        "revision": _("revision"),
        "turn": _("turn"),
        "started": _("started on"),
        "share": _("share of the calls, %"),
        "ended": _("why it ended"),
        "over": _("over"),
        "knowledge": _("what it knows"),
        "summary": _("summary"),
        "outcome": _("outcome"),
        "follow_ups": _("left to do"),
        "moved": _("moved from place to place"),
        "settings": _("settings of"),
        "days": _("days"),
        "calls": _("calls in all"),
        "minutes_a_call": _("minutes a call"),
        "minutes_a_day": _("minutes a day"),
        "dollars_a_day": _("dollars a day"),
        "in_progress": _("calls in progress"),
        "personal": _("with personal data"),
        "hours": _("hours"),
        "closed_days": _("closed days"),
        "deleted": _("deleted"),
        "tried": _("tried"),
        "took_ms": _("milliseconds"),
        "schema": _("parameters"),
        "headers set": _("headers set"),
        "headers removed": _("headers removed"),
        "said": _("What the caller says"),
        "replay": _("replay"),
        "candidates": _("candidates"),
        "steps": _("steps"),
    }
)
"""The keys of AuditEvent.detail; one that is not here is shown as it is."""
VALUES: dict[str, Promise] = {
    "password": _("password"),
    "code": _("code"),
    "totp": _("authenticator app"),
    "recovery_codes": _("recovery codes"),
    "two-step": _("two-step sign-in"),
    "role": _("role"),
    "active": _("may sign in"),
    **HOLD_ENDS,
    **dict(Turn.Label.choices),
}
AS_TEXT = {"None": None, "True": True, "False": False, "on": True}
"""What was noted as Python or an address writes it."""
NOTHING: tuple[Any, ...] = ("", None, [], {})

TOLD_EMPTY = {"before", "after", "invited"}
"""Told even where it is nothing: there was none, or is none any more."""
FACTS = {"began", "refused", "again", "renewed", "personal"}
"""Words that say it all when it was so."""
WORDS: dict[str, dict[str, Any]] = {
    "ended": dict(Call.Ended.choices) | dict(Trial.State.choices),
    "over": dict(Trial.Measure.choices),
    "outcome": dict(Agreed.Outcome.choices),
    "kind": dict(FormField.Kind.choices),
    "asks_code": dict(Asks.choices),
    "via": dict(Call.Via.choices),
    "invited": LABELS,
}
"""Words that mean something only under these names."""
OF_ROLE: dict[str, dict[str, Any]] = {"before": LABELS, "after": LABELS}
OF_TOOL: dict[str, dict[str, Any]] = {"outcome": dict(ToolUse.Outcome.choices)}

register.filter("role_of", role_of)


@register.simple_tag
def exact_moment(at: datetime) -> SafeString:
    """To the second, with the year only while it is another."""
    local = timezone.localtime(at)
    day = "%d/%m" if local.year == timezone.localtime().year else "%d/%m/%Y"
    return format_html(
        '<time datetime="{}"><bdi dir="ltr">{}</bdi></time>',
        local.isoformat(timespec="seconds"),
        local.strftime(f"{day} %H:%M:%S"),
    )


@register.simple_tag(takes_context=True)
def is_second_step_due(context: dict[str, Any]) -> bool:
    return due(context["request"].user) == SECOND_STEP


@register.filter
def told(detail: Mapping[str, Any]) -> Iterator[tuple[Promise | str, str]]:
    """Its keys and values in words."""
    words = WORDS
    if detail.get("changed") == "role":
        words = WORDS | OF_ROLE
    elif "tried" in detail:
        words = WORDS | OF_TOOL
    for name, value in detail.items():
        own = words.get(name, {})
        if _is_nothing(value) and name not in TOLD_EMPTY:
            continue
        if name in FACTS and value is True:
            yield NAMES[name], ""
            continue
        said = value if name == "held_by" else _value(value, own)  # a name is no word of ours
        yield _name(name), Truncator(said).chars(LONGEST)


@register.filter
def role_word(role: str) -> Promise | str:
    return LABELS.get(role, role)


@register.filter
def value_word(value: str) -> Promise | str:
    return VALUES.get(value, value)


def _name(name: str) -> Promise | str:
    """values.NAME and field_NAME are of a number's form: what its fields are called is theirs."""
    for prefix in (VALUES_OF, field_filters.PREFIX):
        if name.startswith(prefix):
            return format_html("<bdi>{}</bdi>", name.removeprefix(prefix))
    known: Promise | str = NAMES.get(name, name)
    return known


def _is_nothing(value: Any) -> bool:
    """A list of nothing is that, too."""
    if isinstance(value, list):
        return all(each in (*NOTHING, "None") for each in value)
    return value in NOTHING


def _value(value: Any, own: Mapping[str, Any]) -> str:
    """own: words that it may be, before those that every value may be."""
    if isinstance(value, str):
        if value in own:
            return f"{own[value]}"
        value = AS_TEXT.get(value, value)
    match value:
        case _ if value in NOTHING:
            return DASH
        case bool():
            return gettext("yes") if value else gettext("no")
        case list():
            return ", ".join(_value(one, own) for one in value)
        case dict():
            return ", ".join(
                f"{NAMES.get(name, name)} {_value(one, own)}" for name, one in value.items()
            )
        case str() if value.startswith(("{'", '{"')):
            return "JSON"
        case str():
            return f"{VALUES.get(value, value)}"
    return f"{value}"
