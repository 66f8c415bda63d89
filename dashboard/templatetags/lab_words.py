"""The wording of the lab's pages: figures before and after, and what a record cannot say."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.lab.comparison import Estimate
from calls.lab.replay import Replay
from calls.lab.summing_up import Changed
from dashboard.charts import thousands
from dashboard.templatetags.figures import DASH, ltr, ms
from tuning.lab.tried import CALL_ENDED, NEVER_JUDGED, REACTION, TurnTried

register = template.Library()
MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
UNKNOWN: dict[str, Promise] = {
    NEVER_JUDGED: gettext_lazy("the model would have been asked of words that it never judged"),
    REACTION: gettext_lazy(
        "the caller reacted to the recorded answer before it would have decided"
    ),
    CALL_ENDED: gettext_lazy("the call was over before it would have decided"),
}


@register.filter
def unknown_words(why: str) -> Promise | str:
    return UNKNOWN.get(why, why)


@register.filter
def failure_words(failure: str) -> Promise | str:
    """One that is not known stays as it is."""
    known = dict(Replay.Failure.choices)
    return known.get(failure, failure)


@register.simple_tag
def silence_of(turn: TurnTried) -> int:
    """From the speech end to the decision."""
    return turn.decided_ms - turn.spoke_until_ms


def _amount(value: float, is_share: bool) -> str:
    """Of a share in per cent, of a wait in milliseconds; without the unit."""
    return f"{value * 100:.1f}".replace("-", MINUS) if is_share else thousands(value)


def _unit(is_share: bool) -> str:
    return "%" if is_share else "ms"


@register.simple_tag
def before_after(before: float, after: float, is_share: bool) -> SafeString:
    return ltr(f"{_amount(before, is_share)} → {_amount(after, is_share)} {_unit(is_share)}")


@register.simple_tag
def amount(value: float, is_share: bool) -> SafeString:
    return ltr(f"{_amount(value, is_share)} {_unit(is_share)}")


@register.simple_tag
def before_after_count(before: int, after: int) -> SafeString:
    return ltr(f"{thousands(before)} → {thousands(after)}")


@register.simple_tag
def interval(found: Estimate, is_share: bool) -> SafeString:
    low, high = _amount(found.low, is_share), _amount(found.high, is_share)
    return ltr(f"{low}{DASH}{high} {_unit(is_share)}")


@register.simple_tag
def difference(found: Estimate, is_share: bool) -> SafeString:
    """With its sign, and its interval; between two shares in points."""
    value, low, high = (
        f"{'+' if each > 0 else ''}{_amount(each, is_share)}"
        for each in (found.value, found.low, found.high)
    )
    interval = ltr(f"({low}{SPACE}…{SPACE}{high})")
    if is_share:
        return format_html("{} {} {}", ltr(value), _("points"), interval)
    return format_html("{} {}", ltr(f"{value}{SPACE}ms"), interval)


@register.simple_tag
def silence_words(row: Changed) -> str:
    """For who does not see the bar."""
    told = []
    for side, said in ((row.live, _("as it is")), (row.candidate, _("candidate"))):
        if side is not None:
            told.append(
                _("%(side)s: asks for %(asked)s, decides after %(waited)s")
                % {
                    "side": said,
                    "asked": strip_tags(ms(side.asked_ms)),
                    "waited": strip_tags(ms(side.wait_ms)),
                }
            )
    return "; ".join(told)
