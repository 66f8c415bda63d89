"""Marks the words that were searched for, wherever they were said."""

from __future__ import annotations

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from calls.records.turn import Turn

register = template.Library()
AROUND = 40
"""Characters of what was said that are shown on either side of the words."""


@register.filter
def marked(said: str, text: str) -> SafeString | str:
    """With <mark> around each place where the text stands."""
    if not text:
        return said
    parts = re.split(f"({re.escape(text)})", said, flags=re.IGNORECASE)
    return mark_safe(
        "".join(
            format_html("<mark>{}</mark>" if number % 2 else "{}", part)
            for number, part in enumerate(parts)
        )
    )


@register.filter
def found_in(turn: Turn, text: str) -> SafeString | str:
    """The words in what was said around them, by the caller or else by the agent."""
    for said in (turn.said, turn.answered):
        if at := re.search(re.escape(text), said, re.IGNORECASE):
            begin, end = max(0, at.start() - AROUND), at.end() + AROUND
            before, after = "…" if begin else "", "…" if end < len(said) else ""
            return marked(f"{before}{said[begin:end]}{after}", text)
    return ""
