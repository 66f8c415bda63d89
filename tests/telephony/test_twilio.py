"""Twilio's messages, read and written."""

from __future__ import annotations

import json
from base64 import b64encode

from django.test import SimpleTestCase

from calls.telephony.carrier import Key, Malformed, Mark, Media, Started, Stopped
from calls.telephony.twilio import messages


def message(**fields: object) -> str:
    return json.dumps(fields)


class ParseTest(SimpleTestCase):
    def test_every_kind_is_read(self) -> None:
        start = {
            "streamSid": "MZ1",
            "callSid": "CA1",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {"token": "t"},
        }
        media = {
            "track": "inbound",
            "chunk": "2",
            "timestamp": "40",
            "payload": b64encode(b"ab").decode(),
        }
        cases = {
            message(event="connected", protocol="Call", version="1.0.0"): None,
            message(event="start", start=start): Started("CA1", "MZ1", "t"),
            message(event="media", media=media): Media(40, b"ab"),
            message(event="media", media=media | {"track": "outbound"}): Media(40, b"ab", False),
            message(event="mark", mark={"name": "1:end"}): Mark("1:end"),
            message(event="dtmf", dtmf={"track": "inbound_track", "digit": "#"}): Key("#"),
            message(event="stop", stop={"callSid": "CA1"}): Stopped(),
            message(event="something new"): None,
        }
        for text, expected in cases.items():
            self.assertEqual(messages.parse(text), expected)

    def test_what_twilio_does_not_send_is_malformed(self) -> None:
        wrong_rate = {"streamSid": "MZ1", "callSid": "CA1", "mediaFormat": {"sampleRate": 16000}}
        for text in (
            "",
            "[]",
            "7",
            "null",
            message(event="media"),
            message(event="media", media={"timestamp": "-20", "payload": ""}),
            message(event="media", media={"timestamp": "0", "payload": "é"}),
            message(event="start", start={}),
            message(event="start", start=wrong_rate),
            message(event="dtmf", dtmf={"digit": "12"}),
            '{"event": "media", "media": {"timestamp": 1e400, "payload": ""}}',
            "[" * 60_000,
        ):
            with self.assertRaises(Malformed):
                messages.parse(text)


class WriteTest(SimpleTestCase):
    def test_our_messages_have_exactly_the_documented_fields(self) -> None:
        stream = messages.MediaStream("MZ1")
        self.assertEqual(
            [
                json.loads(text)
                for text in (
                    stream.media(b"ab"),
                    stream.mark("1:1"),
                    stream.clear(),
                )
            ],
            [
                {"event": "media", "streamSid": "MZ1", "media": {"payload": "YWI="}},
                {"event": "mark", "streamSid": "MZ1", "mark": {"name": "1:1"}},
                {"event": "clear", "streamSid": "MZ1"},
            ],
        )

    def test_twiml_is_escaped(self) -> None:
        self.assertIn("a &lt; b &amp; c", messages.say_and_hang_up("a < b & c", "he-IL"))
        self.assertIn("&quot;", messages.connect("wss://h/x", "https://h/s", "/after", "to'ken\""))
