"""Drafts, presets, differences and undo: what an operator does before and after publishing."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import SimpleTestCase, TestCase
from django.utils import timezone
from django.utils.html import strip_tags

from dashboard.models import AuditEvent
from tests.dashboard.operators import a_person
from tuning.models import UNDO_WITHIN, Draft, Revision, TimingProfile
from tuning.presets import PRESETS
from tuning.turns.profile import KNOB, Profile, problems


class DraftPagesTestCase(TestCase):
    def setUp(self) -> None:
        self.person = a_person("admin")
        self.client.force_login(self.person)
        self.profile = TimingProfile.objects.get(name="balanced")
        self.base = self.profile.newest.values
        self.address = f"/en/profiles/{self.profile.pk}/"

    def form(self, **changed: Any) -> dict[str, Any]:
        """As the window sends it that is open since the draft was saved last."""
        draft = self.draft()
        version = {"version": draft.version if draft else "", "changed": " ".join(changed)}
        whole = asdict(self.profile.newest.values) | (draft.knobs if draft else {}) | version
        whole |= {"note": "", "based_on": 1} | changed
        return {name: value for name, value in whole.items() if value is not False}

    def check(self, **changed: Any) -> str:
        return self.client.post(f"{self.address}check/", self.form(**changed)).content.decode()

    def page(self, query: str = "") -> str:
        return self.client.get(self.address + query).content.decode()

    def draft(self) -> Draft | None:
        return Draft.of(self.profile, self.person)


class SavingTests(DraftPagesTestCase):
    def test_what_is_tried_is_kept_and_is_there_again(self) -> None:
        answer = self.check(end_silence_long_ms=1500)
        self.assertIn("Your draft, saved", answer)
        draft = self.draft()
        assert draft
        self.assertEqual(draft.values, replace(self.base, end_silence_long_ms=1500))
        page = self.page()
        self.assertIn('value="1500"', page)
        self.assertIn("1,800 ms → 1,500 ms", page)

    def test_what_is_as_published_is_no_draft(self) -> None:
        self.check(end_silence_long_ms=1500)
        self.assertIn("The form shows what is published", self.check(end_silence_long_ms=1800))
        self.assertIsNone(self.draft())

    def test_only_what_was_changed_is_kept(self) -> None:
        self.check(end_silence_long_ms=1500)
        self.check(end_silence_short_ms=450)
        draft = self.draft()
        assert draft
        kept = {"end_silence_long_ms": 1500, "end_silence_short_ms": 450}
        self.assertEqual(draft.knobs, kept)

    def test_a_value_that_no_call_may_run_on_is_not_kept_and_not_called_saved(self) -> None:
        answer = self.check(vad_hangover_ms=900)
        self.assertIn("Not saved: one value", answer)
        self.assertNotIn("Your draft, saved", answer)
        self.assertIn('<a href="#id_vad_hangover_ms">', answer)
        self.assertIsNone(self.draft())

    def test_what_else_was_changed_is_kept_beside_an_invalid_value(self) -> None:
        answer = self.check(vad_hangover_ms="much", barge_in_ms=210, end_silence_long_ms=1500)
        self.assertIn("Not saved: 2 values", strip_tags(answer))
        self.assertIn('name="changed" value="vad_hangover_ms barge_in_ms"', answer)
        draft = self.draft()
        assert draft
        self.assertEqual(draft.knobs, {"end_silence_long_ms": 1500})

    def test_two_knobs_that_do_not_fit_are_named_in_one_line(self) -> None:
        answer = self.check(end_silence_long_ms=400)
        self.assertEqual(answer.count("must not be longer than after a long one"), 3)
        self.assertIn('<a href="#id_end_silence_short_ms">', answer)
        self.assertIn("Not saved: one value", answer, "of what was changed")

    def test_a_draft_of_before_a_range_became_narrower_shows_what_is_wrong(self) -> None:
        knobs = asdict(self.base) | {"vad_hangover_ms": 900}
        self.profile.drafts.create(user=self.person, knobs=knobs, based_on=self.profile.newest)
        page = self.page()
        self.assertIn('value="900"', page)
        self.assertIn('<a href="#id_vad_hangover_ms">', page)
        self.assertNotIn("Nothing was published", page)

    def test_each_person_has_a_draft_of_their_own(self) -> None:
        self.check(end_silence_long_ms=1500)
        self.client.force_login(a_person("operator", "noa"))
        self.assertNotIn("1,800 ms → 1,500 ms", self.page())

    def test_a_viewer_may_try_values_and_nothing_is_kept(self) -> None:
        self.client.force_login(a_person("viewer", "noa"))
        self.assertNotIn("Your draft", self.check(end_silence_long_ms=1500))
        self.assertFalse(Draft.objects.exists())

    def test_a_viewer_reads_nowhere_that_a_draft_is_kept(self) -> None:
        self.profile.drafts.create(
            user=a_person("viewer", "noa"), based_on=self.profile.newest,
            knobs={"end_silence_long_ms": 1500},
        )  # fmt: skip
        self.client.force_login(User.objects.get(username="noa"))
        for page in (self.page(), self.page("?preset=double-talk")):
            self.assertIn("nothing is saved", page)
            self.assertNotIn("kept as your draft", page)
            self.assertNotIn("Your draft", page)

    def test_whoever_may_not_publish_reads_who_may(self) -> None:
        a_person("viewer", "or")
        User.objects.create_superuser("root")
        ronit = User.objects.create_user("ronit")
        ronit.user_permissions.add(Permission.objects.get(codename="add_revision"))
        User.objects.create_superuser("gone", is_active=False)
        self.assertNotIn("Who may publish", self.page())
        self.client.force_login(a_person("operator", "noa"))
        page = self.page()
        found = re.search("Who may publish:(.*?)</p>", page, re.DOTALL)
        assert found
        self.assertEqual(re.findall(r"<bdi>(.*?)</bdi>", found[1]), ["dana", "ronit", "root"])

    def test_publishing_ends_the_draft_and_stands_in_the_audit(self) -> None:
        self.check(end_silence_long_ms=1500)
        self.client.post(self.address, self.form(end_silence_long_ms=1500, note="sooner"))
        self.assertIsNone(self.draft())
        event = AuditEvent.objects.get(action=AuditEvent.Action.PUBLISH)
        self.assertEqual(event.what, "balanced r2")
        self.assertEqual(event.detail["changed"], {"end_silence_long_ms": [1800, 1500]})

    def test_a_saving_that_comes_after_its_publication_is_no_draft(self) -> None:
        self.client.post(self.address, self.form(end_silence_long_ms=1500, note="sooner"))
        self.check(end_silence_long_ms=1500)
        self.assertIsNone(self.draft())

    def test_a_draft_is_discarded(self) -> None:
        self.check(end_silence_long_ms=1500)
        draft = self.draft()
        assert draft
        self.client.post(f"{self.address}discard/", {"version": draft.version})
        self.assertIsNone(self.draft())

    def test_a_draft_of_an_older_revision_says_so_and_is_put_on_the_newest(self) -> None:
        self.check(end_silence_long_ms=1500)
        noa = a_person("admin", "noa")
        self.profile.publish(Profile(end_silence_short_ms=450), by=noa, note="meanwhile")
        self.assertIn("Your draft is based on an older revision", self.page())
        self.client.post(f"{self.address}rebase/")
        draft = self.draft()
        assert draft
        self.assertEqual(draft.based_on.number, 2)
        wanted = Profile(end_silence_short_ms=450, end_silence_long_ms=1500)
        self.assertEqual(draft.values, wanted)


class PresetTests(DraftPagesTestCase):
    def test_a_preset_shows_what_it_would_change_before_it_fills_the_draft(self) -> None:
        page = self.page("?preset=double-talk")
        self.assertIn("1,100 ms → 1,400 ms", page)
        self.assertIsNone(self.draft())
        self.client.post(f"{self.address}preset/double-talk/")
        draft = self.draft()
        assert draft
        self.assertEqual(draft.values, replace(self.base, reply_refractory_ms=1400))

    def test_a_preset_leaves_what_else_stands_in_the_draft(self) -> None:
        self.check(end_silence_long_ms=1500)
        draft = self.draft()
        assert draft
        address = f"{self.address}preset/double-talk/"
        self.client.post(address, {"version": draft.version})
        draft = self.draft()
        assert draft
        kept = {"end_silence_long_ms": 1500, "reply_refractory_ms": 1400}
        self.assertEqual(draft.knobs, kept)

    def test_an_unknown_preset_is_not_found(self) -> None:
        self.assertEqual(self.client.post(f"{self.address}preset/slow/").status_code, 404)


class PresetValuesTests(SimpleTestCase):
    def test_every_preset_may_run_on_every_shipped_profile(self) -> None:
        for preset in PRESETS.values():
            self.assertLessEqual(preset.knobs.keys(), KNOB.keys())
            for base in ("adaptive", "balanced"):
                whole = preset.on(PRESETS[base].knobs)
                wrong = [str(each.text.en) for each in problems(whole) if each.is_error]
                self.assertEqual(wrong, [], preset.name)


class DiffTests(DraftPagesTestCase):
    def test_any_two_revisions_are_compared(self) -> None:
        for value in (1600, 1500):
            changed = Profile(end_silence_long_ms=value)
            self.profile.publish(changed, by=self.person, note="try")
        page = self.client.get(f"{self.address}diff/?from=1&to=3").content.decode()
        self.assertIn("1,800 ms", page)
        self.assertIn("1,500 ms", page)
        same = self.client.get(f"{self.address}diff/?from=2&to=2").content.decode()
        self.assertIn("the same values", same)
        for query in ("?from=9", "?from=x"):
            answer = self.client.get(f"{self.address}diff/{query}")
            self.assertEqual(answer.status_code, 404)

    def test_a_revision_is_taken_away_as_json(self) -> None:
        told = self.client.get(f"{self.address}r1.json").json()
        self.assertEqual((told["profile"], told["revision"]), ("balanced", 1))
        self.assertEqual(told["knobs"], asdict(self.base))


class UndoTests(DraftPagesTestCase):
    def publish(self) -> Revision:
        self.client.post(self.address, self.form(end_silence_long_ms=1500, note="sooner"))
        return self.profile.newest

    def undo(self, number: int = 2) -> str:
        address = f"{self.address}undo/{number}/"
        return self.client.post(address, follow=True).content.decode()

    def test_a_publication_of_just_now_is_undone_by_a_new_revision(self) -> None:
        self.publish()
        self.assertIn('id="undo"', self.page())
        self.assertIn("Undone", self.undo())
        newest = self.profile.newest
        self.assertEqual((newest.number, newest.values), (3, self.base))
        self.assertEqual(AuditEvent.objects.filter(action="restore").count(), 1)
        self.assertNotIn('id="undo"', self.page(), "an undo is not itself undone")

    def test_what_was_restored_later_can_itself_be_undone(self) -> None:
        """It puts back what stood two publications ago, too, and yet it is a publication."""
        revision = self.publish()
        long_ago = timezone.now() - UNDO_WITHIN - timedelta(seconds=1)
        Revision.objects.filter(pk=revision.pk).update(published_at=long_ago)
        self.client.post(f"{self.address}restore/1/", {"based_on": 2})
        self.assertIn('id="undo"', self.page())

    def test_after_a_minute_it_is_too_late(self) -> None:
        revision = self.publish()
        long_ago = timezone.now() - UNDO_WITHIN - timedelta(seconds=1)
        Revision.objects.filter(pk=revision.pk).update(published_at=long_ago)
        self.assertNotIn('id="undo"', self.page())
        self.assertIn("Too late to undo", self.undo())
        self.assertEqual(self.profile.newest.number, 2)

    def test_nobody_undoes_what_another_published(self) -> None:
        self.publish()
        self.client.force_login(a_person("admin", "noa"))
        self.assertNotIn('id="undo"', self.page())
        self.assertIn("Too late to undo", self.undo())

    def test_what_was_published_since_is_not_undone_with_it(self) -> None:
        self.publish()
        self.profile.publish(Profile(), by=a_person("admin", "noa"), note="no")
        self.assertIn("Too late to undo", self.undo())


class CopyTests(DraftPagesTestCase):
    def test_a_new_profile_begins_with_the_values_of_another(self) -> None:
        self.client.post(f"{self.address}copy/", {"name": "evenings"})
        made = TimingProfile.objects.get(name="evenings")
        self.assertEqual(made.newest.values, self.profile.newest.values)
        self.assertFalse(made.is_default)

    def test_a_name_that_cannot_be_is_refused_in_words(self) -> None:
        for name, words in (
            ("ערב", "Latin letters"),
            ("balanced", "There is already a profile with this name"),
        ):
            address = f"{self.address}copy/"
            page = self.client.post(address, {"name": name}, follow=True).content.decode()
            self.assertIn(words, page)
