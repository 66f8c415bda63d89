"""Settings per person: applied at once, and at the next sign-in on another machine."""

from __future__ import annotations

from http import HTTPStatus

from django.core.cache import cache
from django.test import Client, TestCase

from dashboard.models import Preferences
from tests.dashboard.operators import a_person


class PreferencesTests(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.dana = a_person()
        self.client.force_login(self.dana)

    def save(self, **chosen: str) -> str:
        """The page after it."""
        given = {"language": "en", "theme": "device", "shortcuts": "on"} | chosen
        response = self.client.post("/en/me/", given, follow=True)
        self.assertEqual(response.status_code, HTTPStatus.OK)
        return response.content.decode()

    def test_the_language_is_there_at_once_and_for_addresses_without_one(self) -> None:
        page = self.save(language="he")
        self.assertIn('<html lang="he" dir="rtl">', page)
        self.assertIn("נשמר, כאן ולכניסה הבאה שלכם.", page)
        response = self.client.get("/calls/")
        self.assertRedirects(response, "/he/calls/", fetch_redirect_response=False)
        self.save(language="en")
        response = self.client.get("/calls/")
        self.assertRedirects(response, "/en/calls/", fetch_redirect_response=False)

    def test_the_theme_is_painted_by_the_server_at_once(self) -> None:
        self.assertIn('data-theme="dark"', self.save(theme="dark"))
        self.assertIn('data-theme="light"', self.save(theme="light"))
        self.assertNotIn("data-theme", self.save(theme="device"))

    def test_the_single_keys_are_off_for_who_turned_them_off(self) -> None:
        self.assertIn('data-shortcuts="on"', self.client.get("/en/calls/").content.decode())
        given = {"language": "en", "theme": "device"}
        self.client.post("/en/me/", given)
        self.assertIn('data-shortcuts="off"', self.client.get("/en/calls/").content.decode())
        self.assertContains(self.client.get("/en/help/shortcuts/"), "turned the single keys off")

    def test_another_machine_has_them_from_the_sign_in_on(self) -> None:
        self.save(language="en", theme="dark")
        other = Client()
        other.post("/he/login/", {"login": "dana", "password": "a long enough one"})
        response = other.get("/calls/", follow=True)
        self.assertContains(response, '<html lang="en" dir="ltr" data-theme="dark">')

    def test_who_has_chosen_nothing_keeps_what_the_machine_has(self) -> None:
        other = Client()
        other.cookies["theme"] = "light"
        other.post("/en/login/", {"login": "dana", "password": "a long enough one"})
        self.assertContains(other.get("/en/calls/"), 'data-theme="light"')

    def test_who_has_chosen_nothing_is_offered_what_they_see(self) -> None:
        self.client.cookies["theme"] = "dark"
        page = self.client.get("/en/me/")
        self.assertContains(page, 'value="en" checked')
        self.assertContains(page, 'value="dark" checked')

    def test_what_is_not_offered_is_refused_and_nothing_is_saved(self) -> None:
        response = self.client.post("/en/me/", {"language": "fr", "theme": "pink"})
        self.assertContains(
            response, "Nothing was saved", status_code=HTTPStatus.UNPROCESSABLE_ENTITY
        )
        self.assertFalse(Preferences.objects.exists())

    def test_each_person_has_their_own(self) -> None:
        self.save(theme="dark")
        a_person("viewer", "noa")
        self.assertEqual(Preferences.objects.get().user, self.dana)

    def test_a_one_time_password_survives_a_change_of_settings(self) -> None:
        Preferences.objects.create(user=self.dana, has_one_time_password=True)
        self.client.post("/en/me/", {"language": "en", "theme": "dark"})
        self.assertTrue(Preferences.objects.get().has_one_time_password)
