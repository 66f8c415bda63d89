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

from calls.records.turn import Turn
from dashboard.people.required_steps import SECOND_STEP, due
from dashboard.people.roles import LABELS, role_of
from dashboard.words import HOLD_ENDS
from tuning.models import Trial

register = template.Library()
LONGEST = 120
"""A number's instructions may be pages long."""
NAMES: dict[str, Promise] = {
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
    "settings": _("settings of"),
    "days": _("days"),
    "calls": _("calls in all"),
    "minutes_a_call": _("minutes a call"),
    "minutes_a_day": _("minutes a day"),
    "dollars_a_day": _("dollars a day"),
    "in_progress": _("calls in progress"),
    "personal": _("with personal data"),
}
"""The keys of AuditEvent.detail; one that is not here is shown as it is."""
VALUES: dict[str, Promise] = LABELS | {
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

FACTS = {"began", "refused", "again", "renewed", "personal"}
"""Words that say it all when it was so."""
TRIAL_WORDS = {"ended": dict(Trial.State.choices), "over": dict(Trial.Measure.choices)}
"""Words that mean something only under these names."""

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
    for name, value in detail.items():
        if value in ("", None, [], {}):
            continue
        if name in TRIAL_WORDS:
            value = TRIAL_WORDS[name].get(value, value)
        if name in FACTS and value is True:
            yield NAMES[name], ""
            continue
        words = value if name == "held_by" else _value(value)  # a name is no word of ours
        yield NAMES.get(name, name), Truncator(words).chars(LONGEST)


@register.filter
def value_word(value: str) -> Promise | str:
    return VALUES.get(value, value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{NAMES.get(name, name)} {_value(one)}" for name, one in value.items())
    return f"{VALUES.get(value, value)}" if isinstance(value, str) else f"{value}"
