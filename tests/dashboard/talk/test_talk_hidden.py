"""A call from the browser behind another tab, whose timers then run once a second."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.test import SimpleTestCase, tag

from bench.long_talk import hold
from tests.dashboard.talk.talking import SETTINGS
from tests.server import Server


@tag("browser")
class HiddenTests(SimpleTestCase):
    def test_the_call_goes_on_without_a_gap(self) -> None:
        """bench.talk --minutes 10 does it for longer."""
        with tempfile.TemporaryDirectory() as folder, Server(SETTINGS) as server:
            call = hold(server, Path(folder) / "microphone.wav", seconds=24, hidden_s=10)
        self.assertGreaterEqual(call.turns, 2)
        self.assertGreaterEqual(call.turns_hidden, 1)
        self.assertEqual((call.missing, call.dropped, call.problem), (0, {}, ""))
        self.assertLess(call.longest_hidden_ms, 1000, "no timer of the page is waited for")
        self.assertLess(abs(call.drift_ms), 20)
        self.assertEqual((call.ended_why, call.replays), ("caller hung up", True))
