"""Every knob moves a decision: the same events under two values give different actions.

In the field three of the tuned knobs were connected to nothing for months.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from django.test import SimpleTestCase

from tests.script import frames, silence, voice
from tuning.events import Asks, CallBegan, Event, ReplyBegan, ReplyEnded, Transcribed
from tuning.finished import Asked
from tuning.knob import Value
from tuning.profile import KNOBS, Profile
from tuning.replay import Decision, decide

GREETED_MS = 500


def said(ms: int, text: str = "שלום", start_ms: int = 3000, speech: int = 0b1111) -> list[Event]:
    """Speech for so long, its final transcript, and ten seconds of silence."""
    end_ms = start_ms + ms
    words = [Transcribed(end_ms, end_ms, text, final=True)] if text else []
    return [
        *silence(start_ms - GREETED_MS, GREETED_MS),
        *voice(ms, start_ms, speech),
        *words,
        *silence(10_000, end_ms),
    ]


def a_late_partial() -> Iterator[Event]:
    yield from (event for event in said(1200, text="") if event.at_ms <= 4900)
    yield Transcribed(4900, 4200, "שלום")
    yield from silence(2000, 4900)


def a_noise_in_the_pause() -> list[Event]:
    """1.2 s of speech, and 80 ms of voice 400 ms later."""
    return [
        *silence(3000 - GREETED_MS, GREETED_MS),
        *frames("M" * 12 + "____", 3000),
        Transcribed(4600, 4200, "שלום", final=True),
        *voice(80, 4600),
        *silence(3000, 4680),
    ]


def a_noise_after_the_greeting() -> list[Event]:
    """200 ms of voice, 700 ms after the greeting has been heard."""
    return said(200, text="", start_ms=GREETED_MS + 700)


def an_interruption() -> list[Event]:
    """After an answer, 400 ms of voice over it."""
    return [
        *said(1200)[:-450],
        ReplyBegan(5200, turn=1),
        *silence(500, 5200),
        *voice(400, 5700),
        *silence(200, 6100),
    ]


def a_slow_answer() -> list[Event]:
    """Decided after 720 ms, heard two seconds later."""
    return [*said(1200)[:-340], ReplyBegan(7400, turn=1)]


def a_long_call() -> list[Event]:
    return list(silence(70_000, GREETED_MS))


def over_the_agent(ms: int, text: str = "", after_ms: int = 2000) -> list[Event]:
    """After an answer, so much voice over it, perhaps with words, and then nothing."""
    begins_ms = 5200 + after_ms
    end_ms = begins_ms + ms
    words = [Transcribed(end_ms, end_ms, text, final=True)] if text else []
    return [
        *said(1200)[:-450],
        ReplyBegan(5200, turn=1),
        *silence(after_ms, 5200),
        *voice(ms, begins_ms),
        *words,
        *silence(4000, end_ms),
    ]


def an_answer(text: str, asked: Asked) -> list[Event]:
    """A partial that stands, after a question; its final comes 900 ms after the speech."""
    return [
        *silence(3000 - GREETED_MS, GREETED_MS),
        Asks(3000, 0, asked),
        *voice(1000, 3000),
        Transcribed(4000, 4000, text, stability=0.9),
        *silence(900, 4000),
        Transcribed(4900, 4000, text, final=True),
        *silence(3000, 4900),
    ]


def a_halting_answer() -> list[Event]:
    """Four pauses of 400 ms in what is said, all of it transcribed as it is said."""
    events: list[Event] = list(silence(3000 - GREETED_MS, GREETED_MS))
    at_ms = 3000
    said = ("אני", "פה", "כבר", "שעה", "בתור")
    for count in range(1, len(said) + 1):
        words = " ".join(said[:count])
        events += [*voice(600, at_ms), Transcribed(at_ms + 600, at_ms + 600, words)]
        events += silence(400, at_ms + 600)
        at_ms += 1000
    return [*events, *silence(3000, at_ms)]


def somebody_silent() -> list[Event]:
    return list(silence(30_000, GREETED_MS))


ADAPTIVE: dict[str, Value] = {"endpointing": "adaptive"}
"""The knob does something only where the words decide."""
RESUMING: dict[str, Value] = {"false_interruption_ms": 1500}
WITH: dict[str, dict[str, Value]] = {
    **dict.fromkeys(
        ("finished_silence_ms", "weight_answered", "weight_closed", "weight_stable"),
        ADAPTIVE,
    ),
    **dict.fromkeys(("weight_unfinished", "asked_for_time_ms"), ADAPTIVE),
    **dict.fromkeys(("weight_wish", "weight_detail"), ADAPTIVE),
    "weight_pauses": {**ADAPTIVE, "weight_stable": 100},
    "stable_ms": {**ADAPTIVE, "weight_stable": 100},
    "protect_ms": {**RESUMING, "resume_ms": 400},
}
YES_NO = Asked("yes_no")


TRIED: dict[str, tuple[Value, Value, list[Event]]] = {
    "vad": ("webrtc", "silero", said(1200, speech=0b1111)),
    "endpointing": ("fixed", "adaptive", an_answer("כן", YES_NO)),
    "finished_silence_ms": (340, 600, an_answer("כן", YES_NO)),
    "weight_answered": (0, 100, an_answer("כן", YES_NO)),
    "weight_closed": (0, 100, an_answer("אני מחכה כבר שעה, תודה", Asked())),
    "weight_stable": (0, 100, an_answer("אני גרה שם", Asked())),
    "weight_wish": (0, 60, an_answer("אני רוצה תור", Asked())),
    "weight_detail": (0, 60, an_answer("אני רוצה תור לרופא עיניים ביום שני בבוקר", Asked())),
    "stable_ms": (100, 600, an_answer("אני גרה שם", Asked())),
    "weight_unfinished": (0, 100, an_answer("אני רוצה", Asked())),
    "weight_pauses": (0, 150, a_halting_answer()),
    "asked_for_time_ms": (0, 1000, an_answer("רגע", Asked())),
    "resume_ms": (300, 600, said(1200)[:-450] + list(voice(400, 5000))),
    "false_interruption_ms": (0, 1500, over_the_agent(400)),
    "protect_ms": (0, 800, over_the_agent(340, after_ms=100)),
    "think_limit": (0, 3, said(2500)),
    "no_input_ms": (0, 9000, somebody_silent()),
    "reply_limit_s": (0, 20, said(1200)),
    "vad_aggressiveness": (1, 3, said(1200, speech=0b0011)),
    "min_speech_ms": (60, 100, a_noise_in_the_pause()),
    "min_utterance_ms": (300, 600, said(300)),
    "vad_hangover_ms": (140, 220, said(1200)),
    "end_silence_short_ms": (400, 500, said(1200)),
    "short_utterance_ms": (1000, 2000, said(1200)),
    "end_silence_long_ms": (1200, 1800, said(2500)),
    "transcript_wait_ms": (500, 900, said(1200, text="")),
    "reply_refractory_ms": (600, 1100, a_noise_after_the_greeting()),
    "barge_in_ms": (300, 500, an_interruption()),
    "response_delay_min_ms": (0, 120, said(1200)),
    "response_delay_max_ms": (50, 500, said(1200)),
    "filler_after_ms": (0, 950, a_slow_answer()),
    "max_call_s": (30, 60, a_long_call()),
    "streaming_stt": (True, False, said(1200, text="")),
    "stt_partial_debounce_ms": (0, 90, list(a_late_partial())),
}
"""By knob: two values and the events under which they decide differently."""
AT_THE_WIRE = {"stt_batch_ms"}
"""What the core never sees: proved at the transcriber's own wire."""


def tuned(name: str, value: Value) -> Profile:
    return Profile(**asdict(Profile()) | WITH.get(name, {}) | {name: value})


def decided(profile: Profile, events: list[Event]) -> list[Decision]:
    greeted: list[Event] = [
        CallBegan(0, 1, profile, seed=5),
        ReplyBegan(20, 0),
        ReplyEnded(GREETED_MS, 0),
    ]
    return decide([*greeted, *events])


class KnobTests(SimpleTestCase):
    def test_every_knob_moves_a_decision(self) -> None:
        for name, (low, high, events) in TRIED.items():
            with self.subTest(name):
                one = decided(tuned(name, low), events)
                other = decided(tuned(name, high), events)
                self.assertNotEqual(one, other)
                self.assertGreater(max(len(one), len(other)), 1, "only the greeting was decided")

    def test_no_knob_is_forgotten(self) -> None:
        self.assertEqual(TRIED.keys() | AT_THE_WIRE, {knob.name for knob in KNOBS})

    def test_a_knob_set_to_its_own_value_changes_nothing(self) -> None:
        for name, (low, _high, events) in TRIED.items():
            profile = tuned(name, low)
            with self.subTest(name):
                self.assertEqual(decided(profile, events), decided(replace(profile), events))
