"""One call under a candidate, at once: what would it have done here?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls.lab.recorded import CannotTry
from calls.lab.replay import Candidate
from calls.lab.replaying import try_call
from calls.models import Call
from dashboard.access import may
from dashboard.lab.candidates import cannot_judge, choices, chosen, words_of
from dashboard.profiles.draft_saving import person_of
from tuning.lab.tried import CallTried, TurnTried
from tuning.turns.profile import KNOB, Profile


@dataclass(frozen=True, slots=True)
class TurnUnderBoth:
    """A decision on one speech end: as it was, and the candidate's; None: it made none there."""

    recorded: TurnTried | None
    candidate: TurnTried | None

    @property
    def any(self) -> TurnTried:
        one = self.recorded or self.candidate
        assert one is not None
        return one

    @property
    def unknown(self) -> str:
        return (self.candidate.unknown if self.candidate else "") or self.any.unknown

    @property
    def sooner_ms(self) -> int:
        if self.recorded is None or self.candidate is None:
            return 0
        return self.recorded.decided_ms - self.candidate.decided_ms

    @property
    def later_ms(self) -> int:
        return -self.sooner_ms


@require_safe
@may("calls.replay_call")
def tried(request: HttpRequest, pk: int) -> HttpResponse:
    """?candidate=draft, a preset or a revision (dashboard.lab.candidates). A fragment of the
    call's page, or a page."""
    call = get_object_or_404(
        Call.objects.select_related("profile", "revision"), pk=pk, ended_at__isnull=False
    )
    value, person = request.GET.get("candidate", ""), person_of(request)
    candidate = chosen(value, call.profile, person) if value else None
    context = {
        "call": call,
        "choices": choices(call.profile, person, beside=call.revision),
        "value": value,
        "is_gone": bool(value) and candidate is None,
        **(_under(call, candidate) if candidate else {}),
    }
    is_fragment = request.headers.get("HX-Request")
    template = "dashboard/lab/_tried_here.html" if is_fragment else "dashboard/lab/tried_here.html"
    return render(request, template, context)


def _under(call: Call, candidate: Candidate) -> dict[str, Any]:
    ran_on = call.revision.values if call.revision else Profile()
    try:
        sides = try_call(call.pk, [None, candidate.profile], short_ms=ran_on.short_utterance_ms)
    except CannotTry as error:
        return {"why_not": error.why.label}
    unjudged = cannot_judge(ran_on, candidate.profile)
    rule = candidate.profile.endpointing
    return {
        "candidate": words_of(candidate.name),
        "turns": _under_both(*sides),
        "unjudged": [KNOB[name].under(rule).label for name in unjudged],
    }


def _under_both(recorded: CallTried, candidate: CallTried) -> list[TurnUnderBoth]:
    """In order of time."""
    before, after = (
        {(turn.turn, turn.spoke_until_ms): turn for turn in side.turns}
        for side in (recorded, candidate)
    )
    places = sorted(before.keys() | after.keys(), key=lambda place: (place[1], place[0]))
    return [TurnUnderBoth(before.get(place), after.get(place)) for place in places]
