"""What bench.voice_to_voice says, hears and counts: its lines, its cloud's ears and model, its
table."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from django.test import SimpleTestCase

from bench.content_ear import CONTENT_HZ, OPENER_HZ, ContentEar
from bench.held_out_cloud import (
    GO_ON,
    Judge,
    SoundBook,
    TimedHearing,
    answers,
    fitting,
    readback,
    truth_of,
)
from bench.held_out_lines import (
    LONGEST_PAUSE_MS,
    VOICES,
    HeldLine,
    Spoken,
    calls,
    shared_out,
    spoken,
    with_pauses,
)
from bench.train_completion import LEFT_OUT, LINES
from bench.voice_to_voice_table import Heard, Row, in_vain, remarks_on, requests_a_line, table
from calls.audio.codec import BYTES_PER_MS, FRAME_BYTES, SILENCE_BYTE, to_mulaw
from calls.language.completion.lines import by_business, parsed
from calls.services.verdicts import Verdict
from calls.simulator.caller import LineOutcome
from tests.servers import hearing
from tests.servers.google_voice import buzz
from tests.servers.openai_answers import Answer

NAME = HeldLine("על איזה שם?", ("על שם אשתי", "סמדר אלקיים"), (600,))
DIARY = HeldLine(
    "ראשון או שלישי?", ("רגע אני בודקת", "שלישי"), (700,), frozenset({"רגע אני בודקת"})
)
WIFE = HeldLine("על שם מי?", ("על שם אשתי",))
CALL = (WIFE, NAME, DIARY)


def voice(length_ms: int, pitch_hz: float) -> bytes:
    return to_mulaw(buzz(length_ms, 8000, pitch_hz))


class LineTests(SimpleTestCase):
    def test_the_businesses_are_those_that_nothing_is_trained_on(self) -> None:
        held = {line.text for name in LEFT_OUT for line in by_business(LINES)[name]}
        said = {
            line.text for kind in ("whole", "paused") for call in calls(kind, 60) for line in call
        }
        self.assertGreater(len(said), 120)
        self.assertLessEqual(said, held)

    def test_there_are_more_than_400_lines_with_a_pause(self) -> None:
        counted = [line for call in calls("paused", 1000) for line in call[1:]]
        self.assertGreater(len(counted), 400)
        self.assertEqual(len(counted), len({line.text for line in counted}))
        pauses_ms = [ms for line in counted for ms in line.pauses_ms]
        self.assertTrue(all(len(line.parts) > 1 for line in counted))
        self.assertLessEqual(max(pauses_ms), LONGEST_PAUSE_MS)
        self.assertAlmostEqual(sorted(pauses_ms)[len(pauses_ms) // 2], 500, delta=75)

    def test_the_calls_are_always_the_same(self) -> None:
        self.assertEqual(calls("paused", 30), calls("paused", 30))

    def test_a_caller_speaks_on_where_it_could_be_all(self) -> None:
        line, *_none = parsed("מי? = אני ~ כלומר | אשתי ○ רגע", "row")
        self.assertEqual(with_pauses(line, random.Random(1)).parts, ("אני כלומר", "אשתי", "רגע"))

    def test_a_word_is_as_long_as_its_letters(self) -> None:
        self.assertEqual(list(shared_out(["אבא", "א"], 100, 400)), [("אבא", 400), ("א", 500)])


class HearingTests(SimpleTestCase):
    line: Spoken

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.line = spoken(NAME, VOICES[0])

    def _heard(self, audio: bytes) -> list[hearing.Heard]:
        ear = TimedHearing(SoundBook([self.line]))
        frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
        return [heard for frame in frames for heard in ear.hear(frame)]

    def test_a_word_is_there_when_it_has_been_said(self) -> None:
        ends_ms = dict(self.line.ends_ms)
        for heard in self._heard(self.line.audio):
            with self.subTest(heard.words):
                self.assertGreaterEqual(heard.until_ms, ends_ms[heard.words[-1]])

    def test_the_pause_parts_two_finals_that_are_all_the_words(self) -> None:
        silence = SILENCE_BYTE * (600 * BYTES_PER_MS)
        finals = [each.words for each in self._heard(self.line.audio + silence) if each.is_final]
        self.assertEqual([" ".join(words) for words in finals], list(NAME.parts))

    def test_the_last_word_comes_before_the_final(self) -> None:
        *_before, partial, _final = self._heard(self.line.audio + SILENCE_BYTE * 4800)
        self.assertEqual(partial.words[-1], "אלקיים")
        self.assertFalse(partial.is_final)
        self.assertLess(partial.until_ms - self.line.speech_until_ms, 120)

    def test_a_sound_that_is_no_line_has_no_words(self) -> None:
        self.assertEqual(self._heard(voice(800, 200) + SILENCE_BYTE * 4800), [])


class TruthTests(SimpleTestCase):
    def test_a_line_is_whole_and_its_beginning_is_not(self) -> None:
        for said, verdict in (
            ("על שם אשתי סמדר אלקיים", Verdict.WHOLE),
            ("על שם אשתי סמדר", Verdict.CUT_SHORT),
            ("רגע אני בודקת", Verdict.NEEDS_TIME),
            ("רגע אני", Verdict.CUT_SHORT),
            ("משהו אחר", Verdict.WHOLE),
        ):
            with self.subTest(said):
                self.assertIs(truth_of(said, CALL)[1], verdict)

    def test_the_same_words_are_whole_or_not_by_what_was_asked(self) -> None:
        self.assertIs(truth_of("על שם אשתי", CALL, f"רשמתי. {WIFE.question}")[1], Verdict.WHOLE)
        self.assertIs(truth_of("על שם אשתי", CALL, f"רשמתי. {NAME.question}")[1], Verdict.CUT_SHORT)

    def test_only_the_newest_words_count(self) -> None:
        found = truth_of("על שם אשתי סמדר אלקיים רגע אני בודקת", CALL)
        self.assertEqual(found, (DIARY, Verdict.NEEDS_TIME))

    def test_the_share_that_is_wrong_is_always_the_same_texts(self) -> None:
        texts = [f"שורה {number}" for number in range(2000)]
        judge = Judge([HeldLine("", (text,)) for text in texts], 0.1)
        wrong = [text for text in texts if judge.of("", text) is not Verdict.WHOLE]
        self.assertAlmostEqual(len(wrong), 200, delta=40)
        self.assertEqual(wrong, [text for text in texts if judge.of("", text) is not Verdict.WHOLE])


class ModelTests(SimpleTestCase):
    def test_it_asks_the_next_question_after_the_callers_own_words(self) -> None:
        written = answers([CALL])
        self.assertEqual(written[WIFE.text].text, f"שם אשתי, רשמתי. {NAME.question}")
        self.assertEqual(written[""].text, GO_ON)
        said = NAME.text
        self.assertEqual(next(text for text in written if text in said), NAME.text)

    def test_digits_are_not_read_back(self) -> None:
        self.assertEqual(readback("המספר 052"), "")

    def test_it_begins_with_an_opener_that_it_is_told_of_but_never_twice_running(self) -> None:
        system = {"role": "system", "content": 'מתחילים באחת: "בשמחה," "הבנתי,"'}
        caller = {"role": "user", "content": NAME.text}
        judge = Judge(CALL)
        first = judge.answer([system, caller], Answer("רשמתי.")).text
        opener = first.split()[0]
        self.assertIn(opener, judge.told)
        before = {"role": "assistant", "content": first}
        second = judge.answer([system, caller, before, caller], Answer("רשמתי.")).text
        self.assertNotEqual(second.split()[0], opener)

    def test_it_begins_with_none_that_it_is_not_told_of(self) -> None:
        self.assertEqual(fitting([], [{"role": "user", "content": "כן"}]), "")


class ContentEarTests(SimpleTestCase):
    def test_content_begins_after_the_opener(self) -> None:
        ear = ContentEar()
        ear.play(1000, voice(400, OPENER_HZ))
        ear.play(1100, voice(600, CONTENT_HZ))
        self.assertEqual(ear.content_after(900, 5000), 1400)
        self.assertEqual(len(ear.contents), 1)

    def test_an_opener_alone_has_no_content(self) -> None:
        ear = ContentEar()
        ear.play(1000, voice(400, OPENER_HZ))
        self.assertIsNone(ear.content_after(0, 5000))

    def test_what_was_cleared_was_never_heard(self) -> None:
        ear = ContentEar()
        ear.play(1000, voice(400, OPENER_HZ) + voice(400, CONTENT_HZ))
        ear.clear(1300)
        self.assertIsNone(ear.content_after(0, 5000))


def heard(wait_ms: float | None, cut_in: bool = False) -> Heard:
    outcome = LineOutcome("a", "a", 0, 1000, answered=True, voice_to_voice_ms=wait_ms)
    return Heard(replace(outcome, cut_in=cut_in), wait_ms and wait_ms + 50)


class FigureTests(SimpleTestCase):
    row = Row("off", "paused", [heard(1000), heard(1600), heard(None, True)], 1.5, 0.25, 3.0, [])

    def test_a_row_says_how_sure_its_share_is(self) -> None:
        text = table([self.row], []).splitlines()[3]
        for figure in ("1300", "1350", "50%", "33.3% (6.1%–79.2%)", "1.50", "25%"):
            with self.subTest(figure):
                self.assertIn(figure, text)

    def test_what_was_not_measured_is_a_dash(self) -> None:
        text = table([replace(self.row, lines=[heard(None)], in_vain=None)], []).splitlines()[3]
        self.assertEqual(text.split().count("–"), 5)

    def test_late_callers_are_told_of(self) -> None:
        self.assertEqual(remarks_on(self.row), [])
        self.assertIn("late themselves", remarks_on(replace(self.row, late_p99_ms=40.0))[0])

    def test_requests_about_what_is_not_counted_are_left_out(self) -> None:
        asked = Counter({"first": 3, "one": 2, "two": 1, "": 1})
        self.assertEqual(requests_a_line(asked, ["one", "two"], ["first"]), 2.0)

    def test_tokens_of_a_withdrawn_reply_are_counted_once(self) -> None:
        self.assertEqual(in_vain(tokens=100, wasted=50, withdrawn=30), 50 / 120)
        self.assertIsNone(in_vain(0, 0, 0))
