"""Whispering to the agent and speaking in its voice: what the call is told, and what is noted."""

from __future__ import annotations

from typing import Any, ClassVar

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from calls.models import Call
from dashboard.models import AuditEvent
from tests.dashboard.operators import a_person
from tuning.models import TimingProfile

NEWS = {"whisper": "call.whispered", "say": "call.say"}


class LineTestCase(TestCase):
    call: ClassVar[Call]
    dana: ClassVar[User]

    @classmethod
    def setUpTestData(cls) -> None:
        TimingProfile.create_shipped()
        profile = TimingProfile.objects.get(is_default=True)
        cls.call = Call.objects.create(call_sid="CA1", profile=profile, started_at=timezone.now())
        cls.dana = a_person("operator")

    def setUp(self) -> None:
        self.client.force_login(self.dana)
        self.layer = get_channel_layer()
        async_to_sync(self.layer.flush)()
        self.channel = async_to_sync(self.layer.new_channel)()
        async_to_sync(self.layer.group_add)("calls", self.channel)

    def give(self, what: str, text: str, **headers: str) -> Any:
        return self.client.post(
            f"/en/live/{self.call.pk}/{what}/",
            {"text": text},
            headers={"HX-Request": "true"} | headers,
        )

    def told(self) -> Any:
        return async_to_sync(self.layer.receive)(self.channel)

    @property
    def is_silent(self) -> bool:
        return self.channel not in self.layer.channels or self.layer.channels[self.channel].empty()


class GivenTests(LineTestCase):
    def test_the_call_is_told_who_gives_it_and_what(self) -> None:
        for what, news in NEWS.items():
            with self.subTest(what):
                answer = self.give(what, "  אפשר גם\nביום שני ")
                self.assertContains(answer, f'id="{what}-text"')
                self.assertNotContains(answer, "ביום שני")
                told = {"call": self.call.pk, "who": "dana", "text": "אפשר גם ביום שני"}
                self.assertEqual(self.told(), {"type": news} | told)

    def test_the_audit_has_how_long_it_was_and_no_word_of_it(self) -> None:
        for what in NEWS:
            self.give(what, "ביום שני")
            event = AuditEvent.objects.latest("pk")
            self.assertEqual((event.action, event.what, event.who), (what, "CA1", self.dana))
            self.assertEqual(event.detail, {"characters": 8})

    def test_without_scripts_it_leads_back_to_the_call(self) -> None:
        address = f"/en/live/{self.call.pk}/"
        answer = self.client.post(f"{address}whisper/", {"text": "ביום שני"})
        self.assertRedirects(answer, address)
        self.assertEqual(self.told()["type"], "call.whispered")


class RefusedTests(LineTestCase):
    def assert_refused(self, text: str, status: int, words: str) -> None:
        for what in NEWS:
            answer = self.give(what, text)
            self.assertContains(answer, words, status_code=status)
            self.assertContains(answer, 'role="alert"', status_code=status)
        self.assertTrue(self.is_silent)
        self.assertFalse(AuditEvent.objects.exclude(action="sign-in").exists())

    def test_an_empty_line_is(self) -> None:
        self.assert_refused(" \n ", 422, "There is nothing in it yet")

    def test_a_line_that_is_too_long_is_and_stays_to_be_shortened(self) -> None:
        self.assert_refused("א" * 301, 422, "It is too long by")
        self.assertContains(self.give("say", "א" * 302), "א" * 302, status_code=422)

    def test_a_line_for_a_call_that_is_over_is(self) -> None:
        Call.objects.update(ended_at=timezone.now())
        self.assert_refused("ביום שני", 409, "The call is over.")

    def test_a_viewer_gives_none(self) -> None:
        self.client.force_login(a_person("viewer", "victor"))
        for what in NEWS:
            self.assertEqual(self.give(what, "ביום שני").status_code, 403)
        page = self.client.get(f"/en/live/{self.call.pk}/")
        for part in ("step-in", "take-over", "holding", "step_in.js"):
            self.assertNotContains(page, part)
        self.assertTrue(self.is_silent)


class PageTests(LineTestCase):
    def test_the_opened_call_of_an_operator_has_it_and_one_that_is_over_has_not(self) -> None:
        page = self.client.get(f"/en/live/{self.call.pk}/")
        for part in ('id="whisper"', 'id="say"', 'id="take-over"', f"/ws/en/hold/{self.call.pk}"):
            self.assertContains(page, part)
        Call.objects.update(ended_at=timezone.now())
        self.assertNotContains(self.client.get(f"/en/live/{self.call.pk}/"), 'id="step-in"')
