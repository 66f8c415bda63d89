"""A person's correction: saved, told for the audit without what is personal, and forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from calls.agreed import writing
from calls.agreed.correcting import correct
from calls.models import Agreed
from calls.privacy.keeping import Days
from calls.privacy.known import HIDDEN
from calls.records import retention
from tests.agreed.agreed_calls import TURNS, a_number, a_talk
from tests.agreed.test_without_model import MESSAGE


class CorrectingTests(TestCase):
    def setUp(self) -> None:
        a_number()
        self.agreed = writing.write(a_talk(*TURNS, messages=[MESSAGE]))

    def test_what_changed_is_saved_and_told_but_nothing_personal(self) -> None:
        changes = correct(
            self.agreed, "rina", summary=" ביקשו  תור. ", outcome="done",
            values={"name": "דנה כהן", "treatment": "ניקוי", "phone": "", "people": 2},
            follow_ups=["", "  לאשר  "],
        )  # fmt: skip
        self.assertEqual(
            changes,
            {
                "summary": (HIDDEN, HIDDEN),
                "outcome": ("message", "done"),
                "follow_ups": (HIDDEN, HIDDEN),
                "values.name": (HIDDEN, HIDDEN),
                "values.phone": (HIDDEN, HIDDEN),
                "values.treatment": (None, "ניקוי"),
                "values.people": (None, 2),
            },
        )
        kept = Agreed.objects.get()
        self.assertEqual((kept.summary, kept.follow_ups), ("ביקשו תור.", ["לאשר"]))
        self.assertEqual(kept.values, {"name": "דנה כהן", "treatment": "ניקוי", "people": 2})
        self.assertEqual((kept.by, kept.corrected_by, kept.due_at), ("person", "rina", None))
        self.assertEqual(self.agreed.outcome, "done", "the object that was given is fresh")

    def test_what_is_personal_in_another_value_is_not_told_either(self) -> None:
        form = [field | {"kind": "text"} if field["name"] == "treatment" else field for field in
                self.agreed.form]  # fmt: skip
        Agreed.objects.update(form=form)
        one, other = "כאב שיניים, טלפון 0523456789", "דנה לוי, 052-3456789"
        first = correct(self.agreed, "rina", values={"treatment": one, "people": 523456789})
        self.assertEqual(first["values.treatment"], (None, "כאב שיניים, טלפון [מספר טלפון]"))
        self.assertNotIn("523456789", f"{first}")
        second = correct(self.agreed, "rina", values={"treatment": other, "name": "רונה"})
        self.assertEqual(second["values.treatment"][1], "•••, [מספר טלפון]")
        self.assertNotIn("3456789", f"{second}")
        self.assertEqual(Agreed.objects.get().values["treatment"], other)

    def test_without_a_change_nobody_corrected_it(self) -> None:
        same = {"name": "דנה לוי", "is_new": None}
        self.assertEqual(correct(self.agreed, "rina", outcome="message", values=same), {})
        self.assertIsNone(Agreed.objects.get().corrected_at)

    def test_nothing_that_does_not_fit_is_saved(self) -> None:
        wrong: tuple[dict[str, Any], ...] = (
            {"outcome": "x"}, {"outcome": ""}, {"summary": "א" * 601}, {"values": {"day": "מחר"}},
            {"values": {"other": 1}}, {"follow_ups": ["א"] * 6}, {"follow_ups": ["א" * 201]},
        )  # fmt: skip
        for given in wrong:
            with self.subTest(given), self.assertRaises(ValidationError) as raised:
                correct(self.agreed, "rina", **{"summary": "חדש"} | given)
            (name,) = raised.exception.message_dict
            self.assertTrue(name.startswith(next(iter(given))), name)
        self.assertNotEqual(Agreed.objects.get().summary, "חדש")

    def test_zero_and_no_are_not_the_same(self) -> None:
        correct(self.agreed, "rina", values={"people": 0, "is_new": False})
        self.assertEqual(correct(self.agreed, "rina", values={"is_new": False}), {})
        kept = Agreed.objects.get().values
        self.assertEqual((kept["people"], kept["is_new"]), (0, False))

    def test_one_that_was_never_written_can_be_filled_by_hand(self) -> None:
        call = a_talk(minutes=2)
        agreed = Agreed.objects.get(call=call)
        correct(agreed, "rina", outcome="done", values={"people": 3})
        self.assertTrue(agreed.is_written)
        self.assertEqual(len(agreed.form), 7)
        self.assertEqual(writing.write(call).by, "person")


class ForgettingTests(TestCase):
    def test_it_goes_with_the_words_and_with_the_call(self) -> None:
        a_number()
        long_ago = timezone.now() - timedelta(days=100)
        old, new = a_talk(*TURNS, ended_at=long_ago), a_talk(*TURNS, minutes=2)
        third = a_talk(*TURNS, minutes=3)
        for call in (old, new, third):
            writing.write(call)
        retention._forget_agreed([new.pk])
        self.assertEqual(set(Agreed.objects.values_list("call", flat=True)), {old.pk, third.pk})
        retention.forget(Days.of("90"))
        self.assertEqual(Agreed.objects.get().call, third)
