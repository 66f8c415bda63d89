"""The commands, as far as they need no server; tests/project/test_run.py runs the whole."""

from __future__ import annotations

import re
import tempfile
import unicodedata
from datetime import timedelta
from io import StringIO
from pathlib import Path

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from calls.http_tools.tool_use import ToolUse
from calls.management.commands.call import number_to_call
from calls.models import Turn
from calls.simulator import printed
from calls.simulator.caller import LineOutcome
from calls.simulator.media_stream import CallResult
from calls.simulator.table import FSI, LRM, PDI, Column, clip, clip_before, render, width
from calls.telephony.phone_number import PhoneNumber
from tuning.models import TimingProfile


def run(command: str, **options: object) -> str:
    output = StringIO()
    call_command(command, stdout=output, **options)
    return output.getvalue()


class SetupTests(TestCase):
    def test_the_operators_password_is_printed_once_and_signs_in(self) -> None:
        said = run("setup")
        found = re.search(r"Sign in as (\S+), password (\S+)", said)
        assert found
        operator = authenticate(username=found[1], password=found[2])
        self.assertTrue(operator and isinstance(operator, User) and operator.is_superuser)
        self.assertEqual(run("setup"), "")

    def test_whoever_has_an_account_gets_no_other(self) -> None:
        User.objects.create_user("dana")
        self.assertEqual(run("setup"), "")
        self.assertEqual(User.objects.count(), 1)

    def test_the_shipped_profiles_are_there(self) -> None:
        run("setup")
        self.assertTrue(TimingProfile.objects.filter(name="balanced", is_default=True).exists())


class CallCommandTests(TestCase):
    def assert_refused(self, reason: str, **options: object) -> None:
        with self.assertRaisesMessage(CommandError, reason) as caught:
            run("call", **options)
        self.assertNotIn("\n", str(caught.exception))

    def test_without_a_server_one_line_says_what_to_do(self) -> None:
        self.assert_refused(
            "is the server running? `make run` starts it",
            webhook="http://127.0.0.1:1/twilio/voice",
            conversation="hours",
        )

    def test_an_unknown_conversation_names_the_known_ones(self) -> None:
        self.assert_refused("there are: booking", conversation="opera")

    def test_a_file_that_cannot_be_read_says_why(self) -> None:
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            file.write(b"no sound")
            file.flush()
            self.assert_refused("not a WAV file", wav=Path(file.name))

    @override_settings(UNKNOWN_NUMBER="refuse")
    def test_where_only_known_numbers_are_taken_one_that_is_open_is_called(self) -> None:
        self.assert_refused("no phone number is open now")
        closed = PhoneNumber.objects.create(number="+972771111111", name="א")
        for days in (-1, 0, 1):
            closed.closed_days.create(date=timezone.localdate() + timedelta(days=days))
        self.assertIsNone(number_to_call())
        PhoneNumber.objects.create(number="+972772222222", name="ב")
        self.assertEqual(number_to_call(), "+972772222222")
        with override_settings(UNKNOWN_NUMBER="default"):
            PhoneNumber.objects.all().delete()
            self.assertEqual(number_to_call(), "+972771234567")

    def test_no_calls_cannot_be_placed(self) -> None:
        self.assert_refused("at least 1", calls=0)


class TableTests(SimpleTestCase):
    COLUMNS = (
        Column(("#",), is_number=True),
        Column(("said",), is_flexible=True),
        Column(("rule", "that fired")),
    )
    ROWS = (
        ("1", "שלום", "short silence"),
        ("12", "אני רוצה לקבוע תור לשבוע הבא בבקשה", "long silence"),
        ("3", "קָטָן", "–"),
    )

    def lines(self, cells: int) -> list[str]:
        return render(self.COLUMNS, self.ROWS, cells).splitlines()

    def test_hebrew_columns_are_aligned_in_cells(self) -> None:
        places = set()
        for line in self.lines(120)[-3:]:
            visible = "".join(
                each for each in line if unicodedata.category(each) not in {"Mn", "Cf"}
            )
            rule = re.search(r"(short silence|long silence|–)$", visible)
            assert rule
            places.add(rule.start())
        self.assertEqual(len(places), 1)

    def test_long_text_is_cut_with_an_ellipsis_to_fit_the_width(self) -> None:
        lines = self.lines(45)
        self.assertLessEqual(max(map(width, lines)), 45)
        self.assertIn("…", lines[-2])

    def test_hebrew_is_isolated_and_lines_begin_from_the_left(self) -> None:
        *_head, first, _second, _third = self.lines(120)
        self.assertTrue(first.startswith(LRM))
        self.assertIn(f"{FSI}שלום{PDI}", first)

    def test_marks_above_letters_take_no_cells(self) -> None:
        self.assertEqual(width("קָטָן"), 3)
        self.assertEqual(width("漢字"), 4)
        self.assertEqual(clip("קָטָן", 3), "קָטָן")
        self.assertEqual(clip("שלום לך", 5), "שלום…")

    def test_where_the_end_matters_the_beginning_is_cut(self) -> None:
        self.assertEqual(clip_before("שלום לך", 7), "שלום לך")
        self.assertEqual(clip_before("שלום לך", 4), "…לך")
        column = Column(("said",), is_flexible=True, keeps_end=True)
        *_head, row = render([column], [["אני רוצה לקבוע תור ליום"]], 14).splitlines()
        self.assertIn("…", row)
        self.assertTrue(row.endswith(f"תור ליום{PDI}"))


