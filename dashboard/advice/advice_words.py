"""Advice in words: what a step brings, and what it costs, always together."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.lab.advice import Advice, Advised, Step
from calls.lab.comparison import Estimate
from dashboard.charts import thousands
from dashboard.lab.sentence import between
from dashboard.templatetags.figures import ltr, number, say
from tuning.turns.profile import FRAME_MS, KNOB

WAITS = {
    "p50_short": gettext_lazy("for the median caller after a short utterance"),
    "p95_short": gettext_lazy("for the slowest 5 % after short utterances"),
    "p50_long": gettext_lazy("for the median caller after a long utterance"),
    "p95_long": gettext_lazy("for the slowest 5 % after long utterances"),
}


@dataclass(frozen=True, slots=True)
class ShownAdvice:
    step: Step
    title: SafeString
    brings: SafeString
    costs: SafeString
    """The opposite risk."""

    @classmethod
    def of(cls, advice: Advice, rule: str) -> ShownAdvice:
        """rule: the live profile's, under which a knob has its name."""
        step = advice.step
        title = format_html(
            "{} {}",
            say(KNOB[step.knob].under(rule).label),
            signed(step.after - step.before, KNOB[step.knob].unit),
        )
        if advice.fewer_cut_ins:
            return cls(step, title, _fewer(advice.cut_ins_a_week), _waits(advice))
        return cls(step, title, _sooner(advice), _more(advice.cut_ins_a_week))


def signed(value: float, unit: str) -> SafeString:
    """With its sign, even where it is more."""
    return ltr(f"{'+' if round(value) > 0 else ''}{thousands(value)} {unit}".strip())


def rests_on(found: Advised) -> SafeString:
    said = _("Based on {turns} turns of {calls} calls.")
    return format_html(said, turns=number(found.turns), calls=number(found.calls))


def _fewer(a_week: Estimate) -> SafeString:
    fewer = max(1, round(-a_week.value))
    said = ngettext(
        "{fewer} fewer cut-in a week ({low} to {high})",
        "{fewer} fewer cut-ins a week ({low} to {high})",
        fewer,
    )
    low, high = floor(-a_week.high), ceil(-a_week.low)
    return format_html(said, fewer=number(fewer), low=number(low), high=number(high))


def _waits(advice: Advice) -> SafeString:
    """The median caller's, and whoever waits noticeably longer than that."""
    said = format_html(_("{by} for the median caller"), by=signed(advice.median_ms.value, "ms"))
    if advice.wait_ms.value - advice.median_ms.value < FRAME_MS:
        return said
    most = format_html("{} {}", signed(advice.wait_ms.value, "ms"), WAITS[advice.wait])
    return format_html("{}, {}", said, most)


def _sooner(advice: Advice) -> SafeString:
    wait = advice.wait_ms
    low, high = signed(wait.high, ""), signed(wait.low, "")
    amount = signed(wait.value, "ms")
    said = _("{amount} {whom} ({low} to {high})")
    return format_html(said, amount=amount, whom=WAITS[advice.wait], low=low, high=high)


def _more(a_week: Estimate) -> SafeString:
    more = round(a_week.value)
    if more <= 0:
        said = _("no more cut-ins a week ({between})")
    else:
        said = ngettext(
            "{more} more cut-in a week ({between})",
            "{more} more cut-ins a week ({between})",
            more,
        )
    return format_html(said, more=number(more), between=between(a_week))
