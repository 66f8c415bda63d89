"""The pages that change profiles: publishing, conflicts, restoring, permissions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.test import TestCase

from tests.dashboard.operators import a_person
from tuning.models import TimingProfile
from tuning.turns.profile import KNOBS, Profile


class ProfilePagesTestCase(TestCase):
    def setUp(self) -> None:
        self.operator = a_person("admin")
        self.client.force_login(self.operator)
        self.profile = TimingProfile.objects.get(name="balanced")
        self.address = f"/en/profiles/{self.profile.pk}/"

    def form(self, **changed: Any) -> dict[str, Any]:
        whole = asdict(Profile()) | {"note": "try it", "based_on": 1} | changed
        return {name: value for name, value in whole.items() if value is not False}


class PublishTests(ProfilePagesTestCase):
    def test_publishing_makes_a_new_revision_with_note_and_name(self) -> None:
        response = self.client.post(self.address, self.form(end_silence_long_ms=1500))
        self.assertRedirects(response, f"{self.address}#take-back", fetch_redirect_response=False)
        newest = self.profile.newest
        self.assertEqual((newest.number, newest.note), (2, "try it"))
        self.assertEqual(newest.published_by, self.operator)
        self.assertEqual(newest.values, Profile(end_silence_long_ms=1500))

    def test_without_a_note_nothing_is_published(self) -> None:
        response = self.client.post(self.address, self.form(note=" ", barge_in_ms=240))
        self.assertContains(response, '<a href="#id_note">', status_code=422)
        self.assertEqual(self.profile.newest.number, 1)

    def test_what_is_unchanged_is_refused_in_a_sentence(self) -> None:
        live = asdict(self.profile.newest.values)
        response = self.client.post(self.address, self.form(**live))
        self.assertContains(response, "the values that are live already", status_code=422)
        self.assertEqual(self.profile.newest.number, 1)

    def test_restoring_what_is_live_is_refused_in_the_same_sentence(self) -> None:
        self.client.post(self.address, self.form(end_silence_long_ms=1500))
        self.client.post(f"{self.address}restore/1/", {"based_on": 2})
        address = f"{self.address}restore/1/"
        response = self.client.post(address, {"based_on": 3}, follow=True)
        self.assertContains(response, "the values that are live already")
        self.assertEqual(self.profile.newest.number, 3)

    def test_every_invalid_value_is_listed_with_a_link_to_its_field(self) -> None:
        wrong = {"vad_hangover_ms": 700, "barge_in_ms": 210, "end_silence_short_ms": ""}
        response = self.client.post(self.address, self.form(**wrong))
        page = response.content.decode()
        listed = page[page.index('id="refused"') : page.index("</section>", page.index("refused"))]
        for name in wrong:
            self.assertIn(f'<a href="#id_{name}">', listed)
            self.assertIn('class="problem bad"', page[page.index(f'id="problems_{name}"') :][:90])

    def test_a_hard_error_is_refused_and_the_operator_s_values_stay(self) -> None:
        response = self.client.post(self.address, self.form(vad_hangover_ms=700, barge_in_ms=340))
        self.assertContains(response, "it must be from", status_code=422)
        self.assertContains(response, 'value="340"', status_code=422)
        self.assertEqual(self.profile.newest.number, 1)

    def test_a_soft_warning_does_not_stop_publishing(self) -> None:
        response = self.client.post(self.address, self.form(vad_hangover_ms=400))
        self.assertEqual(response.status_code, 302)

    def test_a_conflict_shows_what_was_published_and_keeps_the_operator_s_values(self) -> None:
        noa = a_person("admin", "noa")
        meanwhile = Profile(end_silence_short_ms=450)
        self.profile.publish(meanwhile, by=noa, note="callers wait too long")
        response = self.client.post(self.address, self.form(end_silence_long_ms=1500))
        self.assertEqual(response.status_code, 409)
        page = response.content.decode()
        for expected in ("r2 was published", "noa", "callers wait too long", "500 ms → 450 ms"):
            self.assertIn(expected, page)
        self.assertIn('name="end_silence_long_ms" value="1500"', page)
        self.assertEqual(self.profile.newest.number, 2)

    def test_after_a_conflict_publishing_again_is_deliberate_and_works(self) -> None:
        self.profile.publish(Profile(barge_in_ms=400), by=None, note="meanwhile")
        response = self.client.post(self.address, self.form())
        based_on = response.context["form"]["based_on"].value()
        response = self.client.post(self.address, self.form(based_on=based_on))
        self.assertEqual(response.status_code, 302)
        self.assertEqual(self.profile.newest.number, 3)

    def test_streaming_can_be_switched_off(self) -> None:
        self.client.post(self.address, self.form(streaming_stt=False))
        self.assertFalse(self.profile.newest.values.streaming_stt)


class EditPageTests(ProfilePagesTestCase):
    def test_every_knob_is_on_the_page_with_its_help_in_the_page_s_language(self) -> None:
        for language in ("he", "en"):
            page = self.client.get(f"/{language}/profiles/{self.profile.pk}/").content.decode()
            for knob in KNOBS:
                with self.subTest(knob=knob.name, language=language):
                    self.assertIn(f'name="{knob.name}"', page)
                    for meaning in knob.meanings.values():
                        self.assertIn(meaning.label.in_language(language), page)

    def test_the_page_says_what_the_knobs_add_up_to(self) -> None:
        page = self.client.get(self.address).content.decode()
        self.assertIn("805 ms", page)
        self.assertIn("2,105 ms", page)

    def test_the_history_says_what_each_revision_changed(self) -> None:
        self.client.post(self.address, self.form(end_silence_long_ms=1500))
        page = self.client.get(self.address).content.decode()
        self.assertIn("1,800 ms → 1,500 ms", page)
        self.assertIn("shipped with HeVoice", page)


class CheckTests(ProfilePagesTestCase):
    def test_changed_values_are_added_up_without_being_published(self) -> None:
        response = self.client.post(f"{self.address}check/", self.form(end_silence_short_ms=400))
        self.assertContains(response, "705 ms")
        self.assertTemplateNotUsed(response, "base.html")
        self.assertEqual(self.profile.newest.number, 1)

    def test_a_missing_note_is_no_problem_while_trying(self) -> None:
        response = self.client.post(f"{self.address}check/", self.form(note=""))
        self.assertContains(response, "805 ms")

    def test_every_field_s_messages_come_along(self) -> None:
        response = self.client.post(f"{self.address}check/", self.form(vad_hangover_ms=400))
        for knob in KNOBS:
            self.assertContains(response, f'id="problems_{knob.name}" hx-swap-oob="true"')
        self.assertContains(response, "advised:")

    def test_impossible_values_add_up_to_nothing(self) -> None:
        response = self.client.post(f"{self.address}check/", self.form(vad_hangover_ms=700))
        self.assertContains(response, "No call can run on these values")


class RestoreTests(ProfilePagesTestCase):
    def test_restoring_publishes_the_old_values_as_a_new_revision(self) -> None:
        self.client.post(self.address, self.form(end_silence_long_ms=1500))
        response = self.client.post(f"{self.address}restore/1/", {"based_on": 2})
        self.assertRedirects(response, f"{self.address}#take-back", fetch_redirect_response=False)
        newest = self.profile.newest
        self.assertEqual((newest.number, newest.note), (3, "Restored r1"))
        assert newest.restored_from is not None
        self.assertEqual(newest.restored_from.number, 1)
        self.assertEqual(newest.values, settings.DEFAULT_KNOBS)

    def test_restoring_replaces_nothing_that_the_operator_has_not_seen(self) -> None:
        self.profile.publish(Profile(barge_in_ms=400), by=None, note="seen")
        self.assertContains(self.client.get(self.address), 'name="based_on" value="2"', 2)
        self.profile.publish(Profile(barge_in_ms=440), by=None, note="not seen")
        response = self.client.post(f"{self.address}restore/1/", {"based_on": 2, "note": "back"})
        self.assertContains(response, "r3 was published", status_code=409)
        self.assertEqual(self.profile.newest.number, 3)
        form = response.context["form"]
        self.assertEqual((form["based_on"].value(), form["note"].value()), (3, "back"))
        self.assertEqual(form.knobs, settings.DEFAULT_KNOBS)

    def test_a_restore_that_does_not_say_what_it_replaces_is_refused(self) -> None:
        self.profile.publish(Profile(barge_in_ms=400), by=None, note="try")
        self.assertEqual(self.client.post(f"{self.address}restore/1/").status_code, 400)
        self.assertEqual(self.profile.newest.number, 2)

    def test_a_revision_that_never_was_is_not_found(self) -> None:
        self.assertEqual(self.client.post(f"{self.address}restore/9/").status_code, 404)


class UseTests(ProfilePagesTestCase):
    def test_new_calls_can_be_moved_to_another_profile(self) -> None:
        brisk = TimingProfile.objects.get(name="brisk")
        self.assertRedirects(self.client.post(f"/en/profiles/{brisk.pk}/use/"), "/en/profiles/")
        self.assertEqual(TimingProfile.objects.get(is_default=True), brisk)


class PermissionTests(ProfilePagesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.force_login(a_person("viewer", "viewer"))

    def test_whoever_may_not_publish_may_look_and_try(self) -> None:
        page = self.client.get(self.address)
        self.assertNotContains(page, "Publish to new calls")
        self.assertContains(self.client.post(f"{self.address}check/", self.form()), "805 ms")

    def test_publishing_restoring_and_choosing_are_refused_in_words(self) -> None:
        for address in (self.address, f"{self.address}restore/1/", f"{self.address}use/"):
            with self.subTest(address=address):
                response = self.client.post(address, self.form())
                self.assertContains(
                    response, "You do not have permission to do this", status_code=403
                )
        self.assertEqual(self.profile.newest.number, 1)