class PrintedTests(SimpleTestCase):
    TURNS = (
        Turn(number=0, why="greeting", outcome="completed", answered="שלום", first_audio_ms=90),
        Turn(
            number=1,
            said="מחר",
            answered="בסדר",
            why="short silence",
            outcome="completed",
            chosen_from=7,
            speech_ended_ms=5000,
            decided_ms=5720,
            transcribed_ms=5400,
            asked_ms=5721,
            first_token_ms=5722,
            first_sentence_ms=5730,
            first_byte_ms=5801,
            first_audio_ms=5803,
            first_content_ms=6203,
        ),
        Turn(number=2, why="not heard", outcome="no reply", prompt="not_heard"),
    )
    LINES = (
        LineOutcome("m", "מחר", 4200, 4980, answered=True, voice_to_voice_ms=851),
        LineOutcome("n", "אולי", 9000, 9500),
    )

    def test_every_latency_of_a_turn_is_printed(self) -> None:
        text = printed.turns_text(self.TURNS, self.LINES, 140)
        row = next(line for line in text.splitlines() if re.search(r"^\W*1 .*720", line))
        self.assertEqual(
            row.split()[1:], ["720", "400", "1", "9", "71", "83", "10", "803", "1203", "851"]
        )

    def test_rule_outcome_and_the_choice_are_printed(self) -> None:
        text = printed.turns_text(self.TURNS, self.LINES, 140)
        self.assertRegex(text, r"short silence +completed +7\n")
        self.assertIn("[not heard]", text)

    def test_what_was_known_is_printed_where_anything_was_asked_of_it(self) -> None:
        passages = [{"heading": "חנייה", "words": "בחצר."}, {"heading": "", "words": "בשישי."}]
        found = Turn(number=1, knowledge=passages, found_ms=1.0)
        told, nothing = Turn(number=2, knowledge=[]), Turn(number=3, knowledge=[], found_ms=1.0)
        late, none = Turn(number=4, found_ms=1.0), Turn(number=5)
        text = printed.turns_text([found, told, nothing, late, none], [], 140)
        for words in ("חנייה | בשישי.", "all, in the prompt", "nothing found", "late"):
            self.assertIn(words, text)
        self.assertNotIn("found in what", printed.turns_text(self.TURNS, self.LINES, 140))

    def test_why_a_tool_failed_is_printed_in_words(self) -> None:
        uses = [
            ToolUse(turn=1, name="free", outcome="forbidden", why="http: 127.0.0.1:8390"),
            ToolUse(turn=2, name="book", outcome="failed", why="unreadable"),
            ToolUse(turn=3, name="book", outcome="done"),
        ]
        text = " ".join(printed.tools_text(uses, 300).split())
        for words in (
            "Only what TOOL_HOSTS lists is asked without TLS, and it does not list: 127.0.0.1:8390",
            "A header's value is unreadable: write it again.",
            "done",
        ):
            self.assertIn(words, text)
        self.assertEqual(printed.forbidden(uses), ["127.0.0.1:8390"])

    def test_a_narrow_terminal_gets_narrow_tables(self) -> None:
        text = printed.turns_text(self.TURNS, self.LINES, 80)
        tables = text[: text.index("All in ms")]
        self.assertLessEqual(max(map(width, tables.splitlines())), 80)

    def test_what_a_caller_would_complain_of_is_said(self) -> None:
        result = CallResult("CA1", lines=list(self.LINES), late_ms=[1.0] * 100)
        self.assertEqual(printed.remarks([result]), ["not answered: אולי"])

    def test_a_caller_that_was_late_itself_says_so(self) -> None:
        result = CallResult("CA1", late_ms=[1.0] * 90 + [400.0] * 10)
        (remark,) = printed.remarks([result])
        self.assertIn("not to be trusted", remark)

    def test_many_calls_are_summed_up(self) -> None:
        good = CallResult("CA1", lines=list(self.LINES), ended_by="caller", late_ms=[0.5])
        bad = CallResult("CA2", errors=["the call was refused: עסוק"])
        text = printed.summary_text([good, bad], {})
        self.assertRegex(text, r"calls +2\n")
        self.assertRegex(text, r"with errors +1\n")
        self.assertRegex(text, r"voice to voice p95 +851 ms")
        self.assertIn("refused: עסוק", text)

    def test_a_prompt_is_counted_by_its_name_and_is_no_answer(self) -> None:
        lines = [
            *self.LINES[:1],
            LineOutcome("n", "אולי", 9000, 9500, answered=True, voice_to_voice_ms=1700),
        ]
        asked = Turn(number=2, prompt="not_heard", first_audio_ms=11_150)
        turns = {"CA1": [*self.TURNS[:2], asked]}
        text = printed.summary_text([CallResult("CA1", lines=lines)], turns)
        self.assertRegex(text, r"not answered +0\n")
        self.assertRegex(text, r"got the prompt \[not heard\] +1\n")
        self.assertRegex(text, r"voice to voice p95 +851 ms")

    def test_a_wait_that_a_filler_ended_is_its_turn_s(self) -> None:
        line = LineOutcome("m", "מחר", 4200, 4980, answered=True, voice_to_voice_ms=1800)
        late = Turn(number=1, why="short silence", filled_ms=6700, first_audio_ms=8200)
        text = printed.turns_text([self.TURNS[0], late], [line], 140)
        self.assertRegex(text, r"(?m)^\W*1 .* 1800$")
