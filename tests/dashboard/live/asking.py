"""An ear that hears every caller ask for a person."""

from __future__ import annotations

from tests.fakes import FakeTranscriber


class Asking(FakeTranscriber):
    sayings = ("אפשר לדבר עם נציג",)
