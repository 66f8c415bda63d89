"""Personal data on pages: whole for who may see it, hidden for everybody else.

{% personal turn.said %} for words, {% personal turn.said text %} with the places of a search
marked, {% personal_found turn text %} for what stands around them; {% personal_number
message.number %}, {% personal_name message.name %}. A page knows who looks by its request; what a
socket shows is told whether they see it (`sees_personal`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from calls.records.turn import Turn
from dashboard.people.personal import may_see_personal, shown_name, shown_number, shown_words
from dashboard.templatetags.figures import code

register = template.Library()
AROUND = 40
"""Characters of what was said that are shown on either side of the words of a search."""


@register.simple_tag(takes_context=True, name="sees_personal")
def sees(context: Mapping[str, Any]) -> bool:
    told = context.get("sees_personal")
    if told is not None:
        return bool(told)
    user = getattr(context.get("request"), "user", None)
    return user is not None and may_see_personal(user)


@register.simple_tag(takes_context=True)
def personal(
    context: Mapping[str, Any], text: str, found: str = "", known: Iterable[object] = ()
) -> SafeString | str:
    """With <mark> around each place where `found` stands. known: personal values that are known."""
    return _marked(shown_words(text, sees=sees(context), known=known), found)


@register.simple_tag(takes_context=True)
def personal_found(context: Mapping[str, Any], turn: Turn, text: str) -> SafeString | str:
    """The words of a search in what was said around them, by the caller or else by the agent."""
    for words in (turn.said, turn.answered):
        said = shown_words(words, sees=sees(context))
        if at := re.search(re.escape(text), said, re.IGNORECASE):
            begin, end = max(0, at.start() - AROUND), at.end() + AROUND
            before, after = "…" if begin else "", "…" if end < len(said) else ""
            return _marked(f"{before}{said[begin:end]}{after}", text)
    return ""


@register.simple_tag(takes_context=True)
def personal_number(context: Mapping[str, Any], number: str) -> SafeString:
    return code(shown_number(number, sees=sees(context)))


@register.simple_tag(takes_context=True)
def personal_name(context: Mapping[str, Any], name: str) -> str:
    return shown_name(name, sees=sees(context))


def _marked(said: str, text: str) -> SafeString | str:
    if not text:
        return said
    parts = re.split(f"({re.escape(text)})", said, flags=re.IGNORECASE)
    return mark_safe(
        "".join(
            format_html("<mark>{}</mark>" if number % 2 else "{}", part)
            for number, part in enumerate(parts)
        )
    )
