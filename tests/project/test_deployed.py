"""As it is deployed: nothing kept by browsers, everything by TLS, and Django has no complaint."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from django.conf import settings
from django.test import SimpleTestCase, TestCase, override_settings

from calls.records import recording
from calls.telephony.phone_number import PhoneNumber
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.dashboard.operators import a_person
from tests.dashboard.people.test_permissions import ANYBODY, MAY, address_of, every_pattern

README = (settings.BASE_DIR / "README.md").read_text()
OPERATIONS = (settings.BASE_DIR / "docs" / "operations.md").read_text()


class KeptByNobodyTest(TestCase):
    def test_no_page_of_whoever_is_signed_in_stays_in_a_browser_or_on_the_way(self) -> None:
        """What callers said is on many of them, and whoever signs out is told that they are out."""
        self.client.force_login(a_person("admin", "dana"))
        PhoneNumber.objects.create(pk=1, number="+97231234567", name="Desk")
        call = a_call(pk=1)
        a_greeting(call)
        a_turn(call)
        recording.write(recording.path_of(call), 0, b"\xff" * 320)
        recording.make_peaks(call)
        self.addCleanup(recording.forget, call)
        for pattern in every_pattern():
            if MAY[f"{pattern.name}"] == ANYBODY:
                continue
            response = self.client.get(address_of(pattern))
            with self.subTest(pattern.name):
                if response.status_code == 200:
                    kept = response.headers.get("Cache-Control", "")
                    self.assertIn("no-store", kept)
                    self.assertIn("private", kept)
            b"".join(response)  # a file is closed when it has been read

    def test_htmx_keeps_no_page_either(self) -> None:
        base = (settings.BASE_DIR / "templates" / "base.html").read_text()
        self.assertIn('"historyCacheSize": 0', base)
        self.assertIn('"refreshOnHistoryMiss": true', base)


class CheckTest(SimpleTestCase):
    def test_django_has_nothing_to_say_against_the_documented_environment(self) -> None:
        documented = re.search(
            r"^(PUBLIC_HOST=\S+)\s+(TWILIO_ACCOUNT_SID=\S+)\s+(\S+)", README, re.M
        )
        assert documented
        environ = dict(each.split("=", 1) for each in documented.groups())
        found = subprocess.run(
            [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
            cwd=settings.BASE_DIR, env=os.environ | environ, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        self.assertEqual(found.returncode, 0, found.stderr)
        self.assertIn("no issues", found.stdout)


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31_536_000)
class TlsTest(TestCase):
    def test_a_page_that_is_asked_for_without_tls_is_asked_for_again_with_it(self) -> None:
        answer = self.client.get("/en/login/")
        self.assertEqual((answer.status_code, answer["Location"][:8]), (301, "https://"))
        secure = self.client.get("/en/login/", secure=True)
        self.assertIn("max-age=31536000", secure["Strict-Transport-Security"])

    def test_what_comes_from_this_machine_or_is_signed_is_not(self) -> None:
        self.assertIn(self.client.get("/healthz").status_code, (200, 503))
        form = {"CallSid": "CA1", "From": "+972501234567", "To": "+97231234567"}
        self.assertEqual(self.client.post("/twilio/voice", form).status_code, 200)


class NginxTest(SimpleTestCase):
    def test_the_example_leads_to_tls_says_so_for_a_year_and_forwards_what_we_need(self) -> None:
        (example,) = re.findall(r"```nginx\n(.*?)```", OPERATIONS, re.DOTALL)
        self.assertEqual(example.count("{"), example.count("}"))
        servers = example.split("\nserver {")[1:]
        plain, tls = (
            next(each for each in servers if port in each) for port in ("80;", "443 ssl;")
        )
        self.assertIn("return 301 https://$host$request_uri;", plain)
        self.assertNotIn("proxy_pass", plain)
        self.assertIn('add_header Strict-Transport-Security "max-age=31536000" always;', tls)
        self.assertIn("proxy_hide_header Strict-Transport-Security;", tls)
        self.assertIn("proxy_set_header X-Forwarded-Proto $scheme;", tls)
