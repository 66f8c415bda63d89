"""Every knob moves a decision under each rule under which it is shown, and none under another.

The same events under two values give different actions. In the field three of the tuned knobs were
connected to nothing for months.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from random import Random
from typing import Any, get_args

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.random_calls import random_call
from tests.script import ScriptedCall, frames, silence, voice
from tuning.lab.pauses import pauses
from tuning.turns.completion import Asked
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    JUDGED,
    SPEECH,
    Asks,
    CallBegan,
    Event,
    JudgedByModel,
    JudgedLocally,
    ReplyBegan,
    ReplyEnded,
    Transcribed,
)
from tuning.turns.knob import RULES, Knob, Value
from tuning.turns.profile import KNOBS, SHIPPED, Profile, ProfileError
from tuning.turns.replay import Decision, decide

GREETED_MS = 500


def said(ms: int, text: str = "תודה", start_ms: int = 3000, speech: int = SPEECH) -> list[Event]:
    """Speech for so long, its final transcript, and ten seconds of silence."""
    end_ms = start_ms + ms
    words: list[Event] = [Transcribed(end_ms, end_ms, text, final=True)] if text else []
    return [
        *silence(start_ms - GREETED_MS, GREETED_MS),
        *voice(ms, start_ms, speech),
        *words,
        *silence(100, end_ms),
        *(no_verdict(end_ms + 100, text) if text else []),
        *silence(9900, end_ms + 100),
    ]


def no_verdict(at_ms: int, text: str) -> list[Event]:
    """The model does not say whether these words are all."""
    return [JudgedByModel(at_ms, 1, text, NO_VERDICT)]


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
    """160 ms of voice, 700 ms after the greeting has been heard."""
    return said(160, text="", start_ms=GREETED_MS + 700)


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


def judged(whole: float, *, is_late: bool = False) -> list[Event]:
    """An answer whose partial the local judge finds whole with this probability. is_late: the model
    is still to say; else it has no verdict."""
    events = [each for each in said(1200, text="") if each.at_ms <= 4400]
    words = "אני גרה שם"
    verdict = JudgedLocally(4400, words, whole, 1 - whole, 0.0, "scripted")
    events += [Transcribed(4400, 4200, words), verdict, *silence(40, 4400)]
    events += [] if is_late else no_verdict(4440, words)
    return [*events, *silence(4000, 4440)]


def somebody_silent() -> list[Event]:
    return list(silence(30_000, GREETED_MS))


BASES: dict[str, dict[str, Any]] = {"fixed": SHIPPED["balanced"], "adaptive": SHIPPED["adaptive"]}
"""By rule: what a call runs on while one of its knobs is tried."""
NEEDS: dict[str, dict[str, Any]] = {
    "protect_ms": {"false_interruption_ms": 1500, "resume_ms": 400},
    "response_delay_min_ms": {"response_delay_max_ms": 120},
}
"""What else must stand for the knob to be tried alone."""
YES_NO = Asked("yes_no")

Trial = tuple[Value, Value, list[Event]]
TRIED: dict[str, Trial] = {
    "endpointing": ("fixed", "adaptive", an_answer("כן", YES_NO)),
    "vad": ("webrtc", "silero", said(1200, speech=0b1111)),
    "finished_silence_ms": (340, 600, judged(0.95)),
    "middle_silence_ms": (700, 1000, judged(0.6)),
    "sure_percent": (80, 96, judged(0.9)),
    "verdict_wait_ms": (0, 1000, judged(0.95, is_late=True)),
    "stable_ms": (100, 600, judged(0.95)),
    "asked_for_time_ms": (0, 1000, an_answer("רגע", Asked())),
    "resume_ms": (300, 600, said(1200)[:-450] + list(voice(400, 5000))),
    "false_interruption_ms": (0, 1500, over_the_agent(400)),
    "protect_ms": (0, 800, over_the_agent(340, after_ms=100)),
    "think_limit": (0, 3, said(2500)),
    "no_input_ms": (0, 9000, somebody_silent()),
    "reply_limit_s": (0, 20, said(1200)),
    "vad_aggressiveness": (1, 3, said(1200, speech=0b0011 | JUDGED)),
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
TRIED_ADAPTIVE: dict[str, Trial] = {
    "vad_hangover_ms": (140, 220, said(1200, text="")),
    "end_silence_short_ms": (400, 500, said(1200, text="")),
}
"""Where the adaptive rule needs other events: these knobs act while words are missing."""
AT_THE_WIRE = {"stt_batch_ms"}
"""What the core never sees: proved at the transcriber's own wire."""
IN_THE_FIGURES = {("short_utterance_ms", "adaptive")}
"""What says so by its name and help: it sorts the record and decides nothing."""


