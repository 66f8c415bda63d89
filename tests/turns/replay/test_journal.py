"""The journal: every event and action as a line and back, and every call replays to itself."""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from functools import cache
from typing import get_args

from django.test import SimpleTestCase, TestCase

from calls.language.language import words_of
from calls.models import Call
from tests.random_calls import step_in
from tests.script import ScriptedCall
from tuning.turns import journal
from tuning.turns.completion import Asked
from tuning.turns.events import (
    Action,
    Amend,
    AskedToSay,
    Asks,
    CallBegan,
    CallPerson,
    Dismiss,
    Event,
    Fill,
    Forget,
    HandedBack,
    HandOver,
    HangUp,
    Heard,
    JudgedByModel,
    JudgedLocally,
    LineStalled,
    ListenedIn,
    Overhear,
    PersonSpoke,
    PersonWanted,
    Pressed,
    Prompt,
    Recognise,
    Refuse,
    Reply,
    ReplyBegan,
    ReplyEnded,
    ReplyFailed,
    ReplyLate,
    Resume,
    Retuned,
    Say,
    StopReply,
    Think,
    TookOver,
    Transcribed,
    TranscriberFailed,
    Whispered,
)
from tuning.turns.profile import SHIPPED, Profile
from tuning.turns.replay import decide, recorded

SEEDS = range(40)
TURNS = Reply | Prompt | Say | HandOver | Overhear
"""What begins one."""
BRISK = Profile(**SHIPPED["brisk"])
ENTRIES: list[Event | Action] = [
    CallBegan(0, revision=3, profile=BRISK, seed=2**40 + 1),
    Heard(20, speech=0b0111, level_db=-31),
    Transcribed(400, until_ms=380, text='„שלום”, "hi"\n\u2028 וברכה', final=True, stability=0.75),
    TranscriberFailed(420, reason="refused: no such model"),
    Asks(430, turn=1, asked=Asked("choice", ("מחר", "היום"))),
    ReplyBegan(440, turn=1),
    ReplyEnded(460, turn=1, farewell=True),
    ReplyLate(480, turn=2, reason="no first word within 4 s"),
    ReplyFailed(500, turn=2, reason="refused"),
    Pressed(520, digit="#"),
    LineStalled(1520),
    Retuned(1540, revision=4, profile=replace(BRISK, streaming_stt=False)),
    Reply(1, "מה השעות", 1000, 2200, why="short silence", delay_ms=77),
    JudgedLocally(1600, "כן", 0.97, 0.02, 0.01, version="4b6d3bb0aa10"),
    JudgedByModel(1620, turn=2, text="כן", verdict="whole"),
    Think(2, "כן", with_verdict=True),
    Forget(2),
    Reply(
        2, "כן", 1000, 2200, "finished words", 0, 20_000, True, {"longest": 1800, "answered": -1460}
    ),
    StopReply(2, why="cut-in", may_resume=True),
    Resume(2, why="backchannel"),
    PersonWanted(1640, why="asked"),
    CallPerson("asked"),
    Prompt(2, "not_heard", why="not heard", spoke_from_ms=2400, spoke_until_ms=2900),
    Prompt(3, "apology", why="reply late"),
    Fill(1),
    StopReply(2, why="barge-in"),
    Recognise(3, from_ms=4000, until_ms=5200),
    Amend(3, "מה השעות היום"),
    Dismiss(6000, 6100, why="noise"),
    HangUp(why="goodbye"),
    ListenedIn(6200, "דנה", notice="השיחה נשמעת."),
    TookOver(6220, "דנה", notice="השיחה נשמעת."),
    Say(4, "השיחה נשמעת.", "notice"),
    HandOver(5, "דנה"),
    PersonSpoke(7000, "שלום, מדברת דנה"),
    Overhear(6, "שלום", spoke_from_ms=7100, spoke_until_ms=7600),
    HandedBack(8000, "דנה", "handed back", note="התור ביום שני"),
    Whispered(8100, "רון", "להציע גם את יום שלישי"),
    AskedToSay(8200, "רון", "אנחנו סגורים ביום שישי"),
    Refuse("רון", "last words"),
]


