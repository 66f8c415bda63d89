"""Answers as JSON and as one line; how deep, how odd and how long they may be."""

from __future__ import annotations

import json

from django.test import SimpleTestCase

from calls.http_tools import parameters
from calls.http_tools.answer_text import on_one_line, parsed
from tests.http_tools.booking_tools import DAY, schema


class ParsedTests(SimpleTestCase):
    def test_of_a_cut_answer_what_is_whole_counts(self) -> None:
        whole = {"free": [{"at": "9:00", "note": 'a "b" [c'}, {"at": "10:00"}], "more": 1.5}
        text = json.dumps(whole)
        for cut in range(len(text)):
            made = parsed(text[:cut], is_cut=True)
            with self.subTest(text[:cut]):
                if not cut:
                    self.assertIsNone(made)
                    continue
                assert isinstance(made, dict)
                for slot, expected in zip(made.get("free", []), whole["free"], strict=False):  # type: ignore[call-overload]
                    self.assertLessEqual(slot.items(), expected.items())
        self.assertEqual(parsed(text[: text.index('"10:00')], is_cut=True), {
            "free": [{"at": "9:00", "note": 'a "b" [c'}, {}]
        })  # fmt: skip

    def test_however_deep_it_nests_it_is_told_or_is_no_json(self) -> None:
        for depth in (10, *range(900, 1000), 30_000):
            for text, is_cut in (("[" * depth + "]" * depth, False), ("[" * depth, True)):
                made = parsed(text, is_cut=is_cut)
                with self.subTest(depth, is_cut=is_cut):
                    self.assertIn(on_one_line({"$": [made]})[:7], ('"…"', '{"$": [', "null"))
        self.assertIsNone(parsed("[" * 30_000 + "]" * 30_000))
        self.assertEqual(parsed(json.dumps(["[" * 200])), ["[" * 200])

    def test_what_is_no_json_is_none_cut_or_not(self) -> None:
        for text in ("", "<h1>[502]</h1>", '{"free": [', "]", "[}", "9" * 5000, '"', "\\"):
            with self.subTest(text[:20]):
                self.assertIsNone(parsed(text))
        for text in ("", "<h1>Bad gateway", "9" * 5000, '"text that goes on', "]["):
            with self.subTest(text[:20]):
                self.assertIsNone(parsed(text, is_cut=True))


class OneLineTests(SimpleTestCase):
    def test_what_is_hidden_or_cannot_be_sent_is_escaped(self) -> None:
        for says in ("\ud800", "\U000e0041\U000e0042", "\u202egnp.\u2066", "\x7f\x9b\u2028\0"):
            line = on_one_line({"free": [says]})
            with self.subTest(ascii(says)):
                line.encode()
                self.assertTrue(line.isprintable())
                self.assertEqual(len(line.splitlines()), 1)
                self.assertEqual(json.loads(line), {"free": [says]})
        self.assertEqual(on_one_line("פנוי ב-9:00 🙂"), '"פנוי ב-9:00 🙂"')


class ArgumentTests(SimpleTestCase):
    def test_what_no_database_keeps_and_no_system_is_sent_is_no_text(self) -> None:
        for value in ("\0", "\ud800"):
            with self.subTest(ascii(value)):
                self.assertEqual(
                    parameters.unfit(schema(day=DAY), {"day": value}), "day is no text"
                )
                kept = parameters.storable({value: value, "more": [value], "hour": 9})
                self.assertEqual({**kept, "more": ""}, {"\ufffd": "\ufffd", "more": "", "hour": 9})
                self.assertTrue(kept["more"].isascii())
