"""A call's row: rung, begun, and closed when nobody else will."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from calls.models import TOKEN_LIFETIME, Call
from calls.process.server_process import this_process


class BeginTest(TestCase):
    def test_a_token_is_good_for_a_minute(self) -> None:
        call = Call.ring("CA1", "", "")
        Call.objects.update(token_at=timezone.now() - TOKEN_LIFETIME - timedelta(seconds=1))
        self.assertIsNone(Call.begin("CA1", "MZ1", call.token))

    def test_an_empty_token_is_never_good(self) -> None:
        call = Call.ring("CA1", "", "")
        self.assertIsNotNone(Call.begin("CA1", "MZ1", call.token))
        self.assertIsNone(Call.begin("CA1", "MZ2", ""))

    def test_a_call_knows_its_process(self) -> None:
        call = Call.ring("CA1", "", "")
        begun = Call.begin("CA1", "MZ1", call.token)
        assert begun is not None
        self.assertEqual(begun.process, this_process())


class CloseTest(TestCase):
    def running(self, call_sid: str, process: str) -> None:
        Call.ring(call_sid, "", "")
        Call.objects.filter(call_sid=call_sid).update(started_at=timezone.now(), process=process)

    def test_a_call_whose_stream_never_came_is_closed_by_the_next_one(self) -> None:
        Call.ring("CA1", "", "")
        Call.objects.update(token_at=timezone.now() - TOKEN_LIFETIME * 2)
        Call.ring("CA2", "", "")
        ended = dict(Call.objects.values_list("call_sid", "ended_why"))
        self.assertEqual(ended, {"CA1": "never connected", "CA2": ""})

    def test_calls_of_a_process_that_died_are_closed_and_others_left_alone(self) -> None:
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        dead = child.pid
        host = this_process().rpartition(":")[0]
        self.running("CA1", f"{host}:{dead}")
        self.running("CA2", f"{host}:{os.getppid()}")
        self.running("CA4", this_process())
        self.running("CA3", f"another-host:{dead}")
        Call.close_lost(is_starting=True)
        ended = dict(Call.objects.values_list("call_sid", "ended_why"))
        self.assertEqual(ended, {"CA1": "lost", "CA2": "", "CA3": "", "CA4": "lost"})
