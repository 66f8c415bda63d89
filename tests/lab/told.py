"""Replays for advice with a result that was made up: figures as surely as a test needs them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from calls.lab.advising import candidates
from calls.lab.comparison import FIGURES, Comparison, Estimate, Figure, Side
from calls.lab.replay import Replay
from calls.measures.latency import histogram
from calls.measures.shares import wilson
from tuning.models import TimingProfile

NO_BINS = (0,) * len(histogram([]))


def told(
    *,
    rate: float = 0.03,
    more: float = -12,
    wait_ms: float = 40,
    turns: int = 1000,
    calls: int = 120,
    surely: float = 0.5,
    name: str = "p50_long",
) -> Comparison:
    """Figures whose intervals reach as far as a part of their value."""

    def about(value: float) -> Estimate:
        half = max(abs(value) * surely, 0.5)
        return Estimate(value, value - half, value + half)

    low, high = wilson(round(rate * turns), turns)
    before = Estimate(rate, low, high)
    after = Estimate(rate + more / turns, low + more / turns, high + more / turns)
    figures = dict.fromkeys(FIGURES, Figure(difference=Estimate(0, -1, 1)))
    figures |= {
        "cut_ins": Figure(before, after, about(more / turns)),
        name: Figure(difference=about(wait_ms)),
        "p50_all": Figure(difference=about(wait_ms)),
    }
    side = Side(turns, round(rate * turns), 0, 0, 0, {}, NO_BINS, NO_BINS)
    return Comparison(calls, side, side, 0, figures, about(more))


def an_advice(
    profile: TimingProfile, *, by: User | None = None, rate: float = 0.03, **good: dict[str, Any]
) -> Replay:
    """Asked for over the last week, and done. good: what each step that helps changes (told), by
    the name of its candidate with an underscore; the others change nothing."""
    tried, now = candidates(profile), timezone.now()
    result = []
    for each in tried:
        given = good.get(each.name.replace(" ", "__"), {"more": 0, "wait_ms": 0})
        half = told(rate=rate, **given)
        double = given | {"more": given["more"] * 2, "turns": 2000, "calls": 240}
        whole = told(rate=rate, **double)
        result.append(
            {"name": each.name, "comparison": whole.as_json(), "halves": [half.as_json()] * 2}
        )
    return Replay.objects.create(
        profile=profile,
        live=profile.newest,
        candidates=[{"name": each.name, "knobs": asdict(each.profile)} for each in tried],
        kind=Replay.Kind.ADVICE,
        state=Replay.State.DONE,
        query=f"profile={profile.pk}&real=on",
        newest=500,
        calls=240,
        done=240,
        since=now - timedelta(days=7),
        until=now,
        asked_by=by,
        asked_at=now,
        finished_at=now,
        result=result,
    )