class LineTests(SimpleTestCase):
    def test_every_kind_of_entry_survives_being_written_down(self) -> None:
        self.assertEqual({type(entry) for entry in ENTRIES}, {*get_args(Event), *get_args(Action)})
        for entry in ENTRIES:
            with self.subTest(type(entry).__name__):
                self.assertEqual(journal.load(journal.dump(entry)), entry)

    def test_an_entry_is_one_line_of_json(self) -> None:
        for entry in ENTRIES:
            line = journal.dump(entry)
            self.assertEqual(line.split("\n"), [line])
            self.assertIsInstance(json.loads(line), dict)

    def test_a_whole_journal_is_read_from_its_text(self) -> None:
        text = "\n".join(map(journal.dump, ENTRIES)) + "\n"
        self.assertEqual(list(journal.read(text.split("\n"))), ENTRIES)

    def test_a_journal_from_before_a_knob_was_whole_frames_is_read(self) -> None:
        line = json.loads(journal.dump(Retuned(0, 1, Profile())))
        line["profile"]["resume_ms"] = 290
        read = journal.load(json.dumps(line))
        assert isinstance(read, Retuned)
        self.assertEqual(read.profile, Profile())

    def test_a_line_without_a_language_is_of_a_call_in_hebrew(self) -> None:
        """So is every line from before calls named one."""
        line = journal.dump(CallBegan(0, 3, BRISK, seed=1))
        self.assertNotIn("language", json.loads(line))
        self.assertEqual(journal.load(line), CallBegan(0, 3, BRISK, seed=1, language="he"))

    def test_any_other_language_is_named(self) -> None:
        began = CallBegan(0, 3, BRISK, seed=1, language="en")
        line = journal.dump(began)
        self.assertEqual(json.loads(line)["language"], "en")
        self.assertEqual(journal.load(line), began)

    def test_a_line_says_only_in_calls_with_a_wait_how_long_a_person_is_awaited(self) -> None:
        without, began = CallBegan(0, 3, BRISK, 1), CallBegan(0, 3, BRISK, 1, person_wait_s=30)
        goes_on = CallBegan(0, 3, BRISK, 1, person_wait_s=30, awaited="asked", awaited_ms=900)
        self.assertEqual(journal.load(journal.dump(goes_on)), goes_on)
        self.assertNotIn("awaited", journal.dump(began))
        self.assertNotIn("person_wait_s", json.loads(journal.dump(without)))
        self.assertEqual(journal.load(journal.dump(began)), began)

    def test_hebrew_can_be_read_in_the_journal(self) -> None:
        self.assertIn("מה השעות", journal.dump(Amend(3, "מה השעות")))


class RecordTests(TestCase):
    def test_the_record_gives_back_the_very_lines(self) -> None:
        """Also those with a character at which str.splitlines would break them."""
        call = Call.ring("CA1", "+972541234567", "+97231234567")
        for number in (0, len(ENTRIES)):
            text = "\n".join(map(journal.dump, ENTRIES))
            last = number + len(ENTRIES) - 1
            call.journal_parts.create(number=number, last=last, lines=gzip.compress(text.encode()))
        self.assertEqual(list(journal.read(call.journal())), [*ENTRIES, *ENTRIES])


