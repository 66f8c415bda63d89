"""Calls in which anything happens, in any order: for what must hold of every call."""

from __future__ import annotations

from random import Random

from tests.script import YES_NO, ScriptedCall, adaptive
from tuning.turns.endpointing import VERDICTS
from tuning.turns.events import (
    AskedToSay,
    Event,
    HandedBack,
    ListenedIn,
    PersonSpoke,
    PersonWanted,
    Pressed,
    ReplyFailed,
    ReplyLate,
    Think,
    TookOver,
    TranscriberFailed,
    Whispered,
)

WORDS = ("כן", "לא", "רגע", "אני רוצה", "תור", "לרופא", "בבקשה", "אפס חמש", "אהה", "חיפה.", "מתי")
SILENCES_MS, VOICES_MS = (60, 300, 500, 900, 3000), (20, 60, 126, 240, 700, 1500)


def step_in(chance: Random, at_ms: int) -> Event:
    """Anything that a person beside the agent does."""
    notice = chance.choice(("", "", "אדם מהצוות שומע את השיחה."))
    return chance.choice(
        (
            TookOver(at_ms, "dana", notice),
            HandedBack(at_ms, "dana", chance.choice(("handed back", "lost"))),
            AskedToSay(at_ms, "ron", "רגע", notice),
            Whispered(at_ms, "ron", "בקצרה"),
            ListenedIn(at_ms, "ron", notice),
            PersonSpoke(at_ms, "שלום"),
        )
    )


def random_call(seed: int, *, persons: bool = False) -> ScriptedCall:
    """Anything that can happen to the core, in any order. persons: they step in, too."""
    chance = Random(seed)
    call = ScriptedCall(
        adaptive(think_limit=1 + seed % 3, max_call_s=120), seed=seed, person_wait_s=seed % 4
    )
    call.model = ""
    segment = ""
    for _step in range(120):
        if persons and chance.random() < 0.15:
            call.feed(step_in(chance, call.at_ms))
        if persons and chance.random() < 0.003:
            call.feed(TranscriberFailed(call.at_ms, "refused"))
        call.whole = chance.choice((None, 0.0, 0.4, 0.6, 0.95))
        if chance.random() < 0.4 and (thoughts := call.of(Think)):
            late = thoughts[-1 - (chance.random() < 0.2 and len(thoughts) > 1)]
            call.feed(call.verdict(late, chance.choice(VERDICTS)))
        match chance.randrange(12):
            case 0 | 1 | 2:
                call.voice(chance.choice(VOICES_MS))
            case 3 | 4:
                call.silence(chance.choice(SILENCES_MS))
            case 5 | 6 | 7:
                is_final = chance.random() < 0.4
                segment = f"{segment} {chance.choice(WORDS)}".strip()
                if chance.random() < 0.2:
                    segment = chance.choice(WORDS)
                until_ms = max(0, call.at_ms - chance.choice((0, 0, 200, 800)))
                call.words(segment, until_ms=until_ms, final=is_final)
                segment = "" if is_final else segment
            case 8 | 9:
                call.reply_begins()
            case 10:
                call.reply_ends()
            case _:
                rare = (
                    Pressed(call.at_ms, chance.choice("15#")),
                    PersonWanted(call.at_ms, "asked"),
                    ReplyLate(call.at_ms, call.core.turn, "late"),
                    ReplyFailed(call.at_ms, call.core.turn, "failed"),
                )
                call.asks(YES_NO) if chance.random() < 0.7 else call.feed(chance.choice(rare))
    return call
