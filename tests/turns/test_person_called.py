"""A person is called to a call: who asks, how long they wait, and what follows if nobody comes."""

from __future__ import annotations

from django.test import SimpleTestCase

from calls.language.language import words_of
from tests.script import ADAPTIVE, ScriptedCall, adaptive
from tuning.turns import journal
from tuning.turns.events import (
    Action,
    CallPerson,
    HangUp,
    PersonWanted,
    Prompt,
    Reply,
    ReplyFailed,
    StopReply,
    TookOver,
)
from tuning.turns.profile import FRAME_MS
from tuning.turns.replay import decide

WAIT_S = 20
WAIT_MS = WAIT_S * 1000


def listening(wait_s: int = WAIT_S) -> ScriptedCall:
    return ScriptedCall.listening(ADAPTIVE, person_wait_s=wait_s)


def asks(call: ScriptedCall, text: str = "אני רוצה נציג") -> list[Action]:
    """The caller asks; the reply that says that a person is called begins, asks for one, and is
    heard to its end."""
    call.says(text, 900)
    call.wait_for(Reply)
    call.reply_begins()
    called = call.feed(PersonWanted(call.at_ms, "asked"))
    call.silence(800)
    call.reply_ends()
    return called


def fails(call: ScriptedCall) -> list[Action]:
    """The caller says something, and the reply fails."""
    call.says("מתי אתם פתוחים", 900)
    call.wait_for(Reply)
    return call.feed(ReplyFailed(call.at_ms, call.core.turn, "refused"))


def failing(wait_s: int = WAIT_S) -> ScriptedCall:
    """Three replies in a row have failed; what was then said has been heard."""
    call = listening(wait_s)
    for _time in range(3):
        fails(call)
        call.reply_is_heard()
    return call


