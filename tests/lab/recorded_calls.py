"""Calls with their journals, as the lab reads them: each a caller who stops to think."""

from __future__ import annotations

import gzip
from typing import Any

from calls.models import Call, JournalPart
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.script import ScriptedCall
from tuning.models import TimingProfile
from tuning.turns import journal
from tuning.turns.events import Reply
from tuning.turns.profile import Profile

PAUSE_MS = 500
"""The caller's, in the first turn."""


def a_script(profile: Profile | None = None, *, pause_ms: int = PAUSE_MS) -> ScriptedCall:
    """Two turns; in the first the caller stops to think."""
    call = ScriptedCall.listening(profile)
    call.says("אני רוצה לדעת", 700)
    call.silence(pause_ms)
    call.says("מתי אתם פתוחים", 700)
    call.wait_for(Reply)
    call.silence(600)
    call.reply_is_heard(2000)
    call.silence(1500)
    call.says("תודה", 600)
    call.wait_for(Reply)
    call.silence(600)
    call.reply_is_heard(1500)
    call.silence(3000)
    return call


def a_recorded_call(
    number: int = 1, /, *, profile: str = "balanced", pause_ms: int = PAUSE_MS, **fields: Any
) -> Call:
    """A finished call of two turns, `number` minutes old, with its journal and rows."""
    knobs = TimingProfile.objects.get(name=profile).newest.values
    script = a_script(knobs, pause_ms=pause_ms)
    call = a_call(number, profile=profile, **fields)
    a_greeting(call)
    for at_ms, reply in script.decided:
        if isinstance(reply, Reply):
            ended_ms, ready_ms = float(reply.spoke_until_ms), at_ms + 400.0
            a_turn(
                call,
                reply.turn,
                said=reply.text,
                why=reply.why,
                speech_began_ms=float(reply.spoke_from_ms),
                speech_ended_ms=ended_ms,
                decided_ms=float(at_ms),
                asked_ms=float(at_ms),
                ready_ms=ready_ms,
                first_audio_ms=ready_ms,
                heard_ms=ready_ms + 100,
            )
    keep_journal(call, script)
    return call


def keep_journal(call: Call, script: ScriptedCall) -> None:
    lines = [journal.dump(entry) for entry in script.entries]
    packed = gzip.compress("\n".join(lines).encode())
    JournalPart.objects.create(call=call, number=0, last=len(lines) - 1, lines=packed)
