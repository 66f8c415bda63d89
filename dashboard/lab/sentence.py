"""What a replay found, in words: the first line of its page and of what else weighs a candidate."""

from __future__ import annotations

from datetime import datetime
from math import ceil, floor

from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from calls.lab.comparison import Comparison, Estimate
from calls.lab.figures import ENOUGH_CALLS
from dashboard.templatetags.figures import DASH, ltr, number, percentage

SAME_MS = 10
"""A difference that nobody hears."""
SAID = {
    ("long", "sooner"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard {by} ms "
        "sooner at the median after long utterances."
    ),
    ("long", "later"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard {by} ms "
        "later at the median after long utterances."
    ),
    ("long", "same"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard as soon "
        "as they were at the median after long utterances."
    ),
    ("short", "sooner"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard {by} ms "
        "sooner at the median after short utterances."
    ),
    ("short", "later"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard {by} ms "
        "later at the median after short utterances."
    ),
    ("short", "same"): gettext_lazy(
        "On {calls} calls of {dates}, the answers under {candidate} would have been heard as soon "
        "as they were at the median after short utterances."
    ),
    ("", ""): gettext_lazy(
        "On {calls} calls of {dates}, too few answers can be compared under {candidate}."
    ),
}
"""Of the callers whose waits change most; where nobody's do, those who wait longest."""


def sentence(
    comparison: Comparison, candidate: str, since: datetime | None, until: datetime | None
) -> SafeString:
    """candidate: what the page calls it, like "the draft"; since, until: when the first and the
    last of the calls rang."""
    cut_ins = _cut_ins(comparison)
    if cut_ins is None or since is None or until is None:
        said = ngettext(
            "{calls} call is too few to say; {needed} are needed.",
            "{calls} calls are too few to say; {needed} are needed.",
            comparison.calls,
        )
        return format_html(said, calls=number(comparison.calls), needed=number(ENOUGH_CALLS))
    after, by_ms = _median(comparison)
    way = (
        "" if not after else "same" if abs(by_ms) < SAME_MS else "later" if by_ms > 0 else "sooner"
    )
    waits = format_html(
        f"{SAID[after, way]}",
        calls=number(comparison.calls),
        dates=_days(since, until),
        candidate=candidate,
        by=number(abs(by_ms)),
    )
    return format_html("{} {}", waits, cut_ins)


def unknown(comparison: Comparison) -> SafeString | str:
    """What the record could not say; "": it could say everything."""
    if not comparison.unknown:
        return ""
    said = ngettext(
        "What would have become of {turns} turn the record cannot say: the figures are without "
        "it, and the range of the cut-ins holds whatever it would have been.",
        "What would have become of {turns} turns the record cannot say: the figures are without "
        "them, and the range of the cut-ins holds whatever they would have been.",
        comparison.unknown,
    )
    return format_html(said, turns=number(comparison.unknown))


def between(found: Estimate) -> SafeString:
    """An interval of "more", in whole events, as wide as it is or wider."""
    low, high = floor(found.low), ceil(found.high)
    if low >= 0:
        return format_html(_("between {low} and {high} more"), low=number(low), high=number(high))
    if high <= 0:
        return format_html(
            _("between {low} and {high} fewer"), low=number(-high), high=number(-low)
        )
    return format_html(
        _("between {low} fewer and {high} more"), low=number(-low), high=number(high)
    )


def _median(comparison: Comparison) -> tuple[str, float]:
    """After which utterances it is compared, and by how much it changes."""
    found = [
        (after, difference.value)
        for after in ("long", "short")
        if (difference := comparison[f"p50_{after}"].difference)
    ]
    return max(found, key=lambda each: abs(each[1]), default=("", 0.0))


def _cut_ins(comparison: Comparison) -> SafeString | None:
    found, rate = comparison.more_cut_ins, comparison["cut_ins"]
    if found is None or rate.before is None or rate.after is None:
        return None
    more = round(found.value)
    if not more:
        said = _("It would have cut in as often as it did ({before} of turns; {between}).")
    elif more > 0:
        said = ngettext(
            "It would have cut in once more (from {before} to {after} of turns; {between}).",
            "It would have cut in {more} more times (from {before} to {after} of turns; "
            "{between}).",
            more,
        )
    else:
        said = ngettext(
            "It would have cut in once less (from {before} to {after} of turns; {between}).",
            "It would have cut in {more} fewer times (from {before} to {after} of turns; "
            "{between}).",
            -more,
        )
    return format_html(
        said,
        more=number(abs(more)),
        before=percentage(rate.before.value),
        after=percentage(rate.after.value),
        between=between(found),
    )


def _days(since: datetime, until: datetime) -> SafeString:
    """Without the year, and without a month that is the same."""
    first, last = timezone.localdate(since), timezone.localdate(until)
    if first == last:
        return _day(f"{last.day}", last.month)
    if (first.year, first.month) == (last.year, last.month):
        return _day(f"{first.day}{DASH}{last.day}", last.month)
    until_day = _day(f"{last.day}", last.month)
    return format_html("{} {} {}", _day(f"{first.day}", first.month), DASH, until_day)


def _day(days: str, month: int) -> SafeString:
    return format_html(_("{days} {month}"), days=ltr(days), month=MONTHS[month])
