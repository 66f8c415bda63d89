"""Who may open which address: every one of the dashboard, for everybody.

A new address needs a line in MAY, or the first test fails: its name, and the least role that it
answers. What it needs besides an operator's name and role stands in ARGUMENTS.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import ClassVar

from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import TestCase
from django.urls import URLPattern, URLResolver, reverse

from calls.http_tools.http_tool import HttpTool
from calls.telephony.phone_number import PhoneNumber
from dashboard import urls
from dashboard.people.roles import ROLES
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.dashboard.operators import a_person

ANYBODY, SIGNED_IN, VIEWER, OPERATOR, ADMIN = range(5)
WHO = ("nobody", "", *ROLES)
"""Signed out, signed in without a role, and the three roles: the place of each is its level."""
MAY = {
    # signing in, one's own account, help
    "login": ANYBODY,
    "account_login": ANYBODY,
    "logout": ANYBODY,
    "account_logout": ANYBODY,
    "mfa_authenticate": ANYBODY,
    "account_reauthenticate": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "account_change_password": SIGNED_IN,
    "mfa_index": SIGNED_IN,
    "mfa_activate_totp": SIGNED_IN,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "preferences": SIGNED_IN,
    "shortcuts": SIGNED_IN,
    "glossary": SIGNED_IN,
    # calls and figures
    "home": VIEWER,
    "live": VIEWER,
    "live_call": VIEWER,
    "whisper": OPERATOR,
    "say": OPERATOR,
    "calls": VIEWER,
    "calls_export": OPERATOR,
    "call": VIEWER,
    "turn": VIEWER,
    "turn_label": OPERATOR,
    "peaks": OPERATOR,
    "recording": OPERATOR,
    "latencies": VIEWER,
    "over_time": VIEWER,
    "tradeoff": VIEWER,
    "talk": OPERATOR,
    "talk_knobs": OPERATOR,
    "talk_try": OPERATOR,
    "talk_draft": OPERATOR,
    "talk_links": ADMIN,
    "talk_link_new": ADMIN,
    "talk_link_withdraw": ADMIN,
    # lab
    "lab": OPERATOR,
    "replay": OPERATOR,
    "replay_new": OPERATOR,
    "replay_stop": OPERATOR,
    "call_tried": OPERATOR,
    "advice": OPERATOR,
    "advice_of": OPERATOR,
    "advice_draft": OPERATOR,
    "predictions": OPERATOR,
    # trials
    "trials": OPERATOR,
    "trial": OPERATOR,
    "trial_new": ADMIN,
    "trial_plan": ADMIN,
    "trial_end": ADMIN,
    "trial_publish": ADMIN,
    # numbers
    "numbers": VIEWER,
    "number": VIEWER,
    "number_new": ADMIN,
    "number_delete": ADMIN,
    "number_call": ADMIN,
    "test_call": VIEWER,
    "tools": VIEWER,
    "tool": VIEWER,
    "tool_new": ADMIN,
    "tool_delete": ADMIN,
    "tool_try": ADMIN,
    "knowledge": VIEWER,
    "knowledge_found": VIEWER,
    "knowledge_text": ADMIN,
    "knowledge_text_new": ADMIN,
    "knowledge_text_delete": ADMIN,
    "knowledge_answer": ADMIN,
    "knowledge_answer_new": ADMIN,
    "knowledge_answer_delete": ADMIN,
    # profiles
    "profiles": VIEWER,
    "profile": VIEWER,
    "profile_check": VIEWER,
    "profile_verdict": OPERATOR,
    "profile_places": OPERATOR,
    "profile_diff": VIEWER,
    "revision_export": VIEWER,
    "draft_discard": OPERATOR,
    "draft_rebase": OPERATOR,
    "draft_fill": OPERATOR,
    "profile_undo": ADMIN,
    "profile_copy": ADMIN,
    "profile_use": ADMIN,
    "profile_restore": ADMIN,
    # administration
    "services": ADMIN,
    "people": ADMIN,
    "person": ADMIN,
    "person_invite": ADMIN,
    "person_role": ADMIN,
    "person_active": ADMIN,
    "person_password": ADMIN,
    "person_second_step": ADMIN,
    "audit": ADMIN,
}
"""By its URL name: the least that may open it (GET), or do it (POST) where it answers only that."""
MAY_POST = {"profile": ADMIN, "number": ADMIN, "tool": ADMIN, "knowledge": ADMIN}
"""Where doing needs more than looking."""
ARGUMENTS = {
    "preset": "brisk", "pk": 1, "number": 1, "n": 1, "kind": "csv", "format": "csv",
    "knob": "end_silence_long_ms", "tool_pk": 1, "known": 1,
}  # fmt: skip


def every_pattern(patterns: Sequence[object] = urls.urlpatterns) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from every_pattern(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern


def address_of(pattern: URLPattern) -> str:
    names = pattern.pattern.converters
    return reverse(f"{pattern.name}", kwargs={name: ARGUMENTS[name] for name in names})


class PermissionsTests(TestCase):
    people: ClassVar[dict[str, User]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.people = {role: a_person(role, f"somebody {role}") for role in WHO[1:]}
        number = PhoneNumber.objects.create(pk=1, number="+97231234567", name="Desk")
        HttpTool.objects.create(pk=1, number=number, name="free_times")
        call = a_call(pk=1)
        a_greeting(call)
        a_turn(call)

    def setUp(self) -> None:
        cache.clear()

    def test_every_address_has_its_line_and_every_line_an_address(self) -> None:
        self.assertEqual({pattern.name for pattern in every_pattern()}, set(MAY))

    def test_each_address_opens_to_whom_it_should_and_to_nobody_else(self) -> None:
        for level, who in enumerate(WHO):
            for pattern in every_pattern():
                for method in ("get", "post"):
                    with self.subTest(pattern.name, who=who, method=method):
                        self.check(pattern, level, who, method)

    def check(self, pattern: URLPattern, level: int, who: str, method: str) -> None:
        self.client.logout()
        if who in self.people:
            self.client.force_login(self.people[who])
        address = address_of(pattern)
        answer = getattr(self.client, method)(address)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return
        least = MAY[f"{pattern.name}"]
        if method == "post":
            least = MAY_POST.get(f"{pattern.name}", least)
        to_sign_in = answer.headers.get("Location", "").startswith(f"{reverse('login')}?next=")
        if level >= least:
            self.assertNotEqual(answer.status_code, HTTPStatus.FORBIDDEN)
            self.assertFalse(to_sign_in)
        elif level == 0:
            self.assertTrue(to_sign_in, answer)
        else:
            self.assertEqual(answer.status_code, HTTPStatus.FORBIDDEN)
