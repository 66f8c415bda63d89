"""Numbers in a page of either direction: each is in <bdi dir="ltr">, so that it reads right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from dashboard.charts import thousands
from dashboard.words import (
    CARRIER_STATUSES,
    DISMISSALS,
    DROPS,
    ENGINES,
    HOLD_ENDS,
    NOTES,
    PERSON_WHYS,
    ROLES,
    RULES,
    STAGES,
    STATES,
    WAIT_PARTS,
    Words,
    how_ended,
    stream_error,
)
from tuning.turns.knob import Text, Value
from tuning.turns.profile import KNOB

register = template.Library()
DASH = "\N{EN DASH}"
WORDS: dict[str, Words] = {
    "rule": RULES,
    "state": STATES,
    "person": PERSON_WHYS,
    "dismissal": DISMISSALS,
    "drop": DROPS,
    "hold end": HOLD_ENDS,
    "stage": STAGES,
    "part": WAIT_PARTS,
    "note": NOTES,
    "role": ROLES,
    "reported": CARRIER_STATUSES,
}
JUDGES = ("local: ", "model: ", "rule: ")
"""The parts of a silence in which one of them says something (tuning.turns.endpointing)."""
NUMBER = re.compile(
    r"(?<![&#\w])(?:(?:\+\d+|0\d+)(?:[ -]\d{2,})*[ -]\d{3,}"
    r"|[-−+]?\d+(?:[.,:/–-]\d+)*(?:\s?[–-]\s?\d+(?:[.,]\d+)*)?(?:\s?%|\s?ms\b)?)"
)


def ltr(text: object) -> SafeString:
    return format_html('<bdi dir="ltr">{}</bdi>', text)


@register.simple_tag
def ms(value: float | str | None) -> SafeString | str:
    """A template gives "" for what is not there."""
    return DASH if value is None or isinstance(value, str) else ltr(f"{thousands(value)} ms")


@register.simple_tag
def wait_sum(parts: Mapping[str, int]) -> SafeString:
    """A silence as the sum of its named parts; what a judge said stands there though it changed
    nothing, by its name alone."""
    signed = [(name, value) for name, value in parts.items() if value or name.startswith(JUDGES)]
    terms = [
        format_html(
            "{} <bdi>{}</bdi> {}",
            _sign(value, is_first=not index),
            words(name, "part"),
            ltr(thousands(abs(value))) if value else "",
        )
        for index, (name, value) in enumerate(signed)
    ]
    total = ms(sum(parts.values()))
    if len(terms) < 2:
        return format_html("<strong>{}</strong>", total)
    return format_html(
        "{} = <strong>{}</strong>",
        format_html_join(" ", '<span class="term">{}</span>', ((t,) for t in terms)),
        total,
    )


def _sign(value: int, *, is_first: bool) -> str:
    if value < 0:
        return "\N{MINUS SIGN}"
    return "" if is_first else "+" if value else "\N{MIDDLE DOT}"


@register.simple_tag
def number(value: float | None) -> SafeString | str:
    return DASH if value is None else ltr(thousands(value))


@register.simple_tag
def knob_value(name: str, value: Value | None) -> SafeString | str:
    """A knob's value with its unit; a switch or a choice in words."""
    if value is None:
        return DASH
    if KNOB[name].is_switch:
        return gettext("on") if value else gettext("off")
    if value in KNOB[name].choices:
        return say(KNOB[name].choices[f"{value}"])
    if isinstance(value, str):  # as it was typed
        return ltr(value)
    return ltr(f"{value:,} {KNOB[name].unit}".strip())


@register.simple_tag
def knob_is(name: str, value: Value, rule: str = "") -> SafeString | str:
    """A knob's name and value; of one that no longer exists, as they were stored."""
    if name not in KNOB:
        return ltr(f"{name} {value}")
    return format_html("{} {}", say(KNOB[name].under(rule).label), knob_value(name, value))


@register.simple_tag
def knob_change(name: str, before: Value, after: Value) -> SafeString:
    """What a knob was and what it became."""
    sides = [strip_tags(knob_value(name, each)) for each in (before, after)]
    if KNOB[name].is_number:
        return ltr(" → ".join(sides))
    # The words of two choices would change places in Hebrew, and the arrow would not.
    return ltr(format_html("<bdi>{}</bdi> → <bdi>{}</bdi>", *sides))


@register.simple_tag
def range_of(low: float, high: float, unit: str = "") -> SafeString:
    return ltr(f"{thousands(low)}{DASH}{thousands(high)} {unit}".strip())


