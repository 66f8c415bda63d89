"""The core's contract: the greeting, the numbers, the states, the breath, the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from tests.random_calls import random_call
from tests.recordings.calls import CALLS
from tests.script import ADAPTIVE, ScriptedCall
from tuning.turns import journal, turn_taker
from tuning.turns.agent import Floor
from tuning.turns.events import (
    Action,
    AskedToSay,
    CallBegan,
    Event,
    Pressed,
    Prompt,
    Reply,
    StopReply,
    TookOver,
    Transcribed,
)
from tuning.turns.profile import SHIPPED, Profile
from tuning.turns.turn_taker import TurnTaker


class GreetingTests(SimpleTestCase):
    def test_a_call_begins_with_the_greeting_as_turn_0(self) -> None:
        call = ScriptedCall()
        self.assertEqual(call.actions, [Prompt(0, "greeting", why="greeting")])

    def test_the_greeting_is_stopped_by_the_caller_like_any_reply(self) -> None:
        call = ScriptedCall()
        call.silence(200)
        call.reply_begins()
        call.silence(1000)
        self.assertEqual(call.voice(300), [StopReply(0, "barge-in")])

    def test_what_is_said_over_the_end_of_the_greeting_is_answered(self) -> None:
        call = ScriptedCall()
        call.reply_begins()
        call.silence(1000)
        call.voice(200)
        call.silence(200)
        call.reply_ends()
        call.words("הלו")
        self.assertEqual(call.wait_for(Reply).text, "הלו")


class TurnNumberTests(SimpleTestCase):
    def test_every_turn_has_the_next_number(self) -> None:
        call = ScriptedCall.listening()
        for turn in (1, 2, 3):
            call.says("עוד משהו", 1000)
            self.assertEqual(call.wait_for(Reply).turn, turn)
            self.assertEqual(call.core.turn, turn)
            call.reply_is_heard()
            call.silence(2000)

    def test_a_new_utterance_brings_only_its_own_words_and_times(self) -> None:
        call = ScriptedCall.speaking("ראשון")
        call.reply_ends()
        call.silence(3000)
        began_ms = call.at_ms
        call.says("שני", 800)
        reply = call.wait_for(Reply)
        self.assertEqual(reply.text, "שני")
        self.assertEqual((reply.spoke_from_ms, reply.spoke_until_ms), (began_ms, began_ms + 800))

    def test_a_quiet_line_decides_nothing(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(call.silence(60_000), [])


class StateTests(SimpleTestCase):
    def test_the_state_says_who_has_the_floor(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(call.core.state, "listening")
        call.says("שלום", 1000)
        call.wait_for(Reply)
        self.assertEqual(call.core.state, "thinking")
        call.reply_begins()
        self.assertEqual(call.core.state, "speaking")
        call.silence(500)
        call.reply_ends()
        self.assertEqual(call.core.state, "refractory")
        call.silence(1100)
        self.assertEqual(call.core.state, "listening")

    def test_the_caller_has_the_floor_after_a_barge_in(self) -> None:
        call = ScriptedCall.speaking()
        call.voice(300)
        self.assertIn(call.core.state, {"listening", "waiting"})


class RetunedTests(SimpleTestCase):
    def test_the_core_says_which_knobs_it_runs_on(self) -> None:
        call = ScriptedCall.listening()
        brisk = Profile(**SHIPPED["brisk"])
        self.assertEqual((call.core.revision, call.core.profile), (1, Profile()))
        self.assertEqual(call.retune(brisk), [])
        self.assertEqual((call.core.revision, call.core.profile), (2, brisk))

    def test_silence_already_heard_counts_under_new_knobs(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        self.assertEqual(call.silence(640), [])
        self.assertEqual(call.retune(Profile(end_silence_short_ms=400)), [])
        (reply,) = call.silence(20)
        self.assertIsInstance(reply, Reply)

    def test_a_longer_silence_holds_a_decision_back(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        spoke_until_ms = call.at_ms
        call.silence(700)
        call.retune(Profile(end_silence_short_ms=900))
        call.wait_for(Reply)
        self.assertEqual(call.at_ms, spoke_until_ms + 220 + 900)


class ResponseDelayTests(SimpleTestCase):
    def delays(self, profile: Profile, seed: int, turns: int = 20) -> list[int]:
        call = ScriptedCall.listening(profile, seed=seed)
        drawn: list[int] = []
        for _turn in range(turns):
            call.says("עוד", 800)
            drawn.append(call.wait_for(Reply).delay_ms)
            call.reply_is_heard(500)
            call.silence(2000)
        return drawn

    def test_the_delay_is_drawn_between_its_limits_once_a_turn(self) -> None:
        drawn = self.delays(Profile(response_delay_min_ms=50, response_delay_max_ms=120), seed=7)
        self.assertGreaterEqual(min(drawn), 50)
        self.assertLessEqual(max(drawn), 120)
        self.assertGreater(len(set(drawn)), 5)

    def test_equal_limits_leave_nothing_to_chance(self) -> None:
        profile = Profile(response_delay_min_ms=80, response_delay_max_ms=80)
        self.assertEqual(set(self.delays(profile, seed=7)), {80})

    def test_the_seed_decides_the_delays(self) -> None:
        self.assertEqual(self.delays(Profile(), seed=3), self.delays(Profile(), seed=3))
        self.assertNotEqual(self.delays(Profile(), seed=3), self.delays(Profile(), seed=4))


class ClockTests(SimpleTestCase):
    def test_silence_is_counted_by_the_clock_and_not_by_frames(self) -> None:
        """Frames lost on the way leave a jump in the time of the next one."""
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        call.at_ms += 700
        (reply,) = call.silence(20)
        self.assertIsInstance(reply, Reply)

    def test_the_same_events_give_the_same_actions(self) -> None:
        def lived() -> ScriptedCall:
            call = ScriptedCall.speaking()
            call.voice(400)
            call.words("רגע", final=False)
            call.words("רגע אחד")
            call.wait_for(Reply)
            call.reply_is_heard()
            return call

        self.assertEqual(lived().entries, lived().entries)

    def test_a_transcript_before_any_voice_does_no_harm(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(call.feed(Transcribed(call.at_ms, 100, "הד")), [])
        call.says("שלום", 1200)
        self.assertIn("שלום", call.wait_for(Reply).text)


class DrawingTests(SimpleTestCase):
    """The drawing at the head of the core is the whole truth."""

    def setUp(self) -> None:
        self.drawn: set[tuple[Floor, Floor]] = set()
        anywhere = [floor for floor in Floor if floor is not Floor.OVER]
        self.rare: set[tuple[Floor, Floor]] = set()
        for line in re.findall(r"^    ([\w, ]+) -> (\w+) ", f"{turn_taker.__doc__}", re.MULTILINE):
            before, after = line[0].split(", "), Floor[line[1]]
            if before == ["any"]:
                self.rare |= {(floor, after) for floor in anywhere}
            else:
                self.drawn |= {(Floor[name], after) for name in before}

    def passages(self, entries: Iterable[Event | Action]) -> Iterator[tuple[Floor, Floor]]:
        for entry in entries:
            if isinstance(entry, CallBegan):
                core = TurnTaker(HEBREW.words)
                core.feed(entry)
            elif not isinstance(entry, Action):
                before, turn = core._agent.floor, core.turn
                core.feed(entry)
                if (after := core._agent.floor) is not before or core.turn != turn:
                    yield before, after

    def test_every_call_goes_only_where_the_drawing_says_and_some_call_goes_everywhere(
        self,
    ) -> None:
        seen: set[tuple[Floor, Floor]] = set()
        for call in CALLS:
            seen |= set(self.passages(journal.read(call.recorded().journal)))
        for seed in range(40):
            seen |= set(self.passages(random_call(seed).entries))
            seen |= set(self.passages(random_call(seed, persons=True).entries))
        held = ScriptedCall.speaking(profile=ADAPTIVE)
        held.voice(500)
        held.feed(Pressed(held.at_ms, "1"))
        seen |= set(self.passages(held.entries))
        keying = ScriptedCall.listening()
        keying.feed(Pressed(keying.at_ms, "1"), TookOver(keying.at_ms, "dana"))
        seen |= set(self.passages(keying.entries))
        for event in (TookOver(0, "dana"), AskedToSay(0, "dana", "רגע")):
            held = ScriptedCall.speaking(profile=ADAPTIVE)
            held.voice(500)
            held.feed(replace(event, at_ms=held.at_ms))
            seen |= set(self.passages(held.entries))
        self.assertEqual(seen - self.drawn - self.rare, set(), "not drawn")
        self.assertEqual(self.drawn - seen, set(), "drawn, and never so")
