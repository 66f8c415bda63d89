"""Replacing FIELD_KEY: every secret gets the new key, and none is lost on the way."""

from __future__ import annotations

from io import StringIO

from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import TestCase, override_settings

from calls.http_tools import field_keys
from calls.http_tools.http_tool import HttpTool
from calls.process import setup_checks
from calls.telephony.phone_number import PhoneNumber
from tests.http_tools.booking_tools import a_tool

OLD, NEW, LOST = (Fernet.generate_key().decode() for _each in range(3))


class Stub:
    address = "https://calendar.example"


class SealAnewTests(TestCase):
    def keep(self, key: str, name: str, **headers: str) -> HttpTool:
        number = PhoneNumber.objects.get_or_create(number="+97233333333", name="מרפאה")[0]
        with override_settings(FIELD_KEY=[key]):
            sealed = {header: field_keys.sealed(value) for header, value in headers.items()}
        tool = a_tool(Stub(), number=number, name=name, headers=sealed)
        tool.save()
        return tool

    def run_it(self, *keys: str) -> str:
        output = StringIO()
        with override_settings(FIELD_KEY=[*keys]):
            call_command("seal_anew", stdout=output)
        return output.getvalue()

    def test_what_the_old_key_sealed_is_opened_by_the_new_one_alone(self) -> None:
        kept = self.keep(OLD, "free_times", A="one", B="two"), self.keep(NEW, "book", A="three")
        for _time in range(2):
            self.assertIn("3 secrets", self.run_it(NEW, OLD))
        with override_settings(FIELD_KEY=[NEW]):
            for tool in kept:
                tool.refresh_from_db()
            opened = [field_keys.opened(token) for tool in kept for token in tool.headers.values()]
        self.assertEqual(opened, ["one", "two", "three"])

    def test_what_no_key_opens_is_named_and_stays(self) -> None:
        lost = self.keep(LOST, "book", A="one")
        kept = self.keep(OLD, "free_times", A="two")
        with self.assertRaisesMessage(CommandError, "+97233333333 book A") as refused:
            self.run_it(NEW, OLD)
        self.assertNotIn("free_times", f"{refused.exception}")
        before = lost.headers
        lost.refresh_from_db()
        self.assertEqual(lost.headers, before)
        kept.refresh_from_db()
        with override_settings(FIELD_KEY=[NEW]):
            self.assertEqual(field_keys.opened(kept.headers["A"]), "two")

    def test_what_no_key_opens_is_found_before_a_call_finds_it(self) -> None:
        self.keep(OLD, "free_times", A="two")
        with override_settings(FIELD_KEY=[OLD]):
            (found,) = [each for each in setup_checks.local() if each.what == "FIELD_KEY"]
            self.assertTrue(found.is_ok)
        for name in ("book", "cancel"):
            self.keep(LOST, name, A="one", B="three")
        with override_settings(FIELD_KEY=[OLD]):
            (found,) = [each for each in setup_checks.local() if each.what == "FIELD_KEY"]
        self.assertFalse(found.is_ok)
        for words in ("4 secrets of tools are unreadable", "+97233333333 book A", ", …", "Write"):
            self.assertIn(words, found.words)
        self.assertNotIn("free_times", found.words)

    def test_where_nothing_is_sealed_it_says_so(self) -> None:
        self.assertIn("0 secrets", self.run_it(NEW))