@register.simple_tag
def clock(length: timedelta | float | None) -> SafeString | str:
    """A length of time as minutes and seconds."""
    if length is None:
        return DASH
    seconds = int(length.total_seconds() if isinstance(length, timedelta) else length)
    return ltr(f"{seconds // 60}:{seconds % 60:02}")


@register.simple_tag
def moment(at: datetime | None) -> SafeString | str:
    """A date and time, without the year while it is this one."""
    if at is None:
        return DASH
    local = timezone.localtime(at)
    pattern = "%d/%m %H:%M" if local.year == timezone.localtime().year else "%d/%m/%Y %H:%M"
    return format_html(
        '<time datetime="{}"><bdi dir="ltr">{}</bdi></time>',
        local.isoformat(timespec="seconds"),
        local.strftime(pattern),
    )


@register.simple_tag
def second_of(at: datetime) -> SafeString:
    """A time of day."""
    return ltr(timezone.localtime(at).strftime("%H:%M:%S"))


@register.simple_tag
def share(value: float | None) -> SafeString | str:
    """A part of a whole, 0 to 1, in percent."""
    return DASH if value is None else ltr(f"{value:.0%}")


@register.filter
def as_percent(value: float) -> str:
    """A small part of a whole, 0 to 1, for a text that is itself from left to right."""
    return f"{value * 100:.1f} %"


@register.simple_tag
def percentage(value: float | str | None) -> SafeString | str:
    """A small part of a whole, 0 to 1."""
    return DASH if value is None or isinstance(value, str) else ltr(as_percent(value))


@register.simple_tag
def span_of(from_ms: float | None, until_ms: float | None) -> SafeString:
    """From when to when, as a player tells the time."""
    times = [
        DASH if at is None else f"{int(at // 60_000)}:{at / 1000 % 60:04.1f}"
        for at in (from_ms, until_ms)
    ]
    return ltr(f" {DASH} ".join(times))


@register.simple_tag
def percentages(low: float, high: float) -> SafeString:
    """From one small part of a whole to another."""
    return ltr(f"{low * 100:.1f}{DASH}{high * 100:.1f} %")


@register.simple_tag
def moment_text(at: datetime) -> str:
    """A date and time, for SVG."""
    return timezone.localtime(at).strftime("%d/%m %H:%M")


@register.simple_tag
def revision(of: Any) -> SafeString | str:
    """Of a row, or of its number."""
    if of is None:
        return DASH
    return ltr(f"r{of}" if isinstance(of, int) else of.sign)


@register.simple_tag
def candidate(trial: int) -> SafeString:
    """What a trial's candidate is called, as Revision.sign."""
    return ltr(f"t{trial}")


@register.filter
def code(text: object) -> SafeString:
    """A name or a number that is written from left to right in every language."""
    return ltr(text)


@register.filter
def isolated(text: object) -> SafeString:
    """A sentence with each of its numbers in a direction of its own: one of several parts, like a
    telephone number or a date, is one."""
    escaped = conditional_escape(str(text))
    return mark_safe(NUMBER.sub(lambda found: ltr(mark_safe(found[0])), escaped))


@register.filter
def words(text: str, kind: str) -> Promise | str:
    """What a short string of the core is called; one that is not known stays as it is."""
    return WORDS[kind].get(text, text)


@register.simple_tag
def say(text: Text) -> SafeString:
    """A knob's text in the page's language."""
    return isolated(text.in_language(get_language() or "he"))


@register.filter
def engines(names: str) -> SafeString:
    """`Call.engines`, in words; what a product is called stays."""
    return format_html_join(" · ", "{}", ((_engine(name),) for name in names.split(" · ") if name))


def _engine(name: str) -> SafeString:
    for pattern, text in ENGINES:
        if found := re.fullmatch(pattern, name):
            return format_html(
                "<bdi>{}</bdi>", format_html(f"{text}", product=ltr("".join(found.groups())))
            )
    return ltr(name)


register.filter("stream_error", stream_error)
register.filter("how_ended", how_ended)


@register.filter
def at(mapping: Mapping[str, Any], name: str) -> Any:
    return mapping.get(name)


@register.filter
def unlocalized(value: float) -> str:
    """A number for SVG, whatever the page's language writes as a decimal point."""
    return f"{value:g}"


@register.simple_tag
def clock_of(span_ms: int) -> SafeString:
    """A length of speech in seconds."""
    return ltr(f"{span_ms / 1000:.1f} s")


@register.filter
def seconds_of(milliseconds: float) -> str:
    """For within an isolated run of digits."""
    return f"{milliseconds / 1000:.1f}"
