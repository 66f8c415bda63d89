"""A trial's figures, in the units of their measures' labels."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboard.lab.trial_words import DASH, figure
from dashboard.templatetags.figures import ltr

register = template.Library()


@register.simple_tag
def trial_figure(measure: str, value: Any) -> SafeString:
    return ltr(figure(measure, value))


@register.simple_tag
def trial_change(measure: str, value: Any) -> SafeString:
    """A difference, with its sign."""
    return ltr(figure(measure, value, signed=True))


@register.simple_tag
def trial_range(measure: str, low: Any, high: Any) -> SafeString:
    """From one difference to another."""
    ends = [figure(measure, each, signed=True) for each in (low, high)]
    return ltr(ends[0] if ends[0] == DASH else " … ".join(ends))
