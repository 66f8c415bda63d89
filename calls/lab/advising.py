"""Steps as the candidates of a replay, and what its result advises."""

from __future__ import annotations

from datetime import datetime, timedelta

from calls.lab.advice import Advised, Step, Tried, advise, steps
from calls.lab.comparison import Comparison
from calls.lab.replay import Candidate, Replay
from tuning.models import TimingProfile

DAY = timedelta(days=1)


def candidates(profile: TimingProfile) -> list[Candidate]:
    """What is tried for advice on a profile."""
    live = profile.newest.values
    return [Candidate(f"{each.knob} {each.after}", each.on(live)) for each in steps(live)]


def advised(replay: Replay, *, most_cut_ins: float, until: datetime | None = None) -> Advised:
    """Nothing before there is a result. until: the calls came up to then; None: to the asking."""
    live, tried = replay.live.values, []
    for candidate, entry in zip(replay.tried, replay.result, strict=bool(replay.result)):
        step = Step.between(live, candidate.profile)
        if step is not None:
            one, other = map(Comparison.from_json, entry["halves"])
            tried.append(Tried(step, Comparison.from_json(entry["comparison"]), one, other))
    since = replay.since or replay.asked_at
    lasted = max((until or replay.asked_at) - since, DAY)
    return advise(tried, most_cut_ins=most_cut_ins, days=lasted / DAY)


def newest_advice(profile: TimingProfile) -> Replay | None:
    found = Replay.objects.filter(profile=profile, kind=Replay.Kind.ADVICE)
    return (
        found.select_related("profile", "live__profile", "asked_by")
        .order_by("-asked_at", "-pk")
        .first()
    )
