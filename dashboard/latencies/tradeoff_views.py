"""The trade-off: what shorter silences would cost in cut-ins, from recorded pauses.

Rule: only turns under the fixed rule count. Under the adaptive rule each utterance has its own
silence, shorter the more finished it sounds, so no curve can be drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from calls.measures.tradeoff import Curve, Point, Watched, curve
from calls.records.turn import Turn
from dashboard.access import may
from dashboard.cached_figures import cached
from dashboard.charts import AxisMark, percent, round_axis, steps, thousands
from dashboard.latencies.targets import CUT_IN_RATE
from dashboard.latencies.turn_selection import DAYS, Measured, Selection
from tuning.models import Draft, Revision, TimingProfile
from tuning.turns.profile import Profile

LONGEST_MS = 3000
WIDTH, HEIGHT = 1000, 200
SPANS_MS = {True: 1000, False: 4000}
"""An utterance of each class, for the silence that a profile asks after it."""
TITLES = (
    (True, _("While the utterance is short")),
    (False, _("Once the utterance is long")),
)


@dataclass(frozen=True, slots=True)
class SilenceOnCurve:
    """The silence of a set of knobs, on the curve; `point` None: the recordings cannot tell."""

    kind: str
    """live or draft."""
    wait_ms: int
    x: float
    point: Point | None


@dataclass(frozen=True, slots=True)
class TradeoffPanel:
    title: Promise
    curve: Curve
    silences: tuple[SilenceOnCurve, ...]
    line: str
    band: str
    x_ticks: tuple[AxisMark, ...]
    y_ticks: tuple[AxisMark, ...]
    target_y: float
    unknown_x: float
    """From here on the recordings say nothing (per cent)."""
    observed: float | None
    """Cut-ins a turn as they really happened."""


@require_safe
@may("calls.view_call")
def tradeoff(request: HttpRequest) -> HttpResponse:
    selection = Selection.of(request)
    profile = selection.profile or TimingProfile.objects.get(is_default=True)
    draft = Draft.objects.filter(profile=profile, user=request.user.pk).first()
    live = profile.newest.values
    wanted = draft.values if draft else None
    drawn_of = f"{live!r} {wanted!r}"
    is_adaptive = live.endpointing == "adaptive"
    panels = (
        []
        if is_adaptive
        else cached(
            f"trade-off {selection.key} {hash(drawn_of)}", lambda: _panels(selection, live, wanted)
        )
    )
    context = {
        "selection": selection,
        "days": DAYS,
        "profile": profile,
        "draft": draft,
        "panels": panels,
        "target_rate": CUT_IN_RATE,
        "is_adaptive": is_adaptive,
        "is_draft_adaptive": wanted is not None and wanted.endpointing == "adaptive",
        "profiles": TimingProfile.objects.all(),
    }
    return render(request, "dashboard/latencies/tradeoff.html", context)


def _panels(selection: Selection, live: Profile, wanted: Profile | None) -> list[TradeoffPanel]:
    adaptive = Revision.every.filter(knobs__endpointing="adaptive").values_list("pk", flat=True)
    by_what_was_said = set(adaptive)
    turns = [turn for turn in selection.measured() if turn.revision_id not in by_what_was_said]
    return [_panel(turns, is_short, title, live, wanted) for is_short, title in TITLES]


def _watched(turns: Sequence[Measured], *, is_short: bool) -> Iterator[Watched]:
    """The turns that were under this silence: they ended under it, or paused under it."""
    for turn in turns:
        waited_ms = turn.end_of_turn_delay
        pause_ms = turn.pause_short_ms if is_short else turn.pause_long_ms
        is_under = turn.is_short == is_short
        if waited_ms is None or turn.label == Turn.Label.NOISE or not (is_under or pause_ms):
            continue
        is_cut_in = is_under and (turn.is_cut_in or turn.went_on)
        yield Watched(
            turn.call_id, waited_ms if is_under else float(pause_ms or 0), pause_ms, is_cut_in
        )


def _panel(
    turns: Sequence[Measured], is_short: bool, title: Promise, live: Profile, draft: Profile | None
) -> TradeoffPanel:
    watched = list(_watched(turns, is_short=is_short))
    found = curve(watched)
    highest = max((point.high for point in found.points), default=0.0)
    _low, top, step = round_axis(0, max(highest, CUT_IN_RATE * 1.5) * 1000)
    top = top / 1000

    def x_of(ms: float) -> float:
        return min(ms, LONGEST_MS) / LONGEST_MS * WIDTH

    def y_of(rate: float) -> float:
        return HEIGHT - min(rate / top, 1.0) * HEIGHT

    silences = []
    for kind, knobs in (("live", live), ("draft", draft)):
        if knobs is not None and knobs.endpointing != "adaptive":
            parts = knobs.wait_parts_ms(SPANS_MS[is_short])
            wait_ms = parts["hangover"] + parts["silence"]
            point = found.at(wait_ms)
            silences.append(SilenceOnCurve(kind, wait_ms, percent(x_of(wait_ms) / WIDTH), point))
    upper = [f"{x_of(one.wait_ms):.4g} {y_of(one.high):.4g}" for one in found.points]
    lower = [f"{x_of(one.wait_ms):.4g} {y_of(one.low):.4g}" for one in reversed(found.points)]
    middle = [f"{x_of(one.wait_ms):.4g} {y_of(one.rate):.4g}" for one in found.points]
    return TradeoffPanel(
        title,
        found,
        tuple(silences),
        "M" + "L".join(middle) if middle else "",
        "M" + "L".join((*upper, *lower)) + "z" if middle else "",
        tuple(
            AxisMark(percent(at / LONGEST_MS), thousands(at)) for at in range(500, LONGEST_MS, 500)
        ),
        tuple(
            AxisMark(percent(y_of(at / 1000) / HEIGHT), f"{at / 10:g} %")
            for at in steps(0, top * 999, step)
        ),
        percent(y_of(CUT_IN_RATE) / HEIGHT),
        percent(x_of(found.until_ms) / WIDTH),
        sum(one.is_cut_in for one in watched) / len(watched) if watched else None,
    )
