"""Calls in every state that a person may step in to."""

from __future__ import annotations

from collections.abc import Callable

from tests.script import ADAPTIVE, ScriptedCall
from tuning.turns.events import (
    Action,
    AskedToSay,
    HandedBack,
    Pressed,
    TookOver,
    TranscriberFailed,
)
from tuning.turns.profile import Profile

NOTICE = "אדם מהצוות נכנס לשיחה."


def take_over(call: ScriptedCall, notice: str = "", who: str = "dana") -> list[Action]:
    return call.feed(TookOver(call.at_ms, who, notice))


def hand_back(call: ScriptedCall, why: str = "handed back", note: str = "") -> list[Action]:
    return call.feed(HandedBack(call.at_ms, "dana", why, note))


def ask_to_say(call: ScriptedCall, text: str = "רגע", notice: str = "") -> list[Action]:
    return call.feed(AskedToSay(call.at_ms, "ron", text, notice))


def held(profile: Profile | None = None) -> ScriptedCall:
    """A person has the floor, as turn 1."""
    call = ScriptedCall.listening(profile)
    take_over(call)
    return call


def greeting() -> ScriptedCall:
    call = ScriptedCall()
    call.reply_begins()
    return call


def waiting() -> ScriptedCall:
    """The caller has said something, and may go on."""
    call = ScriptedCall.listening(ADAPTIVE)
    call.says("אני רוצה", 800)
    return call


def stopped_by_voice() -> ScriptedCall:
    call = ScriptedCall.speaking(profile=ADAPTIVE)
    call.voice(500)
    return call


def keying() -> ScriptedCall:
    call = ScriptedCall.listening()
    call.feed(Pressed(call.at_ms, "1"))
    return call


def ending() -> ScriptedCall:
    """Last words are being said."""
    call = ScriptedCall.listening()
    call.feed(TranscriberFailed(call.at_ms, "refused"))
    return call


def over() -> ScriptedCall:
    call = ending()
    call.reply_is_heard()
    return call


def noticing() -> ScriptedCall:
    call = ScriptedCall.listening()
    take_over(call, NOTICE)
    return call


STATES: dict[str, tuple[Callable[[], ScriptedCall], bool]] = {
    "greeting": (greeting, True),
    "listening": (ScriptedCall.listening, False),
    "waiting": (waiting, False),
    "thinking": (ScriptedCall.answering, True),
    "speaking": (ScriptedCall.speaking, True),
    "held": (stopped_by_voice, True),
    "keying": (keying, False),
}
"""From which a person can take over, and whether there is a reply to be stopped."""
