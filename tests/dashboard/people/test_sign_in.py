"""Signing in: by name and password, with a second step, within limits; and what is due first."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any
from xml.etree import ElementTree

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.test import TestCase, TransactionTestCase, override_settings
from django.urls import NoReverseMatch, reverse

from dashboard.models import Preferences
from dashboard.people import required_steps
from tests.dashboard.operators import a_person
from tests.dashboard.totp import code_of

PASSWORD = "a long enough one"
SECRET = "JBSWY3DPEHPK3PXP"


class SignInTestCase(TestCase):
    def setUp(self) -> None:
        cache.clear()  # what was counted before
        self.dana = a_person("operator", "dana", PASSWORD)

    def sign_in(self, name: str = "dana", password: str = PASSWORD, **rest: Any) -> Any:
        return self.client.post("/en/login/", {"login": name, "password": password}, **rest)

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    def with_second_step(self, person: User | None = None) -> None:
        TOTP.activate(person or self.dana, SECRET)


class PasswordTests(SignInTestCase):
    def test_signing_in_leads_to_the_calls_and_signing_out_back(self) -> None:
        self.assertRedirects(self.sign_in(), "/en/")
        self.assertRedirects(self.client.post("/en/logout/"), "/en/login/")
        self.assertFalse(self.is_signed_in)

    def test_it_leads_to_the_page_that_was_asked_for_and_never_to_another_site(self) -> None:
        response = self.client.post(
            "/en/login/", {"login": "dana", "password": PASSWORD, "next": "/en/profiles/"}
        )
        self.assertRedirects(response, "/en/profiles/")
        self.client.logout()
        response = self.client.post(
            "/en/login/", {"login": "dana", "password": PASSWORD, "next": "https://evil.example/"}
        )
        self.assertRedirects(response, "/en/")

    def test_a_wrong_name_and_a_wrong_password_are_answered_alike(self) -> None:
        answers = []
        for name, password in (("dana", "wrong"), ("nobody", "wrong")):
            response = self.sign_in(name, password)
            self.assertContains(response, "The name or the password is wrong.")
            text = response.content.decode().replace(name, "NAME")
            answers.append(
                re.sub(r'("X-CSRFToken": "|name="csrfmiddlewaretoken" value=")\w+', "", text)
            )
        self.assertEqual(*answers)

    def test_who_is_kept_out_is_answered_like_a_wrong_password(self) -> None:
        User.objects.update(is_active=False)
        self.assertContains(self.sign_in(), "The name or the password is wrong.")
        self.assertFalse(self.is_signed_in)

    def test_a_new_password_may_not_be_the_name_with_something_added(self) -> None:
        self.sign_in()
        for wrong in ("danadana1", "dana12345", "Dana2026!", "anad.dana"):
            form = {"oldpassword": PASSWORD, "password1": wrong, "password2": wrong}
            response = self.client.post("/en/me/password/", form)
            with self.subTest(wrong):
                self.assertContains(response, "too similar to the username", status_code=200)
        self.assertTrue(User.objects.get().check_password(PASSWORD))

    def test_nobody_signs_up_and_nothing_of_mail_or_social_accounts_is_served(self) -> None:
        for path in ("signup/", "accounts/signup/", "email/", "password/reset/", "3rdparty/"):
            with self.subTest(path):
                self.assertEqual(self.client.get(f"/en/{path}").status_code, HTTPStatus.NOT_FOUND)
        for name in ("account_signup", "account_email", "account_reset_password"):
            with self.subTest(name), self.assertRaises(NoReverseMatch):
                reverse(name)

    def test_the_admin_s_own_sign_in_leads_to_ours(self) -> None:
        response = self.client.get("/en/admin/login/?next=/en/admin/")
        self.assertRedirects(response, "/en/login/?next=/en/admin/")

    @override_settings(SESSION_COOKIE_SECURE=True)
    def test_the_session_s_cookie_is_out_of_scripts_reach_and_behind_a_name_needs_https(
        self,
    ) -> None:
        self.sign_in()
        cookie = self.client.cookies["sessionid"]
        self.assertTrue(cookie["httponly"] and cookie["secure"])
        self.assertEqual(cookie["samesite"], "Lax")


class LimitTests(SignInTestCase):
    def test_after_five_wrong_passwords_the_right_one_waits_too_and_the_page_says_what_to_do(
        self,
    ) -> None:
        for _try in range(5):
            self.sign_in(password="wrong")
        response = self.sign_in()
        self.assertContains(response, "Wait five minutes and try again, or ask an admin")
        self.assertFalse(self.is_signed_in)
        a_person("viewer", "ronit", PASSWORD)
        self.sign_in("ronit")
        self.assertTrue(self.is_signed_in, "another name is not locked")

    def test_one_address_may_not_try_many_names(self) -> None:
        for number in range(10):
            self.sign_in(f"name{number}", "wrong")
        self.assertContains(self.sign_in(), "Too many wrong tries.")
        self.sign_in(REMOTE_ADDR="192.0.2.7")
        self.assertTrue(self.is_signed_in, "another address is not locked")

    @override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"})
    def test_too_many_requests_get_a_page_of_ours_in_the_page_s_language(self) -> None:
        for _try in range(2):
            self.sign_in(password="wrong")
        response = self.client.post("/he/login/", {"login": "dana", "password": PASSWORD})
        self.assertEqual(response.status_code, HTTPStatus.TOO_MANY_REQUESTS)
        self.assertIn("חכו דקה ונסו שוב", response.content.decode())

    def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(self) -> None:
        with self.settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
            for _try in range(10):
                self.sign_in("x", "wrong", headers={"X-Forwarded-For": "1.1.1.1, 192.0.2.7"})
            self.sign_in(headers={"X-Forwarded-For": "1.1.1.1, 192.0.2.8"})
        self.assertTrue(self.is_signed_in)


class SecondStepTests(SignInTestCase):
    def test_turning_it_on_with_the_app_s_code_and_signing_in_with_the_next_one(self) -> None:
        self.sign_in()
        page = self.client.get("/en/me/two-step/on/")
        picture = ElementTree.fromstring(
            page.content.decode().split("<figure>")[1].split("</fig")[0]
        )
        self.assertEqual((picture.get("class"), picture.get("aria-hidden")), ("qr", "true"))
        light, dark = picture
        self.assertEqual((light.get("fill"), dark.get("fill")), ("white", "#000000"))
        secret = page.context["form"].secret
        wrong = self.client.post("/en/me/two-step/on/", {"code": "000000x"})
        self.assertContains(wrong, "This code is wrong")
        response = self.client.post("/en/me/two-step/on/", {"code": code_of(secret)})
        self.assertRedirects(response, "/en/me/two-step/codes/")
        codes = self.client.get("/en/me/two-step/codes/").context["unused_codes"]
        self.assertEqual(len(codes), 10)
        self.client.post("/en/logout/")
        self.assertRedirects(self.sign_in(), "/en/login/code/")
        self.assertFalse(self.is_signed_in)
        self.assertContains(self.client.get("/he/login/code/"), "שלב שני")
        done = self.client.post("/en/login/code/", {"code": code_of(secret, steps_on=1)})
        self.assertRedirects(done, "/en/")

    def test_a_code_works_once(self) -> None:
        self.with_second_step()
        code = code_of(SECRET)
        self.sign_in()
        self.client.post("/en/login/code/", {"code": code})
        self.client.post("/en/logout/")
        self.sign_in()
        self.assertContains(self.client.post("/en/login/code/", {"code": code}), "used already")
        self.assertFalse(self.is_signed_in)

    def test_wrong_codes_are_limited_too(self) -> None:
        self.with_second_step()
        self.sign_in()
        for _try in range(5):
            self.client.post("/en/login/code/", {"code": "123"})
        response = self.client.post("/en/login/code/", {"code": code_of(SECRET)})
        self.assertContains(response, "Wait five minutes")

    def test_a_recovery_code_lets_in_once_without_the_telephone(self) -> None:
        self.sign_in()
        secret = self.client.get("/en/me/two-step/on/").context["form"].secret
        self.client.post("/en/me/two-step/on/", {"code": code_of(secret)})
        code = self.client.get("/en/me/two-step/codes/").context["unused_codes"][0]
        self.client.post("/en/logout/")
        self.sign_in()
        self.client.post("/en/login/code/", {"code": code})
        self.assertTrue(self.is_signed_in)
        self.assertNotIn(code, self.client.get("/en/me/two-step/codes/").context["unused_codes"])

    def test_changing_it_long_after_the_sign_in_asks_who_is_there(self) -> None:
        self.with_second_step()
        self.client.force_login(self.dana)  # no sign-in that allauth has seen
        response = self.client.get("/en/me/two-step/off/")
        self.assertRedirects(
            response, "/en/me/confirm/?next=/en/me/two-step/off/", fetch_redirect_response=False
        )
        self.client.post(response["Location"], {"password": PASSWORD})
        self.client.post("/en/me/two-step/off/")
        self.assertFalse(Authenticator.objects.exists())

    def test_every_page_of_it_is_in_hebrew_under_hebrew(self) -> None:
        self.sign_in()
        pages = {}
        for path in ("me/two-step/", "me/two-step/on/", "me/confirm/", "me/password/", "logout/"):
            pages[path] = self.client.get(f"/he/{path}")
        secret = pages["me/two-step/on/"].context["form"].secret
        self.client.post("/he/me/two-step/on/", {"code": code_of(secret)})
        for path in ("codes/", "codes/new/", "off/", ""):
            pages[f"on {path}"] = self.client.get(f"/he/me/two-step/{path}")
        pages["code"] = self.client.get("/he/me/confirm/code/")
        for path, page in pages.items():
            with self.subTest(path):
                self.assertEqual(page.status_code, HTTPStatus.OK)
                main = re.sub(
                    r"(?s).*<main|<code.*?</code>|<svg.*?</svg>", "<", page.content.decode()
                )
                words = re.sub(r"<[^>]*>", " ", main)
                words = re.sub(r"Google Authenticator|Microsoft Authenticator|1Password", "", words)
                self.assertNotRegex(words, r"[A-Za-z]{3}")


class RequiredTests(SignInTestCase):
    def test_with_admin_only_an_admin_is_led_to_turn_it_on_and_nowhere_else(self) -> None:
        with self.settings(REQUIRE_MFA="admin"):
            self.sign_in()
            self.assertEqual(self.client.get("/en/calls/").status_code, HTTPStatus.OK)
            self.client.post("/en/logout/")
            a_person("admin", "ronit", PASSWORD)
            self.sign_in("ronit")
            for path in ("calls/", "people/", "me/", "me/password/", "admin/", "help/glossary/"):
                with self.subTest(path):
                    response = self.client.get(f"/en/{path}")
                    self.assertRedirects(response, "/en/me/two-step/on/")

    def test_once_it_is_on_everything_is_open_and_it_stays_on(self) -> None:
        with self.settings(REQUIRE_MFA="all"):
            self.sign_in()
            page = self.client.get("/en/calls/", follow=True)
            self.assertContains(page, "Your role needs two-step sign-in")
            self.assertNotContains(page, 'class="pages"')
            code = code_of(page.context["form"].secret)
            self.client.post("/en/me/two-step/on/", {"code": code})
            self.assertEqual(self.client.get("/en/calls/").status_code, HTTPStatus.OK)
            self.client.post("/en/me/two-step/off/")
            self.assertTrue(Authenticator.objects.filter(type="totp").exists())
            self.assertContains(self.client.get("/en/me/two-step/off/"), "cannot be turned off")

    def test_a_fragment_leads_the_whole_page_there(self) -> None:
        with self.settings(REQUIRE_MFA="all"):
            self.sign_in()
            response = self.client.get("/en/calls/", headers={"HX-Request": "true"})
        self.assertEqual(response.headers["HX-Redirect"], "/en/me/two-step/on/")


class SocketTests(TransactionTestCase):
    def test_to_the_sockets_who_has_something_due_is_nobody(self) -> None:
        dana, seen = a_person(), []

        async def consumer(scope: dict[str, Any], receive: Any, send: Any) -> None:
            seen.append(scope["user"])

        def connect() -> None:
            socket = required_steps.nobody_until_done(consumer)
            async_to_sync(socket)({"user": dana}, None, None)

        connect()
        with self.settings(REQUIRE_MFA="all"):
            connect()
        self.assertEqual(seen, [dana, AnonymousUser()])


class OneTimePasswordTests(SignInTestCase):
    def setUp(self) -> None:
        super().setUp()
        Preferences.objects.create(user=self.dana, has_one_time_password=True)

    def test_it_must_be_replaced_before_anything_else(self) -> None:
        self.sign_in()
        page = self.client.get("/en/calls/", follow=True)
        self.assertEqual(page.redirect_chain[-1][0], "/en/me/password/")
        self.assertContains(page, "meant for this first sign-in only")
        new = "another long one"
        given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
        self.assertRedirects(self.client.post("/en/me/password/", given), "/en/me/")
        self.assertEqual(self.client.get("/en/calls/").status_code, HTTPStatus.OK)

    def test_it_cannot_be_replaced_by_itself(self) -> None:
        self.sign_in()
        same = {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
        self.assertContains(self.client.post("/en/me/password/", same), "Choose another")
        self.assertEqual(self.client.get("/en/calls/").status_code, HTTPStatus.FOUND)
