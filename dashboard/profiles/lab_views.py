"""The fragments of the lab beside a profile's form.

Rule: asking twice is asking once; so a fragment asks again by itself until its replay is done.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from calls.lab.comparison import Comparison
from calls.lab.figures import ENOUGH_CALLS
from calls.lab.replay import NEWEST, Replay
from dashboard.access import may
from dashboard.lab.candidates import CANNOT_JUDGE, words_of
from dashboard.lab.sentence import sentence, unknown
from dashboard.lab.shown_replay import tiles, unjudged
from dashboard.profiles.draft_saving import draft_of, person_of
from dashboard.profiles.knob_sums import changes
from dashboard.profiles.lab_beside import is_enough, predicted, stop_drafts, try_draft, try_places
from tuning.models import TimingProfile
from tuning.turns.knob import RULES


@require_POST
@may("calls.replay_call", "tuning.add_draft")
def verdict(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the saved draft tried; says what is known of it so far."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    draft, live = draft_of(request, profile), profile.newest.values
    values = draft.values if draft else None
    moved = [each for each in changes(live, values) if each.moves] if values else []
    judged = [each for each in moved if each.knob.name not in CANNOT_JUDGE]
    if values is None or not judged:
        stop_drafts(profile, person_of(request))
        context = {"profile": profile, "tried_calls": NEWEST, "draft": draft, "values": values}
        context["unjudged"] = [each.label for each in moved]
        return render(request, "dashboard/profiles/_verdict.html", context)
    return _verdict(request, try_draft(profile, values, person_of(request)))


def _verdict(request: HttpRequest, replay: Replay) -> HttpResponse:
    context: dict[str, Any] = {"replay": replay, "profile": replay.profile}
    if replay.result:
        found = Comparison.from_json(replay.result[0]["comparison"])
        candidate = words_of(replay.candidates[0]["name"])
        context |= {
            "first_line": sentence(found, candidate, replay.since, replay.until),
            "tiles": tiles(found),
            "is_enough": is_enough(replay),
            "unknown": unknown(found),
            "unjudged": unjudged(replay),
        }
    return render(request, "dashboard/profiles/_verdict.html", context)


@require_POST
@may("calls.replay_call")
def places(request: HttpRequest, pk: int) -> HttpResponse:
    """Have every place of the questions tried; says what is known of them so far."""
    profile = get_object_or_404(TimingProfile, pk=pk)
    replay = try_places(profile, person_of(request))
    context = {
        "replay": replay,
        "profile": profile,
        "predicted": predicted(replay) if is_enough(replay) else [],
        "is_enough": is_enough(replay),
        "enough": ENOUGH_CALLS,
        "others": [rule for rule in RULES if rule != replay.live.values.endpointing],
    }
    return render(request, "dashboard/profiles/_predicted.html", context)
