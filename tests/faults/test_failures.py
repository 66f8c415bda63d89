"""A service is late or broken, the time is up, the line is dead: never dead air."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.script import ScriptedCall
from tuning.turns.events import (
    Action,
    Fill,
    HangUp,
    Prompt,
    Reply,
    ReplyFailed,
    ReplyLate,
    StopReply,
    TranscriberFailed,
)
from tuning.turns.profile import Profile

SHORT_CALL = Profile(max_call_s=30)


class ReplyTests(SimpleTestCase):
    def fails(self, call: ScriptedCall, turn: int | None = None) -> list[Action]:
        number = call.core.turn if turn is None else turn
        return call.feed(ReplyFailed(call.at_ms, number, "refused"))

    def answered(self, call: ScriptedCall) -> None:
        call.silence(2000)
        call.says("שלום", 800)
        call.wait_for(Reply)

    def test_a_reply_that_fails_is_apologised_for(self) -> None:
        self.assertEqual(
            self.fails(ScriptedCall.answering()),
            [StopReply(1, "failed"), Prompt(2, "apology", why="reply failed")],
        )

    def test_a_reply_that_is_late_is_apologised_for(self) -> None:
        call = ScriptedCall.answering()
        self.assertEqual(
            call.feed(ReplyLate(call.at_ms, 1, "no first word within 4 s")),
            [StopReply(1, "late"), Prompt(2, "apology", why="reply late")],
        )

    def test_a_reply_that_breaks_off_is_apologised_for(self) -> None:
        self.assertEqual(
            self.fails(ScriptedCall.speaking()),
            [StopReply(1, "failed"), Prompt(2, "apology", why="reply failed")],
        )

    def test_a_late_reply_is_filled_once(self) -> None:
        call = ScriptedCall.answering()
        self.assertEqual(call.silence(900), [])
        self.assertEqual(call.silence(100), [Fill(1)])
        self.assertEqual(call.silence(5000), [])

    def test_a_reply_that_is_heard_in_time_is_not_filled(self) -> None:
        call = ScriptedCall.answering()
        call.silence(900)
        call.reply_begins()
        self.assertEqual(call.silence(2000), [])

    def test_a_caller_who_speaks_on_is_not_filled(self) -> None:
        call = ScriptedCall.answering()
        call.silence(600)
        self.assertNotIn(Fill(1), call.voice(600) + call.silence(300))

    def test_a_cough_does_not_leave_the_caller_waiting_in_silence(self) -> None:
        call = ScriptedCall.answering()
        call.voice(200)
        self.assertEqual(call.silence(1000), [Fill(1)])

    def test_a_prompt_is_never_filled(self) -> None:
        call = ScriptedCall.answering()
        call.feed(ReplyFailed(call.at_ms, 1, "refused"))
        self.assertEqual(call.silence(3000), [])

    def test_the_call_goes_on_after_an_apology(self) -> None:
        call = ScriptedCall.answering()
        self.fails(call)
        call.reply_is_heard()
        self.answered(call)
        self.assertEqual(call.core.turn, 3)

    def test_the_third_failure_in_a_row_ends_the_call_with_words(self) -> None:
        call = ScriptedCall.listening()
        for _time in range(2):
            self.answered(call)
            self.fails(call)
            call.reply_is_heard()
        self.answered(call)
        self.assertEqual(
            self.fails(call),
            [StopReply(5, "failed"), Prompt(6, "apology_goodbye", why="reply failed")],
        )
        self.assertEqual(call.reply_is_heard(), [HangUp("failed")])

    def test_replies_that_break_off_are_failures_in_a_row_too(self) -> None:
        call = ScriptedCall.listening()
        for _time in range(3):
            self.answered(call)
            call.reply_begins()
            call.silence(200)
            self.fails(call)
            call.reply_is_heard()
        self.assertEqual(call.last(Prompt).name, "apology_goodbye")

    def test_a_reply_that_was_heard_begins_the_count_anew(self) -> None:
        for is_interrupted in (False, True):
            call = ScriptedCall.listening()
            for _time in range(2):
                self.answered(call)
                self.fails(call)
                call.reply_is_heard()
            self.answered(call)
            call.reply_begins()
            if is_interrupted:
                call.says("רגע", 400)
                call.wait_for(Reply)
            else:
                call.silence(1000)
                call.reply_ends()
                self.answered(call)
            self.fails(call)
            with self.subTest(is_interrupted=is_interrupted):
                self.assertEqual(call.last(Prompt).name, "apology")

    def test_an_apology_that_fails_ends_the_call(self) -> None:
        call = ScriptedCall.answering()
        self.fails(call)
        self.assertIn(HangUp("failed"), self.fails(call))

    def test_a_report_about_another_turn_is_ignored(self) -> None:
        call = ScriptedCall.speaking()
        call.says("רגע", 400)
        call.wait_for(Reply)
        self.assertEqual(self.fails(call, turn=1), [])
        self.assertEqual(call.feed(ReplyLate(call.at_ms, 1, "late")), [])
        self.assertEqual(self.fails(call, turn=7), [])
        self.assertEqual(call.core.state, "thinking")

    def test_a_reply_that_fails_after_it_was_stopped_is_ignored(self) -> None:
        call = ScriptedCall.speaking()
        call.voice(300)
        self.assertEqual(self.fails(call, turn=1), [])

    def test_an_apology_can_be_interrupted(self) -> None:
        call = ScriptedCall.answering()
        self.fails(call)
        call.reply_begins()
        call.silence(400)
        self.assertEqual(call.voice(300), [StopReply(2, "barge-in")])


class TranscriberTests(SimpleTestCase):
    def test_without_a_transcriber_the_call_ends_with_words(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(
            call.feed(TranscriberFailed(call.at_ms, "refused")),
            [Prompt(1, "apology_goodbye", why="transcriber failed")],
        )
        self.assertEqual(call.reply_is_heard(), [HangUp("failed")])

    def test_a_reply_under_way_makes_room_for_them(self) -> None:
        for call in (ScriptedCall.answering(), ScriptedCall.speaking()):
            with self.subTest(call.core.state):
                stop, prompt = call.feed(TranscriberFailed(call.at_ms, "refused"))
                self.assertIsInstance(stop, StopReply)
                self.assertEqual(prompt, Prompt(2, "apology_goodbye", why="transcriber failed"))
                self.assertEqual(call.reply_is_heard(), [HangUp("failed")])

    def test_a_caller_who_talks_on_hears_the_end_all_the_same(self) -> None:
        call = ScriptedCall.listening()
        call.feed(TranscriberFailed(call.at_ms, "refused"))
        call.reply_begins()
        self.assertEqual(call.voice(2000), [])
        self.assertEqual(call.reply_ends(), [HangUp("failed")])

    def test_last_words_that_fail_end_the_call(self) -> None:
        call = ScriptedCall.listening()
        call.feed(TranscriberFailed(call.at_ms, "refused"))
        followed = call.feed(ReplyFailed(call.at_ms, call.core.turn, "refused"))
        self.assertIsInstance(followed[-1], HangUp)


class FarewellTests(SimpleTestCase):
    def test_a_farewell_ends_the_call_once_it_was_heard(self) -> None:
        call = ScriptedCall.answering()
        self.assertEqual(call.reply_is_heard(farewell=True), [HangUp("goodbye")])

    def test_nothing_is_decided_after_the_end(self) -> None:
        call = ScriptedCall.answering()
        call.reply_is_heard(farewell=True)
        followed = call.says("רגע", 1000) + call.silence(10_000) + call.line_stalls(40)
        self.assertEqual(followed, [])


class LongestCallTests(SimpleTestCase):
    def test_the_caller_is_told_that_the_time_is_up(self) -> None:
        call = ScriptedCall.listening(SHORT_CALL)
        self.assertEqual(call.wait_for(Prompt, 30_000), Prompt(1, "time_up", why="time up"))
        self.assertEqual(call.at_ms, 30_000)
        self.assertEqual(call.reply_is_heard(), [HangUp("time up")])

    def test_a_reply_under_way_is_stopped(self) -> None:
        call = ScriptedCall.speaking(profile=SHORT_CALL)
        followed = call.silence(30_000 - call.at_ms)
        self.assertEqual(followed, [StopReply(1, "time up"), Prompt(2, "time_up", why="time up")])
        self.assertEqual(call.reply_is_heard(), [HangUp("time up")])

    def test_talking_on_does_not_make_the_call_longer(self) -> None:
        call = ScriptedCall.listening(SHORT_CALL)
        call.voice(30_000 - call.at_ms)
        self.assertEqual(call.last(Prompt).name, "time_up")
        call.reply_begins()
        call.voice(3000)
        self.assertEqual(call.reply_ends(), [HangUp("time up")])

    def test_late_words_do_not_stop_the_last_words(self) -> None:
        call = ScriptedCall.listening(SHORT_CALL)
        call.silence(26_000 - call.at_ms)
        call.voice(1200)
        spoke_until_ms = call.at_ms
        call.wait_for(Prompt)
        call.reply_is_heard(200)
        call.silence(30_000 - call.at_ms)
        self.assertEqual(call.last(Prompt).name, "time_up")
        call.reply_begins()
        self.assertEqual(call.words("שלום", until_ms=spoke_until_ms), [])
        call.silence(1000)
        self.assertEqual(call.reply_ends(), [HangUp("time up")])

    def test_new_knobs_may_make_it_shorter(self) -> None:
        call = ScriptedCall.listening()
        call.silence(40_000)
        call.retune(SHORT_CALL)
        self.assertEqual(call.silence(20), [Prompt(1, "time_up", why="time up")])


class StalledLineTests(SimpleTestCase):
    def test_the_silence_is_reached_on_the_wall_clock(self) -> None:
        call = ScriptedCall.listening()
        call.says("שלום", 1200)
        call.silence(200)
        (reply,) = call.line_stalls(1)
        self.assertEqual(reply, call.last(Reply))
        self.assertEqual(call.last(Reply).why, "line stalled")

    def test_nothing_is_decided_while_nothing_was_said(self) -> None:
        self.assertEqual(ScriptedCall.listening().line_stalls(20), [])

    def test_after_half_a_minute_the_line_is_dead(self) -> None:
        call = ScriptedCall.listening()
        self.assertEqual(call.line_stalls(29), [])
        call = ScriptedCall.listening()
        self.assertEqual(call.line_stalls(30), [HangUp("line stalled")])

    def test_a_frame_shows_that_the_line_lives(self) -> None:
        call = ScriptedCall.listening()
        for _time in range(3):
            self.assertEqual(call.line_stalls(20) + call.silence(20), [])

    def test_it_is_dead_also_while_the_agent_speaks(self) -> None:
        self.assertEqual(ScriptedCall.speaking().line_stalls(30), [HangUp("line stalled")])

    def test_the_longest_call_is_measured_on_it_too(self) -> None:
        call = ScriptedCall.listening(SHORT_CALL)
        call.silence(25_000 - call.at_ms)
        self.assertEqual(call.line_stalls(5), [Prompt(1, "time_up", why="time up")])