def tuned(rule: str, name: str, value: Value) -> Profile:
    knobs = asdict(Profile(**BASES[rule])) | NEEDS.get(name, {}) | {name: value}
    return Profile(**knobs)


def greeted(profile: Profile, events: list[Event]) -> list[Event]:
    return [
        CallBegan(0, 1, profile, seed=5),
        ReplyBegan(20, 0),
        ReplyEnded(GREETED_MS, 0),
        *events,
    ]


def decided(profile: Profile, events: list[Event]) -> list[Decision]:
    return decide(greeted(profile, events), words_of)


def drawn(rule: str, chance: Random) -> Profile:
    """Any values that are advised of the knobs that act under this rule."""
    knobs = asdict(Profile(**BASES[rule]))
    for knob in KNOBS:
        if knob.is_number and knob.acts_under(rule) and chance.random() < 0.3:
            before, knobs[knob.name] = knobs[knob.name], on_a_step(knob, chance)
            try:
                Profile(**knobs)
            except ProfileError:  # it contradicts another
                knobs[knob.name] = before
    return Profile(**knobs)


def on_a_step(knob: Knob, chance: Random) -> int:
    low, high = knob.soft
    return chance.randrange(-(-low // knob.step) * knob.step, high + 1, knob.step)


def any_call(seed: int) -> list[Event]:
    """Without its beginning."""
    events = [each for each in random_call(seed).entries if isinstance(each, get_args(Event))]
    return [each for each in events if not isinstance(each, CallBegan)]


class KnobTests(SimpleTestCase):
    def trials(self) -> Iterator[tuple[str, str, Trial]]:
        """Each knob under each rule under which it is shown."""
        for knob in KNOBS:
            for rule in knob.meanings:
                if knob.name not in AT_THE_WIRE and (knob.name, rule) not in IN_THE_FIGURES:
                    own = TRIED_ADAPTIVE if rule == "adaptive" else {}
                    yield rule, knob.name, own.get(knob.name, TRIED[knob.name])

    def test_every_knob_moves_a_decision_under_each_rule_under_which_it_is_shown(self) -> None:
        for rule, name, (low, high, events) in self.trials():
            with self.subTest(name, rule=rule):
                one = decided(tuned(rule, name, low), events)
                other = decided(tuned(rule, name, high), events)
                self.assertNotEqual(one, other)
                self.assertGreater(max(len(one), len(other)), 1, "only the greeting was decided")

    def test_no_knob_is_forgotten(self) -> None:
        self.assertEqual(TRIED.keys() | AT_THE_WIRE, {knob.name for knob in KNOBS})
        for knob in KNOBS:
            self.assertLessEqual(knob.meanings.keys(), set(RULES))
            self.assertTrue(knob.meanings, knob.name)

    def test_a_knob_set_to_its_own_value_changes_nothing(self) -> None:
        for rule, name, (low, _high, events) in self.trials():
            profile = tuned(rule, name, low)
            with self.subTest(name, rule=rule):
                self.assertEqual(decided(profile, events), decided(replace(profile), events))

    def test_a_knob_that_is_not_shown_moves_nothing_in_any_call(self) -> None:
        calls = [events for _low, _high, events in (*TRIED.values(), *TRIED_ADAPTIVE.values())]
        calls += [any_call(seed) for seed in range(12)]
        for rule in RULES:
            idle = [knob for knob in KNOBS if not knob.acts_under(rule)]
            idle += [knob for knob in KNOBS if (knob.name, rule) in IN_THE_FIGURES]
            self.assertTrue(idle)
            for number, events in enumerate(calls):
                profile = drawn(rule, Random(number))
                expected = decided(profile, events)
                for knob in idle:
                    for value in knob.hard:
                        other = decided(replace(profile, **{knob.name: value}), events)  # type: ignore[arg-type]
                        with self.subTest(knob.name, rule=rule, value=value, call=number):
                            self.assertEqual(other, expected)

    def test_what_acts_in_the_figures_alone_sorts_what_is_recorded(self) -> None:
        sorted_as = []
        for border_ms in (500, 2000):
            call = ScriptedCall.listening(tuned("adaptive", "short_utterance_ms", border_ms))
            call.hear("MMMMMMMM___MMMMMM")
            call.words("אני צריך תור")
            call.silence(4000)
            sorted_as.append((pauses(call.entries)[1].short_ms, pauses(call.entries)[1].long_ms))
        self.assertEqual(sorted_as, [(None, 300), (300, None)])