class PersonCalledTests(SimpleTestCase):
    def assert_replays(self, call: ScriptedCall) -> None:
        lines = [journal.dump(entry) for entry in call.entries]
        self.assertEqual(decide(journal.read(lines), words_of), call.decided)

    def test_who_asks_has_a_person_called_and_the_reply_goes_on(self) -> None:
        call = listening()
        self.assertEqual(asks(call), [CallPerson("asked")])
        self.assertEqual(call.of(StopReply), [])
        self.assertTrue(call.core.called_person.is_awaited)
        self.assertEqual(call.core.called_person.why, "asked")

    def test_where_nobody_can_be_asked_for_nothing_follows(self) -> None:
        call = listening(0)
        self.assertEqual(asks(call), [])
        call.silence(2000)
        self.assertFalse(call.core.called_person.is_awaited)

    def test_the_wait_is_counted_up_and_what_is_left_of_it_down(self) -> None:
        call = listening()
        asks(call)
        since_ms, person = call.at_ms - 800, call.core.called_person
        call.silence(5000)
        self.assertEqual(person.waited_ms(call.at_ms), call.at_ms - since_ms)
        self.assertEqual(person.left_ms(call.at_ms), WAIT_MS - (call.at_ms - since_ms))

    def test_meanwhile_the_agent_answers_as_usual_and_asks_nobody_whether_they_are_there(
        self,
    ) -> None:
        call = listening()
        asks(call)
        call.silence(ADAPTIVE.no_input_ms + 1000)
        self.assertEqual(call.last(Prompt).name, "greeting")
        call.says("ומה השעות", 900)
        self.assertEqual(call.wait_for(Reply).text, "ומה השעות")

    def test_nobody_comes_and_the_caller_may_leave_a_message(self) -> None:
        call = listening()
        asks(call)
        asked_ms = call.at_ms - 800
        prompt = call.wait_for(Prompt, WAIT_MS + 1000)
        self.assertEqual((prompt.name, prompt.why), ("nobody_came", "nobody came"))
        self.assertEqual(call.at_ms, asked_ms + WAIT_MS)
        self.assertTrue(call.core.called_person.is_awaited)
        call.reply_is_heard()
        self.assertFalse(call.core.called_person.is_awaited)
        self.assertAlmostEqual(
            call.core.called_person.waited_ms(call.at_ms), WAIT_MS, delta=FRAME_MS
        )
        call.says("דנה לוי, לגבי חשבון", 1200)
        call.wait_for(Reply)
        call.reply_is_heard()
        call.silence(ADAPTIVE.no_input_ms + 100)
        self.assertEqual(call.last(Prompt).name, "no_input")
        self.assert_replays(call)

    def test_it_is_said_once_whoever_is_speaking_has_finished(self) -> None:
        call = listening()
        asks(call)
        call.silence(WAIT_MS - 2000)
        call.voice(3000)
        call.words("אז רציתי לשאול גם")
        call.wait_for(Reply)
        call.reply_begins()
        call.silence(1500)
        self.assertEqual(call.last(Prompt).name, "greeting")
        call.reply_ends()
        self.assertEqual([type(each) for each in call.silence(FRAME_MS)], [Prompt])

    def test_it_is_said_again_if_the_caller_spoke_before_it_was_heard(self) -> None:
        call = listening()
        asks(call)
        call.wait_for(Prompt, WAIT_MS + 1000)
        call.says("רגע", 400)
        call.wait_for(Reply)
        call.reply_is_heard()
        self.assertEqual(call.wait_for(Prompt).name, "nobody_came")

    def test_asking_again_while_a_person_is_awaited_changes_nothing(self) -> None:
        call = listening()
        asks(call)
        asked_ms = call.at_ms - 800
        self.assertEqual(asks(call, "נו, נציג"), [])
        call.wait_for(Prompt, WAIT_MS + 1000)
        self.assertEqual(call.at_ms, asked_ms + WAIT_MS)

    def test_after_nobody_came_only_who_asks_again_waits_and_is_told_again(self) -> None:
        call = listening()
        asks(call)
        call.wait_for(Prompt, WAIT_MS + 1000)
        call.reply_is_heard()
        call.silence(300)
        first_ms = call.core.called_person.waited_ms(call.at_ms)
        self.assertEqual(asks(call), [CallPerson("asked")])
        call.wait_for(Prompt, WAIT_MS + 1000)
        call.reply_is_heard()
        names = [prompt.name for prompt in call.of(Prompt)]
        self.assertEqual(names, ["greeting", "nobody_came", "nobody_came"])
        waited_ms = call.core.called_person.waited_ms(call.at_ms)
        self.assertAlmostEqual(waited_ms, first_ms + WAIT_MS, delta=FRAME_MS)

    def test_somebody_comes_and_nothing_is_said_of_nobody(self) -> None:
        call = listening()
        asks(call)
        call.silence(4000)
        call.feed(TookOver(call.at_ms, "dana"))
        self.assertFalse(call.core.called_person.is_awaited)
        waited_ms = call.core.called_person.waited_ms(call.at_ms)
        call.silence(WAIT_MS)
        self.assertNotIn("nobody_came", [each.name for each in call.of(Prompt)])
        self.assertEqual(call.core.called_person.waited_ms(call.at_ms), waited_ms)

    def test_the_third_failure_in_a_row_calls_a_person_instead_of_ending_the_call(self) -> None:
        call = listening()
        for _time in range(2):
            fails(call)
            call.reply_is_heard()
        self.assertEqual(
            fails(call),
            [
                StopReply(5, "failed"),
                CallPerson("failures"),
                Prompt(6, "apology_person", why="reply failed"),
            ],
        )
        self.assertEqual(call.reply_is_heard(), [])
        self.assertEqual(call.core.called_person.why, "failures")
        self.assertEqual(call.core.state, "refractory")

    def test_the_agent_still_fails_and_nobody_comes_so_the_call_ends_with_words(self) -> None:
        call = failing()
        fails(call)
        self.assertEqual(call.last(Prompt).name, "apology_person")
        call.reply_is_heard()
        prompt = call.wait_for(Prompt, WAIT_MS + 1000)
        self.assertEqual(prompt.name, "apology_goodbye")
        self.assertEqual(call.reply_is_heard(), [HangUp("failed")])
        self.assertEqual(len(call.of(CallPerson)), 1)
        self.assert_replays(call)

    def test_an_agent_that_has_recovered_takes_a_message_instead(self) -> None:
        call = failing()
        call.says("אתם שם", 600)
        call.wait_for(Reply)
        call.reply_is_heard()
        self.assertEqual(call.wait_for(Prompt, WAIT_MS + 1000).name, "nobody_came")

    def test_who_asked_and_then_hears_failures_is_not_asked_for_twice(self) -> None:
        call = listening(60)
        asks(call)
        for _time in range(3):
            fails(call)
            call.reply_is_heard()
        self.assertEqual(call.of(CallPerson), [CallPerson("asked")])
        self.assertEqual(call.last(Prompt).name, "apology_person")

    def test_last_words_call_nobody(self) -> None:
        call = ScriptedCall.listening(adaptive(max_call_s=60), person_wait_s=120)
        asks(call)
        self.assertEqual(call.wait_for(Prompt, 60_000).name, "time_up")
        self.assertEqual(call.feed(PersonWanted(call.at_ms, "asked")), [])
        self.assertEqual(call.reply_is_heard(), [HangUp("time up")])

    def test_a_journal_with_all_of_it_replays(self) -> None:
        call = listening()
        asks(call)
        call.wait_for(Prompt, WAIT_MS + 1000)
        call.reply_is_heard()
        asks(call)
        call.says("תודה להתראות", 800)
        call.wait_for(Reply)
        call.reply_is_heard(farewell=True)
        self.assertEqual(call.actions[-1], HangUp("goodbye"))
        self.assert_replays(call)
