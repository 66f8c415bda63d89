"""The lab beside a profile's form: what the draft, and each place of the three questions, would
have done on the newest recorded calls.

Rules: it is asked in the background, after each saved draft; of one person's for a profile only the
newest goes on. A place is tried on the published knobs, the other questions as they are published:
so its figure stays while the sliders move, and is kept for a day. No audit row is made: nobody
asked for more than a form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import product
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from calls import tasks
from calls.lab import replaying
from calls.lab.comparison import Comparison, Estimate
from calls.lab.replay import Candidate, Replay
from calls.models import Call
from dashboard.calls.call_filter import CallFilter
from dashboard.lab.candidates import DRAFT
from tuning.models import Revision, TimingProfile
from tuning.simple import PLACES, QUESTIONS, Question
from tuning.turns.knob import Text
from tuning.turns.profile import Profile, ProfileError

KEPT_FOR = timedelta(days=1)
"""The figures of the places; a draft's for an hour, as any replay."""


def try_draft(profile: TimingProfile, values: Profile, by: User) -> Replay:
    """The replay of these values on the newest calls; those of older drafts are stopped."""
    replay = _begin(profile, [Candidate(DRAFT, values)], by)
    stop_drafts(profile, by, besides=replay)
    return replay


def stop_drafts(profile: TimingProfile, by: User, *, besides: Replay | None = None) -> None:
    own = Replay.objects.filter(profile=profile, kind=Replay.Kind.FORM, asked_by=by)
    for each in own.filter(state__in=Replay.UNDER_WAY):
        if each.candidates[0]["name"] == DRAFT and each != besides:
            replaying.stop(each)


def try_places(profile: TimingProfile, by: User) -> Replay:
    """The replay of every place, or the one that is there already."""
    newest = profile.newest
    candidates = list(candidates_of(newest))
    given = [{"name": each.name, "knobs": asdict(each.profile)} for each in candidates]
    since = timezone.now() - KEPT_FOR
    found = Replay.objects.filter(live=newest, kind=Replay.Kind.FORM, asked_at__gt=since)
    found = found.filter(state__in=(*Replay.UNDER_WAY, Replay.State.DONE)).defer("result")
    for each in found:
        if each.candidates == given:
            return each
    return _begin(profile, candidates, by, workers=1)  # the draft's must not wait behind it


def _begin(
    profile: TimingProfile, candidates: list[Candidate], by: User, workers: int = tasks.AT_ONCE
) -> Replay:
    query = calls_of(profile)
    replay = Replay.begin(
        profile,
        candidates,
        calls=CallFilter.of_query(query).found(),
        query=query,
        kind=Replay.Kind.FORM,
        by=by,
    )
    tasks.replay_later(replay, workers)
    replay.refresh_from_db()  # where a task is done at once
    return replay


def calls_of(profile: TimingProfile) -> str:
    """Its own calls, or all where it has none: as an address of the list of calls says it."""
    real = Call.objects.filter(ended_at__isnull=False).filter(Call.REAL)
    return f"profile={profile.pk}&real=on" if real.filter(profile=profile).exists() else "real=on"


@dataclass(frozen=True, slots=True)
class TriedPlace:
    """A place on the published knobs. profile: None: no call may run on it."""

    question: Question
    number: int
    profile: Profile | None

    @property
    def name(self) -> str:
        return f"{self.question.name} {self.number}"


def _places(live: Revision) -> Iterator[TriedPlace]:
    values = live.values
    for question, number in product(QUESTIONS, range(1, PLACES + 1)):
        knobs: dict[str, Any] = asdict(values) | question.at(values.endpointing, number)
        try:
            yield TriedPlace(question, number, Profile(**knobs))
        except ProfileError:  # it contradicts a knob of none of the questions
            yield TriedPlace(question, number, None)


def candidates_of(live: Revision) -> Iterator[Candidate]:
    """Every place that is not live itself."""
    for place in _places(live):
        if place.profile not in (None, live.values):
            yield Candidate(place.name, place.profile)


def is_enough(replay: Replay) -> bool:
    """Whether there are enough calls for a share of cut-ins."""
    return bool(replay.result) and replay.result[0]["comparison"]["more_cut_ins"] is not None


@dataclass(frozen=True, slots=True)
class Predicted:
    """What share of turns would have been cut in on at each place of a question, by what the place
    is called; None: it is not known."""

    name: str
    places: tuple[tuple[Text, Estimate | None], ...]


def predicted(replay: Replay) -> list[Predicted]:
    """By question. A place that is live is as it was."""
    found = {
        each["name"]: Comparison.from_json(each["comparison"])["cut_ins"] for each in replay.result
    }
    live = next(iter(found.values())).before if found else None

    def at(place: TriedPlace) -> tuple[Text, Estimate | None]:
        known = found.get(place.name)
        estimate = known.after if known else live if place.profile == replay.live.values else None
        return place.question.places[place.number - 1], estimate

    places = list(_places(replay.live))
    return [
        Predicted(question.name, tuple(at(place) for place in places if place.question is question))
        for question in QUESTIONS
    ]
