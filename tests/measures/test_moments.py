"""A turn's moments are declared once: who keeps, counts, exports and shows them reads that."""

from __future__ import annotations

from dataclasses import fields

from django.db import models
from django.test import SimpleTestCase

from calls.measures.moments import LATENCIES, MOMENTS, Latencies
from calls.records.post_call import MEASURES
from calls.records.turn import Turn
from calls.records.turn_in_progress import TurnInProgress
from dashboard.calls.export import TURN
from dashboard.latencies.latency_views import STAGES
from dashboard.latencies.turn_selection import Measured


class MomentsTests(SimpleTestCase):
    def test_every_moment_is_a_column_and_is_in_the_record_and_in_what_is_measured(self) -> None:
        for name in MOMENTS:
            with self.subTest(name):
                column = Turn._meta.get_field(name)
                self.assertIsInstance(column, models.FloatField)
                self.assertTrue(column.null)
                for kept in (TurnInProgress, Measured):
                    self.assertIn(name, {each.name for each in fields(kept)})

    def test_a_latency_is_the_time_between_its_moments_and_none_where_one_is_missing(self) -> None:
        turn = TurnInProgress(1, 1, speech_ended_ms=1000.0, first_audio_ms=1640.0)
        self.assertEqual(turn.response_latency, 640.0)
        self.assertIsNone(turn.turn_latency)

    def test_a_verdict_of_an_earlier_request_has_its_moment_but_no_latency(self) -> None:
        turn = TurnInProgress(1, 1, asked_ms=1000.0, verdict_ms=1340.0)
        self.assertEqual(turn.verdict_latency, 340.0)
        turn.asked_ms = 2200.0  # it said to wait, and was asked again
        self.assertIsNone(turn.verdict_latency)

    def test_a_latency_begins_and_ends_with_moments(self) -> None:
        for each in LATENCIES:
            with self.subTest(each.name):
                self.assertIs(getattr(Latencies, each.name), each)
                self.assertLessEqual({each.starts, each.ends}, set(MOMENTS))

    def test_what_is_counted_exported_and_a_stage(self) -> None:
        """These names are columns of exports and rows of the database: they do not change."""
        self.assertEqual(
            MEASURES,
            (
                *("response_latency", "content_latency", "end_of_turn_delay"),
                "transcription_delay",
                *("llm_ttft", "llm_ttfs", "tts_ttfb", "tool_time", "turn_latency"),
            ),
        )
        self.assertEqual(
            STAGES,
            (
                *("end_of_turn_delay", "transcription_delay"),
                *("llm_ttft", "llm_ttfs", "tts_ttfb", "tool_time"),
            ),
        )
        others = {"ready_lead", "verdict_latency", "knowledge_latency"}
        self.assertEqual(set(TURN[-12:]), {*MEASURES, *others})
