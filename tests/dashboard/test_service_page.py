"""The Services page: every process, every service, what is wrong and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from calls.http_tools import field_keys
from calls.http_tools.http_tool import HttpTool
from calls.models import Call
from calls.process import life
from calls.process.server_process import GONE_AFTER, REMOVED_AFTER, ServerProcess
from calls.telephony.phone_number import PhoneNumber
from hevoice import bus
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tests.dashboard.test_dashboard import SignedInTestCase

REFUSED = "PERMISSION_DENIED: Cloud Speech-to-Text API is disabled: enable it for the project"


def a_service(**changed: Any) -> dict[str, Any]:
    return {
        "role": "transcriber",
        "name": "GoogleTranscriber",
        "asked_for": "v2 chirp_3 he-IL",
        "in_use": "v2 chirp_3 he-IL",
        "why": "",
        "failure": "",
    } | changed


def a_process(name: str = "voice-1:7", *, silent: timedelta = timedelta(), **fields: Any) -> None:
    now = timezone.now()
    given = {
        "version": "0.1.0",
        "started_at": now - timedelta(hours=2),
        "seen_at": now - silent,
        "status": ServerProcess.Status.OK,
        "services": [a_service()],
    }
    ServerProcess.objects.create(name=name, **given | fields)


class ServicesPageTests(SignedInTestCase):
    def test_without_a_report_it_says_when_one_comes(self) -> None:
        self.assertIn("No process has reported yet", self.page("services/"))

    def test_a_process_that_is_well_shows_its_services_and_what_was_spared(self) -> None:
        a_process(calls=3, phrase_hits=3, phrase_misses=1, phrase_saved_ms=1500)
        page = self.page("services/")
        for text in ("voice-1:7", "takes calls", "works", "chirp_3", "75%", "1.5 s"):
            self.assertIn(text, page)
        self.assertNotIn("notice bad", page)

    def test_what_a_provider_refuses_stands_there_in_its_own_words(self) -> None:
        refused = a_service(failure=REFUSED, in_use="")
        a_process(status=ServerProcess.Status.FAILED, services=[refused])
        page = self.page("services/")
        self.assertIn(REFUSED, page)
        self.assertIn("cannot be used", page)
        self.assertIn("/healthz", page)

    def test_a_replacement_is_not_shown_as_what_was_asked_for(self) -> None:
        replaced = a_service(asked_for="v1 phone_call he-IL", why="not supported for iw-IL")
        a_process(services=[replaced])
        page = self.page("services/")
        self.assertIn("works, but not with what was configured", page)
        self.assertIn("not supported for iw-IL", page)

    def test_a_model_that_gives_no_verdicts_stands_there_with_what_was_seen_and_what_to_do(
        self,
    ) -> None:
        a_process(services=[a_service(role="writer")])
        self.assertNotIn("gives no verdicts", self.page("services/"))
        ServerProcess.objects.all().delete()
        for in_calls, where in ((True, "Answers in calls"), (False, "Answers at start-up")):
            found = {"missing": 11, "of": 50, "in_calls": in_calls}
            a_process(
                f"voice-{where}", services=[a_service(role="writer") | {"no_verdicts": found}]
            )
            page = self.page("services/")
            for text in ("this model gives no verdicts", where, "TURN_VERDICT=off"):
                self.assertIn(text, page)
            for number in (50, 11):
                self.assertIn(f'<bdi dir="ltr">{number}</bdi>', page)
            self.assertNotIn("notice bad", page)

    def test_one_that_says_nothing_any_more_is_gone_and_one_that_ended_is_not(self) -> None:
        a_process(silent=2 * GONE_AFTER)
        a_process("voice-1:8", silent=2 * GONE_AFTER, status=ServerProcess.Status.ENDED)
        page = self.page("services/")
        self.assertEqual(page.count("no longer reporting"), 1)
        self.assertIn("stopped", page)

    def test_one_that_is_long_gone_is_removed_and_its_calls_are_closed_as_lost(self) -> None:
        a_process(silent=2 * REMOVED_AFTER)
        left = a_call(1, process="voice-1:7", ended_at=None, ended_why="")
        other = a_call(2, process="voice-1:8", ended_at=None, ended_why="")
        for calls in (1, 2):
            ServerProcess.report(
                "voice-1:8", version="1", started_at=timezone.now(), status="ok", calls=calls
            )
        life.remove_long_gone()
        (row,) = ServerProcess.objects.all()
        self.assertEqual((row.name, row.calls), ("voice-1:8", 2))
        left.refresh_from_db()
        other.refresh_from_db()
        self.assertEqual((left.ended_why, other.ended_at), ("lost", None))

    def test_the_last_failure_in_a_call_leads_to_the_call(self) -> None:
        a_process()
        for number, failure in ((3, "older"), (2, "OpenAI was silent"), (1, "")):
            a_call(number, process="voice-1:7", failure=failure)
        failed = Call.objects.get(failure="OpenAI was silent")
        page = self.page("services/")
        self.assertIn(f'href="/en/calls/{failed.pk}/"', page)
        self.assertNotIn("older", page)

    @override_settings(DATABASE_URL="sqlite:///var/calls.sqlite3")
    def test_an_sqlite_file_of_ones_own_is_shown_as_what_it_is(self) -> None:
        self.assertIn("SQLite 3", self.page("services/"))

    @override_settings(REDIS_URL="")
    def test_several_processes_without_redis_are_warned_of(self) -> None:
        a_process()
        self.assertNotIn("set REDIS_URL", self.page("services/"))
        a_process("voice-1:8")
        self.assertIn("set REDIS_URL", self.page("services/"))

    @override_settings(REDIS_URL="redis://:pa55word@news.example:6379/0")
    def test_a_redis_that_is_gone_is_shown_and_its_password_is_not(self) -> None:
        self.assertIn("Redis news.example", self.page("services/"))
        bus.failure = "Error 111 connecting to news.example:6379."
        self.addCleanup(setattr, bus, "failure", "")
        page = self.page("services/")
        self.assertIn("Error 111", page)
        self.assertNotIn("pa55word", page)

    def test_calls_that_no_worker_settles_are_counted(self) -> None:
        a_call(1, settled_at=None)
        a_call(30, settled_at=timezone.now())
        self.assertIn("Nothing is waiting", self.page("services/"))
        a_call(31, settled_at=None)
        self.assertIn("Calls are waiting for a worker", self.page("services/"))

    def test_secrets_of_tools_that_no_key_opens_are_named(self) -> None:
        number = PhoneNumber.objects.create(number="+97233333333", name="Clinic")
        HttpTool.objects.create(
            number=number, name="book", address="https://a.example",
            headers={"X-Api-Key": field_keys.sealed("s3cret")},
        )  # fmt: skip
        self.assertIn("All of them can be read.", self.page("services/"))
        with override_settings(FIELD_KEY=[Fernet.generate_key().decode()]):
            page = self.page("services/")
        self.assertIn("Some are unreadable", page)
        self.assertIn("+97233333333 book X-Api-Key", page)
        self.assertNotIn("All of them", page)

    def test_only_those_who_run_the_system_see_it(self) -> None:
        self.assertIn("/en/services/", self.page("calls/"))
        self.client.force_login(a_person("viewer", "viewer"))
        self.assertEqual(self.client.get("/en/services/").status_code, 403)
        self.assertNotIn("/en/services/", self.page("calls/"))

    def test_a_variable_that_says_something_else_than_the_published_profile_is_shown(self) -> None:
        self.assertIn("No environment variable", self.page("services/"))
        given = replace(settings.DEFAULT_KNOBS, end_silence_long_ms=1500)
        with environment(END_SILENCE_LONG_MS="1500"), self.settings(DEFAULT_KNOBS=given):
            page = self.page("services/")
        self.assertIn("END_SILENCE_LONG_MS", page)
        self.assertIn("1,500 ms", page)
        self.assertIn("1,800 ms", page)

    @override_settings(OPENAI_API_KEY="sk-never-shown", OPENAI_MODEL="gpt-6-luna")
    def test_settings_in_force_are_listed_and_secrets_are_only_said_to_be_set(self) -> None:
        page = self.page("services/")
        self.assertIn("gpt-6-luna", page)
        self.assertIn("OPENAI_API_KEY", page)
        self.assertNotIn("sk-never-shown", page)

    def test_the_refresh_brings_the_part_that_changes(self) -> None:
        answer = self.client.get("/en/services/", headers={"HX-Request": "true"})
        self.assertNotContains(answer, "<html")
        self.assertContains(answer, "As of")


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """These variables are set for a while."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
