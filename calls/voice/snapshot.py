"""What the live page shows of a call in progress. Its reader is dashboard.live.sockets.Snapshot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from calls.models import Call
from calls.voice.conversation import Conversation
from calls.voice.person.holding import Holding
from tuning.models import Revision


def snapshot(
    call: Call,
    conversation: Conversation,
    revision: Revision | None,
    listeners: list[str],
    holding: Holding,
) -> dict[str, Any]:
    turns, clock = conversation.turns, conversation.clock
    last = conversation.newest_turn()
    ended_ms = last.speech_ended_ms if last else None
    return {
        "pk": call.pk,
        "caller": call.masked_caller,
        "called": call.called,
        "number": call.number.name if call.number else "",
        "process": call.process,
        "started_at": call.started_at.isoformat() if call.started_at else "",
        "profile": call.profile.name,
        "profile_pk": call.profile.pk,
        "revision": revision.number if revision else 0,
        "runs_candidate": bool(revision and revision.is_candidate),
        "is_tried": bool(turns.tried),
        "trial": call.trial.number if call.trial else 0,
        "state": turns.state,
        "silence_ms": turns.silence_ms,
        "asked_ms": turns.asked_ms,
        "seconds": clock.wall_ms / 1000,
        "turns": max(turns.turn, 0),
        "listeners": listeners,
        "held_by": holding.who,
        "held_s": holding.held_s(turns.now_ms),
        "takes_whispers": conversation.takes_whispers,
        "wanted": conversation.wanted,
        "spoke_until_ms": None if ended_ms is None else clock.at_when(ended_ms),
        "last": last
        and asdict(last)
        | {
            "response_latency": last.response_latency,
            "content_latency": last.content_latency,
        },
    }
