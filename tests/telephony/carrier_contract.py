"""What every carrier must do: a subclass names its far end; test_carrier.py has those there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from asgiref.sync import async_to_sync
from django.test import SimpleTestCase
from django.urls import include, path
from django.utils.module_loading import import_string

from calls.telephony.carrier import KEYS, Key, Malformed, Mark, Media, Started, Stopped
from calls.telephony.media_socket import MESSAGE_LIMIT_BYTES
from tests.phone import FarEnd

if TYPE_CHECKING:
    Case = SimpleTestCase
else:
    Case = object  # the contract itself is nobody's test

SECOND = bytes(range(250)) * 32
UNSTORABLE = ("\ud800", "CA1\x00", "x" * 600)
NO_NAMES = (*UNSTORABLE, "", "CA 1", "CA1\nforged line", "C" * 65, 7, None)
NO_MESSAGES = (
    "",
    "[]",
    "{}",
    "7",
    "null",
    "not json",
    "[" * 30_000,
    '"\ud800"',
)


class CarrierContract(Case):
    far_end: ClassVar[type[FarEnd]]
    path: ClassVar[str]
    """Its dotted path, as settings.CARRIERS would name it."""

    def setUp(self) -> None:
        self.end = self.far_end("MZ1")
        self.carrier = self.end.carrier
        self.stream = self.carrier.stream(Started("CA1", "MZ1", "t"))

    def parsed(self, message: Any) -> Any:
        return self.carrier.parse(json.dumps(message))

    def assert_malformed(self, message: Any) -> None:
        with self.subTest(f"{message}"[:80]), self.assertRaises(Malformed):
            self.parsed(message)

    # What it brings.

    def test_a_stream_begins_by_saying_whose_it_is(self) -> None:
        *before, last = self.end.begin("CA1", "t-oken")
        self.assertEqual([self.parsed(each) for each in before], [None] * len(before))
        self.assertEqual(self.parsed(last), Started("CA1", "MZ1", "t-oken"))

    def test_audio_comes_with_its_place_in_the_stream(self) -> None:
        for at_ms, audio in ((0, b""), (40, b"\xff" * 160), (3_600_000, SECOND)):
            self.assertEqual(self.parsed(self.end.media(at_ms, audio)), Media(at_ms, audio))

    def test_every_key_is_told_and_nothing_else_is_one(self) -> None:
        for digit in KEYS:
            self.assertEqual(self.parsed(self.end.key(digit)), Key(digit))
        for wrong in ("", "12", "A", "٣"):
            self.assert_malformed(self.end.key(wrong))

    def test_the_end_is_told(self) -> None:
        self.assertEqual(self.parsed(self.end.stop()), Stopped())

    # What it carries.

    def said(self, text: str) -> tuple[str, Any]:
        return self.end.read(json.loads(text))

    def test_our_audio_arrives_as_it_was(self) -> None:
        for audio in (b"\xff" * 160, SECOND):
            self.assertEqual(self.said(self.stream.media(audio)), ("media", audio))

    def test_a_mark_comes_back_by_its_name(self) -> None:
        for name in ("3:0:1", "3:0:end"):
            kind, told = self.said(self.stream.mark(name))
            self.assertEqual((kind, self.parsed(self.end.mark(told))), ("mark", Mark(name)))

    def test_it_can_be_told_to_drop_what_it_has_not_played(self) -> None:
        self.assertEqual(self.said(self.stream.clear()), ("clear", None))

    def test_an_answered_call_is_hung_up_by_a_last_message_or_by_closing_the_socket(self) -> None:
        last = self.stream.hang_up()
        self.assertTrue(last == "" or self.said(last) == ("hang up", None))

    # What it keeps out.

    def test_who_comes_from_afar_and_proves_nothing_is_not_let_in(self) -> None:
        scope = {"path": f"/{self.carrier.socket}", "headers": []}
        admits = async_to_sync(self.carrier.admits)
        self.assertFalse(admits(scope | {"client": ("192.0.2.7", 40_000)}))

    def test_what_is_no_message_is_malformed_and_can_be_logged(self) -> None:
        for text in NO_MESSAGES:
            with self.subTest(text[:20]), self.assertRaises(Malformed) as refused:
                self.carrier.parse(text)
            f"{refused.exception}".encode("ascii")
            self.assertLess(len(f"{refused.exception}"), 300)

    def test_half_a_message_is_malformed(self) -> None:
        for message in (*self.end.begin("CA1", "t"), self.end.media(0, b"\xff" * 160)):
            with self.assertRaises(Malformed):
                self.carrier.parse(json.dumps(message)[:-1])

    def test_no_call_is_that_long_and_no_message_either(self) -> None:
        for at_ms in (-20, 10**12, 10**200):
            self.assert_malformed(self.end.media(at_ms, b""))
        self.assert_malformed(self.end.media(0, SECOND + b"\xff"))
        self.assertLess(len(json.dumps(self.end.media(0, SECOND))), MESSAGE_LIMIT_BYTES)

    def test_what_could_not_be_logged_or_stored_is_malformed(self) -> None:
        for name in NO_NAMES:
            self.assert_malformed(self.end.begin(name, "t")[-1])  # type: ignore[arg-type]
            self.assert_malformed(self.far_end(name).begin("CA1", "t")[-1])  # type: ignore[arg-type]
        for text in (*UNSTORABLE, 7, None):
            self.assert_malformed(self.end.begin("CA1", text)[-1])  # type: ignore[arg-type]
            self.assert_malformed(self.end.mark(text))  # type: ignore[arg-type]

    # How it is found.

    def test_one_line_registers_it(self) -> None:
        self.assertIs(import_string(self.path), self.carrier)
        self.assertTrue(path("", include(self.carrier.urls)).url_patterns)
        self.assertFalse(self.carrier.socket.startswith("/"))

    def test_it_says_what_is_in_use(self) -> None:
        self.assertTrue(self.carrier.name)
        self.assertTrue(self.carrier.check())
