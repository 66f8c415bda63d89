"""What messages and tools alone tell of a call, and which values a field takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from calls.agreed import writing
from calls.agreed.values import LONGEST_FOLLOW_UP, LONGEST_SUMMARY, Unfit, fitting
from calls.models import Agreed, Call, FormField, ToolUse
from calls.records import retention
from tests.agreed.agreed_calls import TURNS, a_number, a_talk

MESSAGE = {"name": "דנה לוי", "number": "0541234567", "reason": "לברר לגבי החשבון"}


class FactsTests(TestCase):
    def setUp(self) -> None:
        self.number = a_number()

    def written(self, *turns: tuple[str, str], uses: Sequence[Any] = (), **fields: Any) -> Agreed:
        call = a_talk(*turns or TURNS, **fields)
        for name, given, outcome in uses:
            key = f"{call.pk}-{call.tool_uses.count()}"
            ToolUse.objects.create(
                call=call, name=name, turn=1, key=key, given=given,
                outcome=outcome, tool=self.number.http_tools.filter(name=name).first(),
                began_at=timezone.now(),
            )  # fmt: skip
        return writing.write(call)

    def look_up(self) -> None:
        self.number.http_tools.create(
            name="free", description="d", address="https://a.b", reads_only=True
        )

    def test_a_message_fills_the_fields_that_it_fits_and_says_so(self) -> None:
        FormField.objects.create(number=self.number, name="reason", label="עניין")
        agreed = self.written(messages=[MESSAGE | {"name": "דנה"}, MESSAGE])
        self.assertEqual(
            agreed.values,
            {"name": "דנה לוי", "phone": "0541234567", "reason": "לברר לגבי החשבון"},
        )
        self.assertEqual((agreed.outcome, agreed.by), ("message", "without a model"))
        words = "דנה לוי, 0541234567: לברר לגבי החשבון"
        self.assertEqual(agreed.summary, f"נשמרה הודעה. {words}.")
        self.assertEqual(agreed.follow_ups, [f"לחזור אל: {words}"])

    def test_arguments_of_tools_that_worked_fill_fields_of_the_same_name(self) -> None:
        given = {"day": "2026-12-01", "hour": "10:00", "people": 2, "treatment": "כתר", "x": 1}
        refused = {"day": "2026-12-02", "is_new": True}
        agreed = self.written(uses=(("book", given, "done"), ("book", refused, "refused")))
        self.assertEqual(agreed.values, {"day": "2026-12-01", "hour": "10:00", "people": 2})
        self.assertEqual((agreed.outcome, agreed.dropped), ("done", {}))
        asked = "יום התור 2026-12-01, שעת התור 10:00, כמה באים 2, טיפול כתר, x 1"
        self.assertEqual(agreed.summary, f"בוצעה הפעולה book: {asked}.")

    def test_what_is_personal_or_no_text_is_not_told_of_a_tools_arguments(self) -> None:
        given = {"name": "דנה", "day": "", "is_new": True, "more": ["א"], "note": "שני\nעדים"}
        agreed = self.written(uses=(("book", given, "done"), ("pay", {}, "done")))
        self.assertEqual(agreed.summary, "בוצעה הפעולה book: note שני עדים. בוצעה הפעולה pay.")

    def test_who_books_and_then_cancels_has_no_appointment(self) -> None:
        self.look_up()
        booked = ("book", {"day": "2026-12-01", "hour": "10:00"}, "done")
        cancelled = ("cancel", {"people": 1}, "done")
        for minutes, uses, values in (
            (1, (booked, cancelled), {"people": 1}),
            (2, (booked, ("cancel", {"people": 1}, "failed")), booked[1]),
            (3, (booked, ("free", {"people": 3}, "done")), booked[1]),
            (4, (("free", {"people": 2}, "done"), ("free", {"people": 3}, "done")), {"people": 3}),
        ):
            with self.subTest(uses=uses):
                self.assertEqual(self.written(uses=uses, minutes=minutes).values, values)

    def test_a_tool_that_failed_last_leaves_somebody_to_be_called_back(self) -> None:
        self.look_up()
        day = {"day": "2026-12-01"}
        left = "לחזור אל מי שהתקשרו, כי לא התקבלה תשובה תקינה לפעולה {}"
        book = left.format("book: יום התור 2026-12-01")
        uses: tuple[tuple[list[Any], str, list[str]], ...] = (
            ([("book", day, "failed")], "unfinished", [book]),
            ([("book", day, "barred")], "unfinished", [book]),
            ([("book", day, "forbidden")], "unfinished", [book]),
            ([("book", day, "late"), ("free", {}, "done")], "unfinished", [book]),
            ([("free", {}, "done"), ("free", {}, "failed")], "unfinished", [left.format("free")]),
            ([("free", {}, "failed"), ("book", day, "done")], "done", []),
            ([("book", day, "failed"), ("book", day, "done")], "done", []),
            ([("book", day, "refused")], "", []),
            ([("book", day, "codes")], "", []),
        )
        for minutes, (used, outcome, follow_ups) in enumerate(uses, 1):
            with self.subTest(used=used):
                agreed = self.written(uses=used, minutes=minutes)
                self.assertEqual((agreed.outcome, agreed.follow_ups), (outcome, follow_ups))
        failed = [("book", day, "failed")]
        told = ["לחזור אל: דנה לוי, 0541234567: לברר לגבי החשבון"]
        agreed = self.written(uses=failed, minutes=30, messages=[MESSAGE])
        self.assertEqual((agreed.outcome, agreed.follow_ups), ("message", told), "not twice")

    def test_a_summary_ends_in_one_stop_and_a_follow_up_can_be_corrected(self) -> None:
        for minutes, (reason, end) in enumerate(
            (("לחזור אליי.", "לחזור אליי."), ("מתי?", "מתי?"), ("דחוף", "דחוף.")), 1
        ):
            agreed = self.written(minutes=minutes, messages=[MESSAGE | {"reason": reason}])
            with self.subTest(reason):
                self.assertEqual(agreed.summary, f"נשמרה הודעה. דנה לוי, 0541234567: {end}")
        long = self.written(minutes=9, messages=[MESSAGE | {"reason": "מילה " * 200}])
        self.assertLessEqual(len(long.follow_ups[0]), LONGEST_FOLLOW_UP + 1)
        self.assertLessEqual(len(long.summary), LONGEST_SUMMARY + 1)

    def test_an_outcome_is_a_fact(self) -> None:
        self.look_up()
        booked: list[Any] = [("book", {}, "done")]
        looked_up: list[Any] = [("free", {}, "done")]
        unanswered = [*TURNS, ("ועוד שאלה אחת", "")]
        silent = [("", "אתם על הקו?")]
        cases: list[tuple[list[tuple[str, str]], list[Any], dict[str, Any], str]] = [
            ([], booked, {"was_held": True, "messages": [MESSAGE]}, "person"),
            ([], booked, {"messages": [MESSAGE]}, "message"),
            ([], booked, {"ended_why": "line stalled"}, "done"),
            ([], [("book", {}, "late")], {"ended_why": "failed"}, "unfinished"),
            ([], looked_up, {}, "done"),
            (unanswered, looked_up, {}, "unfinished"),
            (unanswered, [], {"ended_why": "caller hung up"}, "unfinished"),
            ([], [], {"ended_why": "time up"}, "unfinished"),
            ([], [], {"ended_why": "caller hung up"}, ""),
            ([], [], {}, ""),
            (silent, [], {"ended_why": "failed"}, "nothing"),
        ]
        for minutes, (turns, uses, fields, outcome) in enumerate(cases, 1):
            with self.subTest(fields=fields, outcome=outcome):
                agreed = self.written(*turns, uses=uses, minutes=minutes, **fields)
                self.assertEqual(agreed.outcome, outcome)

    def test_a_name_that_was_looked_up_for_the_greeting_is_nothing_that_was_done(self) -> None:
        call = a_talk(*TURNS)
        ToolUse.objects.create(
            call=call, name="who_calls", turn=0, key="k", outcome="done", began_at=timezone.now()
        )
        agreed = writing.write(call)
        self.assertEqual((agreed.outcome, agreed.summary), ("", ""))

    def test_a_callers_code_fills_no_field(self) -> None:
        FormField.objects.create(number=self.number, name="code", label="קוד קופון")
        given = {"code": "•••", "people": 2}
        self.assertEqual(self.written(uses=(("book", given, "done"),)).values, {"people": 2})

    def test_an_act_that_outlives_its_call_is_waited_for(self) -> None:
        booked = (("book", {"people": 2}, "begun"),)
        agreed = self.written(uses=booked, ended_at=timezone.now())
        self.assertEqual((agreed.is_written, agreed.attempts), (False, 0))
        assert agreed.due_at
        self.assertGreater(agreed.due_at, timezone.now())
        ToolUse.objects.update(outcome="done")
        Agreed.objects.update(due_at=timezone.now())
        agreed = writing.write(agreed.call)
        self.assertEqual((agreed.outcome, agreed.values), ("done", {"people": 2}))

    def test_one_that_never_ends_is_not_waited_for_long(self) -> None:
        long_ago = timezone.now() - timedelta(minutes=3)
        agreed = self.written(uses=(("book", {}, "begun"),), ended_at=long_ago)
        self.assertEqual((agreed.is_written, agreed.outcome), (True, "unfinished"))

    def test_what_was_written_outlives_the_words_that_it_was_written_from(self) -> None:
        before = self.written(messages=[MESSAGE])
        Agreed.want(before.call)
        retention.KINDS["words"][1]([before.call.pk])
        agreed = writing.write(Call.objects.get(pk=before.call.pk))
        self.assertEqual((agreed.summary, agreed.outcome), (before.summary, "message"))
        self.assertEqual(agreed.due_at, None)

    def test_a_call_to_no_number_has_no_form(self) -> None:
        agreed = self.written(number=None, messages=[{"name": "", "number": "", "reason": "דחוף"}])
        self.assertEqual((agreed.form, agreed.values), ([], {}))
        self.assertEqual(agreed.summary, "נשמרה הודעה. לא נמסר שם: דחוף.")

    def test_a_later_form_leaves_it_readable(self) -> None:
        agreed = self.written(messages=[MESSAGE])
        self.number.form_fields.all().delete()
        agreed.refresh_from_db()
        labels = {field["label"]: value for field, value in agreed.filled_form}
        self.assertEqual((labels["שם"], labels["טיפול"]), ("דנה לוי", None))


class ValueTests(SimpleTestCase):
    def test_what_fits_is_kept_in_one_form(self) -> None:
        for kind, value, kept in (
            ("text", "  שתי \n מילים ", "שתי מילים"), ("text", "", None), ("text", None, None),
            ("number", 2, 2), ("number", -1.5, -1.5), ("yes_no", False, False),
            ("choice", "א", "א"), ("date", "2028-02-29", "2028-02-29"), ("time", "9:05", "09:05"),
            ("phone", "+972 (54) 123-4567", "+972541234567"),
            ("phone", "054–1234567", "0541234567"),
        ):  # fmt: skip
            with self.subTest(kind=kind, value=value):
                self.assertEqual(fitting(kind, ["א", "ב"], value), kept)

    def test_what_does_not_fit_is_told_from_it(self) -> None:
        for kind, value in (
            ("text", 7), ("text", ["א"]), ("text", "א" * 301), ("number", True), ("number", "2"),
            ("number", float("nan")), ("number", float("inf")), ("number", 10**400),
            ("yes_no", 1), ("choice", "ג"), ("date", "2026-02-30"),
            ("date", "20260201"), ("date", "2026-W01-1"),
            ("time", "24:00"), ("time", "10"), ("phone", "12"),
            ("phone", "054-123x"), ("phone", 541234567), ("phone", "٠٥٤١٢٣٤٥٦٧"), ("?", "א"),
        ):  # fmt: skip
            with self.subTest(kind=kind, value=value), self.assertRaises(Unfit):
                fitting(kind, ["א", "ב"], value)


class FormTests(TestCase):
    def test_a_key_that_what_is_written_has_itself_is_none(self) -> None:
        number = a_number()
        for name in ("summary", "outcome", "follow_ups", "code"):
            with self.subTest(name), self.assertRaises(ValidationError) as raised:
                FormField(number=number, name=name, label="x").full_clean()
            self.assertEqual([*raised.exception.message_dict], ["name"])
        FormField(number=number, name="summary_of_it", label="x").full_clean()

    def test_choices_and_the_number_of_fields_are_limited(self) -> None:
        number = a_number()
        for choices in ("", "אחת", "א\nא", "\n".join(map(str, range(31))), "א\n" + "ב" * 81):
            field = FormField(number=number, name="c", label="ב", kind="choice", choices=choices)
            with self.subTest(choices[:9]), self.assertRaises(ValidationError) as raised:
                field.full_clean()
            self.assertIn("choices", raised.exception.message_dict)
        for name in ("Name", "שם", "1a", "a b", "a" * 41, "name"):
            with self.subTest(name), self.assertRaises(ValidationError):
                FormField(number=number, name=name, label="x").full_clean()
        for place in range(13):
            FormField(number=number, name=f"more{place}", label="עוד").save()
        with self.assertRaises(ValidationError):
            FormField(number=number, name="last", label="אחרון").full_clean()
        number.form_fields.get(name="more3").full_clean()
