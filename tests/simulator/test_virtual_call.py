"""Calls in virtual time: their journals replay, and their callers react as people do."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.language.language import words_of
from calls.language.openers import Openers
from calls.simulator.virtual import seeded_lines
from calls.simulator.virtual.agent import Answer
from calls.simulator.virtual.call import VirtualCall
from calls.simulator.virtual.caller import ReactingCaller
from calls.simulator.virtual.line import Line, Word
from tuning.turns.events import (
    SPEECH,
    Asks,
    CallBegan,
    HangUp,
    Heard,
    JudgedByModel,
    JudgedLocally,
    Prompt,
    Reply,
    ReplyBegan,
    ReplyEnded,
)
from tuning.turns.profile import FRAME_MS, SHIPPED, Profile
from tuning.turns.replay import decide, recorded

QUICK = Profile(end_silence_short_ms=200, end_silence_long_ms=400, min_utterance_ms=150)


def caller(*lines: Line, seed: int = 1, yields: float = 0.0) -> ReactingCaller:
    greeting = Answer("שלום, במה אפשר לעזור?", 1500)
    wrong_share = 0.0
    return ReactingCaller(
        lines, greeting, [0], HEBREW.words, HEBREW.judge, seed, wrong_share, yields
    )


def seeded(seed: int) -> ReactingCaller:
    lines = seeded_lines.lines(Random(f"{seed}"), HEBREW.words, Openers(HEBREW.openers))
    return caller(*lines, seed=seed)


def line(*phrases: str, pause_ms: int = 1000, is_transcribed: bool = True) -> Line:
    """Each phrase lasts 800 ms."""
    words: list[Word] = []
    pauses: list[tuple[int, int]] = []
    heard: list[int] = []
    for number, phrase in enumerate(phrases):
        if number:
            pauses.append((len(heard) * FRAME_MS, len(heard) * FRAME_MS + pause_ms))
            heard += [0] * (pause_ms // FRAME_MS)
        from_ms = len(heard) * FRAME_MS
        words.append(Word(phrase, from_ms, from_ms + 800))
        heard += [SPEECH] * (800 // FRAME_MS)
    return Line(
        text=" ".join(phrases),
        words=tuple(words) if is_transcribed else (),
        heard=heard,
        ends_ms=len(heard) * FRAME_MS,
        pauses=tuple(pauses),
        answer=Answer("בסדר גמור, רשמנו", 3000),
    )


def placed(caller: ReactingCaller, profile: Profile) -> VirtualCall:
    return caller.call(CallBegan(0, 1, profile, seed=caller.seed))


class JournalTests(SimpleTestCase):
    def test_a_call_replays_to_itself_on_every_profile(self) -> None:
        for name, knobs in SHIPPED.items():
            for seed in range(6):
                with self.subTest(name, seed=seed):
                    call = placed(seeded(seed), Profile(**knobs))
                    self.assertIsInstance(call.entries[0], CallBegan)
                    self.assertEqual(decide(call.entries, words_of), recorded(call.entries))
                    self.assertGreater(len(call.agent.turns), 3)

    def test_the_same_seed_gives_the_same_call(self) -> None:
        profile = Profile(**SHIPPED["adaptive"])
        self.assertEqual(placed(seeded(3), profile).entries, placed(seeded(3), profile).entries)

    def test_time_never_goes_back_and_no_frame_is_missing(self) -> None:
        call = placed(seeded(2), Profile(**SHIPPED["adaptive"]))
        events = [each for each in call.entries if hasattr(each, "at_ms")]
        moments = [each.at_ms for each in events]
        self.assertEqual(moments, sorted(moments))
        frames = [each.at_ms for each in events if isinstance(each, Heard)]
        self.assertEqual(frames, list(range(FRAME_MS, frames[-1] + 1, FRAME_MS)))

    def test_what_the_driver_tells_the_core_is_in_it(self) -> None:
        call = placed(seeded(2), Profile(**SHIPPED["adaptive"]))
        kinds = {type(each) for each in call.entries}
        self.assertLessEqual({Asks, JudgedLocally, JudgedByModel, ReplyBegan, ReplyEnded}, kinds)

    def test_turns_agree_with_the_journal(self) -> None:
        call = placed(seeded(5), Profile(**SHIPPED["adaptive"]))
        decisions = {
            action.turn: (at_ms, action.why)
            for at_ms, action in recorded(call.entries)
            if isinstance(action, Reply | Prompt)
        }
        turns = {turn.number: (turn.decided_ms, turn.why) for turn in call.agent.turns}
        self.assertEqual(turns, decisions)
        began = {each.turn: each.at_ms for each in call.entries if isinstance(each, ReplyBegan)}
        for turn in call.agent.turns:
            if turn.heard_ms is not None:
                self.assertTrue(0 <= began[turn.number] - turn.heard_ms < 2 * FRAME_MS)

    def test_the_same_line_meets_the_same_services_on_another_profile(self) -> None:
        took = []
        for profile in (Profile(), Profile(**SHIPPED["unhurried"])):
            call = placed(caller(line("אני רוצה לקבוע תור")), profile)
            (turn,) = (each for each in call.agent.turns if each.why != "greeting")
            took.append((round(turn.llm_ttft or 0, 1), round(turn.tts_ttfb or 0, 1)))
        self.assertEqual(*took)


class ReactionTests(SimpleTestCase):
    def test_a_caller_who_is_cut_in_on_goes_on_and_is_answered_as_one(self) -> None:
        said = line("אני רוצה", "לקבוע תור", pause_ms=2400)
        who = caller(said)
        call = placed(who, QUICK)
        _greeting, first, second = call.agent.turns
        self.assertEqual((first.said, first.outcome), ("אני רוצה", "cut-in"))
        self.assertEqual((second.said, second.outcome), (said.text, "completed"))
        self.assertTrue(who.is_cut_in(first.number, first.heard_ms))
        self.assertFalse(who.is_cut_in(second.number, second.heard_ms))

    def test_or_lets_the_agent_finish_and_says_the_rest(self) -> None:
        who = caller(line("אני רוצה", "לקבוע תור", pause_ms=2400), yields=1.0)
        call = placed(who, QUICK)
        _greeting, first, second = call.agent.turns
        self.assertEqual((first.said, first.outcome), ("אני רוצה", "completed"))
        self.assertEqual((second.said, second.outcome), ("לקבוע תור", "completed"))
        self.assertTrue(who.is_cut_in(first.number, first.heard_ms))
        assert first.ended_ms is not None
        assert second.speech_began_ms is not None
        self.assertGreater(second.speech_began_ms, first.ended_ms)

    def test_a_caller_who_was_not_heard_says_it_again(self) -> None:
        call = placed(caller(line("אני רוצה לקבוע תור", is_transcribed=False)), Profile())
        prompts = [each.why for each in call.agent.turns]
        self.assertEqual(prompts.count("not heard"), 1)
        spoken = [each for each in call.entries if isinstance(each, Heard) and each.speech]
        self.assertGreaterEqual(len(spoken), 2 * 800 // FRAME_MS)

    def test_a_caller_answers_only_when_the_agent_has_finished(self) -> None:
        call = placed(caller(line("אני רוצה לקבוע תור"), line("ביום שני")), Profile())
        _greeting, first, second = call.agent.turns
        assert first.ended_ms is not None
        assert second.speech_began_ms is not None
        self.assertGreater(second.speech_began_ms, first.ended_ms)

    def test_a_sign_of_listening_does_not_take_the_floor(self) -> None:
        nod = replace(line("אהה"), over_agent_ms=1000, takes_floor=False)
        call = placed(caller(line("אני רוצה לקבוע תור"), nod), Profile(**SHIPPED["adaptive"]))
        self.assertEqual([each.outcome for each in call.agent.turns], ["completed"] * 2)
        self.assertEqual(call.agent.turns[-1].said, "אני רוצה לקבוע תור")

    def test_the_agent_hangs_up_after_its_goodbye(self) -> None:
        last = replace(line("לא תודה"), answer=Answer("להתראות", 800, is_farewell=True))
        who = caller(last)
        call = placed(who, Profile())
        self.assertEqual(call.entries[-1], HangUp("goodbye"))
        self.assertFalse(who.hung_up)