class LiveCaller:
    """Whatever may happen in a call, at random: reproducible by its seed."""

    WORDS = ("כן", "לא", "שלום", "אני רוצה לקבוע תור", "רגע", "מה השעות")

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        profile = Profile(**self.random.choice(list(SHIPPED.values())))
        if self.random.random() < 0.2:
            profile = replace(profile, streaming_stt=False)
        self.call = ScriptedCall(profile, seed=seed, person_wait_s=5)
        self.partial: tuple[str, int] | None = None

    def live(self, happenings: int = 60) -> ScriptedCall:
        for _happening in range(happenings):
            self.random.choice(
                [self.speak, self.speak, self.pause, self.close, self.agent, self.oddity]
            )()
        return self.call

    def speak(self) -> None:
        self.call.voice(20 * self.random.randint(1, 130))
        if self.random.random() < 0.8:
            late_ms = 20 * self.random.randint(0, 40)
            reaches_ms = self.call.at_ms
            self.call.silence(late_ms)
            is_final = self.random.random() < 0.5
            text = self.random.choice(self.WORDS)
            self.call.words(text, until_ms=reaches_ms, final=is_final)
            self.partial = None if is_final else (text, reaches_ms)

    def close(self) -> None:
        """A pause, and then the final of the segment whose partial was the last."""
        self.pause()
        if self.partial:
            text, reaches_ms = self.partial
            self.call.words(f"{text} תודה", until_ms=reaches_ms)
            self.partial = None

    def pause(self) -> None:
        self.call.silence(20 * self.random.randint(1, 150))

    def agent(self) -> None:
        turn = max(0, self.call.core.turn - (self.random.random() < 0.1))
        report = self.random.random()
        if report < 0.45:
            self.call.reply_begins(turn)
        elif report < 0.9:
            self.call.reply_ends(turn, farewell=self.random.random() < 0.02)
        else:
            kind = self.random.choice((ReplyLate, ReplyFailed))
            self.call.feed(kind(self.call.at_ms, turn, "refused"))

    def oddity(self) -> None:
        oddity = self.random.random()
        if oddity < 0.3:
            self.call.feed(Pressed(self.call.at_ms, self.random.choice("0123456789*#")))
        elif oddity < 0.6:
            self.call.retune(Profile(**self.random.choice(list(SHIPPED.values()))))
        elif oddity < 0.7:
            self.call.feed(PersonWanted(self.call.at_ms, "asked"))
        elif oddity < 0.8:
            self.call.feed(step_in(self.random, self.call.at_ms))
        elif oddity < 0.98:
            self.call.line_stalls(self.random.randint(1, 3))
        else:
            self.call.feed(TranscriberFailed(self.call.at_ms, "refused"))


@cache
def lived(seed: int) -> ScriptedCall:
    return LiveCaller(seed).live()


class ReplaysToItselfTests(SimpleTestCase):
    def test_any_call_replays_from_its_journal_to_itself(self) -> None:
        kinds: set[type] = set()
        for seed in SEEDS:
            call = lived(seed)
            lines = [journal.dump(entry) for entry in call.entries]
            entries = list(journal.read(lines))
            with self.subTest(seed=seed):
                self.assertEqual(entries, call.entries)
                self.assertEqual(decide(entries, words_of), call.decided)
                self.assertEqual(recorded(entries), call.decided)
            kinds |= {type(action) for action in call.actions}
        self.assertEqual(kinds, set(get_args(Action)), "a kind of action was never decided")

    def test_whatever_happens_the_turns_are_in_order(self) -> None:
        """A turn is begun once, in order; only the newest is stopped; nothing follows the end."""
        for seed in SEEDS:
            call = lived(seed)
            begun = [a.turn for a in call.actions if isinstance(a, TURNS)]
            with self.subTest(seed=seed):
                self.assertEqual(begun, list(range(len(begun))))
                newest = -1
                for action in call.actions:
                    match action:
                        case Reply() | Prompt() | Say() | HandOver() | Overhear():
                            newest = action.turn
                        case StopReply(turn=turn):
                            self.assertEqual(turn, newest)
                        case Amend(turn=turn):
                            self.assertLessEqual(turn, newest)
                        case Dismiss(from_ms=from_ms, until_ms=until_ms):
                            self.assertLess(from_ms, until_ms)
                        case _:
                            pass
                ends = [n for n, a in enumerate(call.actions) if isinstance(a, HangUp)]
                self.assertIn(ends, ([], [len(call.actions) - 1]))

    def test_the_agent_never_talks_twice_at_once(self) -> None:
        """Between two replies the first was heard to its end, or stopped, or both."""
        for seed in SEEDS:
            is_talking = False
            core_turn = -1
            for entry in lived(seed).entries:
                match entry:
                    case Reply(turn=turn) | Prompt(turn=turn) | Say(turn=turn):
                        self.assertFalse(is_talking, f"seed {seed}: turn {turn} talks over another")
                        is_talking, core_turn = True, turn
                    case StopReply():
                        is_talking = False
                    case ReplyEnded(turn=turn) if turn == core_turn:
                        is_talking = False
                    case _:
                        pass
