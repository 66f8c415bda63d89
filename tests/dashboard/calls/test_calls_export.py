"""Calls as a file: all that fit the filters, safe for a spreadsheet, noted in the audit."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.test import AsyncClient, TransactionTestCase
from django.utils import timezone

from calls.models import Call
from dashboard.calls import export as call_export
from dashboard.calls.export import EXCEL_READS_UTF8, _cell
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile

COUNTED = ("thought", "requests", "tokens", "wasted_tokens")


class ExportTests(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.person = a_person("operator")
        call = a_call(1, caller="+972501234567")
        a_turn(
            call,
            1,
            said="כן, תודה",
            response_ms=900,
            **dict(zip(COUNTED, (2, 3, 41, 7), strict=True)),
        )
        a_turn(call, 2, said='אמר "רגע"', response_ms=2340, outcome="cut-in")
        a_call(2)

    async def export(self, kind: str, query: str = "") -> tuple[Any, str]:
        client = AsyncClient()
        await client.aforce_login(self.person)
        response: Any = await client.get(f"/en/calls/export/{kind}/?{query}")
        if not response.streaming:
            return response, response.content.decode()
        parts = [part async for part in response.streaming_content]
        return response, b"".join(parts).decode()

    async def test_a_spreadsheet_gets_a_line_a_call(self) -> None:
        response, text = await self.export("csv")
        self.assertIn("attachment; filename=", response.headers["Content-Disposition"])
        self.assertTrue(text.startswith(EXCEL_READS_UTF8))
        first, second = csv.DictReader(io.StringIO(text[1:]))
        figures = [first[name] for name in ("turns", "slowest_ms", "cut_ins")]
        self.assertEqual(figures, ["2", "2340", "1"])
        self.assertEqual(second["turns"], "0")

    async def test_who_asked_for_a_person_is_in_it(self) -> None:
        asked = Call.objects.order_by("-rang_at")
        call = await asked.afirst()
        assert call
        call.asked_person_at, call.asked_person_why = timezone.now(), "failures"
        call.person_waited_ms, call.person_came = 8000, "dana"
        await call.asave()
        _response, text = await self.export("csv")
        names = ("asked_for_a_person", "waited_for_a_person_ms", "person_who_came")
        rows = list(csv.DictReader(io.StringIO(text[1:])))
        self.assertEqual(
            [[row[name] for name in names] for row in rows],
            [["failures", "8000", "dana"], ["", "", ""]],
        )

    async def test_the_times_are_those_of_the_pages_and_say_of_which_zone(self) -> None:
        call = await Call.objects.order_by("-rang_at").afirst()
        assert call
        shown = timezone.localtime(call.rang_at)
        _response, text = await self.export("csv")
        first = next(csv.DictReader(io.StringIO(text[1:])))
        _response, text = await self.export("json")
        for told in (first, json.loads(text)[0]):
            self.assertEqual(told["rang_at"], shown.isoformat(timespec="seconds"))
            self.assertEqual(told["time_zone"], "Asia/Jerusalem")

    async def test_the_whole_number_of_a_caller_is_in_no_file(self) -> None:
        for kind in ("csv", "json"):
            _response, text = await self.export(kind)
            self.assertNotIn("972501234567", text)
            self.assertIn("97250•••••67", text)

    async def test_json_holds_every_turn_with_its_words(self) -> None:
        _response, text = await self.export("json")
        first, second = json.loads(text)
        self.assertEqual([turn["said"] for turn in first["turns"]], ["כן, תודה", 'אמר "רגע"'])
        self.assertEqual(first["turns"][1]["response_latency"], 2340)
        self.assertEqual(second["turns"], [])
        counted = [first["turns"][0][name] for name in COUNTED]
        self.assertEqual(counted, [2, 3, 41, 7])
        self.assertIn("כן, תודה", text)

    async def test_only_what_fits_the_filters_is_taken_away_and_the_audit_says_which(self) -> None:
        _response, text = await self.export("json", "cut_ins=on")
        self.assertEqual(len(json.loads(text)), 1)
        event = await AuditEvent.objects.aget()
        self.assertEqual((event.action, event.who_name), (AuditEvent.Action.EXPORT, "dana"))
        self.assertEqual((event.what, event.detail), ("json", {"cut_ins": "on"}))

    async def test_a_filter_that_makes_no_sense_exports_nothing(self) -> None:
        response, text = await self.export("csv", "slowest_over=fast")
        self.assertEqual(response.status_code, 422)
        self.assertIn("whole number", text)
        self.assertFalse(await AuditEvent.objects.aexists())

    async def test_many_calls_come_batch_by_batch_and_none_twice(self) -> None:
        batch, call_export.BATCH = call_export.BATCH, 3
        self.addCleanup(setattr, call_export, "BATCH", batch)
        rang_at = (await Call.objects.afirst()).rang_at  # type: ignore[union-attr]
        profile = await TimingProfile.objects.aget(name="balanced")
        await Call.objects.abulk_create(
            Call(call_sid=f"CB{n}", profile=profile, rang_at=rang_at, ended_at=rang_at)
            for n in range(10)
        )
        _response, text = await self.export("json")
        keys = [call["call"] for call in json.loads(text)]
        self.assertEqual((len(keys), len(set(keys))), (12, 12))

    def test_what_a_spreadsheet_would_work_out_is_text(self) -> None:
        cells = [_cell(value) for value in ("=1+1", "+97250", "-5", "@SUM(A1)", "שלום", 7)]
        self.assertEqual(cells, ["'=1+1", "'+97250", "'-5", "'@SUM(A1)", "שלום", 7])
