"""Two windows of one person: neither overwrites what the other has saved."""

from __future__ import annotations

from typing import Any

from tests.tuning.test_drafts import DraftPagesTestCase


class StaleWindowTests(DraftPagesTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.check(end_silence_long_ms=1500)
        self.stale = self.form()
        self.check(end_silence_long_ms=1600)

    def kept(self) -> dict[str, Any]:
        draft = self.draft()
        return draft.knobs if draft else {}

    def test_what_another_window_saved_is_not_overwritten_and_both_are_shown(self) -> None:
        stale = self.stale | {"end_silence_long_ms": 1700, "changed": "end_silence_long_ms"}
        response = self.client.post(f"{self.address}check/", stale)
        self.assertEqual(response.status_code, 409)
        for words in ("1,600 ms", "1,700 ms", "another window"):
            self.assertContains(response, words, status_code=409)
        self.assertNotContains(response, "Your draft, saved", status_code=409)
        self.assertEqual(self.kept(), {"end_silence_long_ms": 1600})

    def test_a_window_that_shows_what_is_saved_is_not_stale(self) -> None:
        same = self.stale | {"end_silence_long_ms": 1600, "changed": "end_silence_long_ms"}
        response = self.client.post(f"{self.address}check/", same)
        self.assertContains(response, "Your draft, saved")

    def test_a_window_s_own_save_whose_answer_was_lost_does_not_make_it_stale(self) -> None:
        self.check(end_silence_long_ms=1500, window="mine")
        later = {"end_silence_long_ms": 1400, "changed": "end_silence_long_ms", "window": "mine"}
        response = self.client.post(f"{self.address}check/", self.stale | later)
        self.assertContains(response, "Your draft, saved")
        self.assertEqual(self.kept(), {"end_silence_long_ms": 1400})

    def test_publishing_from_it_is_refused_and_the_draft_stays(self) -> None:
        response = self.client.post(self.address, self.stale | {"note": "unaware"})
        self.assertContains(response, "1,600 ms", status_code=409)
        self.assertEqual(self.profile.newest.number, 1)
        self.assertEqual(self.kept(), {"end_silence_long_ms": 1600})

    def test_discarding_and_presets_from_it_are_refused_too(self) -> None:
        for name in ("discard", "preset/double-talk"):
            version = {"version": self.stale["version"]}
            response = self.client.post(f"{self.address}{name}/", version, follow=True)
            self.assertContains(response, "changed in another window")
            self.assertEqual(self.kept(), {"end_silence_long_ms": 1600})

    def test_a_draft_that_is_gone_is_not_begun_again_in_silence(self) -> None:
        draft = self.draft()
        assert draft
        later = self.form(end_silence_short_ms=450)
        self.client.post(f"{self.address}discard/", {"version": draft.version})
        response = self.client.post(f"{self.address}check/", later)
        self.assertContains(response, "published or discarded", status_code=409)
        self.assertIsNone(self.draft())
