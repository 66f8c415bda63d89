"""The lab beside a profile's form: its verdict on the draft, and on each place of the questions."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import timezone

from calls.lab.replay import Candidate, Replay, ReplayPart
from calls.models import Call
from dashboard.lab.candidates import DRAFT
from dashboard.models import AuditEvent
from dashboard.profiles import lab_beside
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import Draft, TimingProfile
from tuning.simple import PLACES, QUESTIONS
from tuning.turns.profile import SHIPPED, Profile

LATE_MS = 1150
"""A pause in which an answer that comes a little sooner than the live one is heard."""
ROW = re.compile(r'<div id="predicted-(\w+)".*?</ol></div>', re.S)
BRISK = Profile(**SHIPPED["brisk"])


class LabBesideTestCase(TestCase):
    calls = 0

    @classmethod
    def setUpTestData(cls) -> None:
        for number in range(1, cls.calls + 1):
            a_recorded_call(number, pause_ms=300 if number % 2 else LATE_MS)

    def setUp(self) -> None:
        self.person = a_person("operator")
        self.client.force_login(self.person)
        self.profile = TimingProfile.objects.get(name="balanced")
        self.address = f"/en/profiles/{self.profile.pk}/"

    def draft(self, by: User | None = None, **knobs: Any) -> None:
        draft = Draft.of(self.profile, by or self.person)
        version = draft.version if draft else ""
        Draft.keep(self.profile, by or self.person, knobs, based_on=1, version=version)

    def verdict(self) -> str:
        return self.client.post(f"{self.address}verdict/").content.decode()

    def places(self) -> str:
        return self.client.post(f"{self.address}places/").content.decode()

    def under_way(self, *candidates: Candidate, by: User | None = None) -> Replay:
        """One that another worker is at."""
        return Replay.begin(
            self.profile,
            candidates,
            calls=Call.objects.all(),
            query=lab_beside.calls_of(self.profile),
            kind=Replay.Kind.FORM,
            by=by or self.person,
        )


class VerdictTests(LabBesideTestCase):
    calls = 32

    def test_it_says_in_a_sentence_and_in_figures_what_the_draft_would_have_done(self) -> None:
        self.draft(end_silence_short_ms=350, min_utterance_ms=400)
        said = self.verdict()
        (replay,) = Replay.objects.all()
        self.assertEqual((replay.kind, replay.newest, replay.calls), ("form", 200, 32))
        self.assertIn("the draft would have been heard", said)
        self.assertIn("It would have cut in", said)
        for title in ("Turns that were cut in on", "short utterances, median", "Dropped short"):
            self.assertIn(title, said)
        self.assertRegex(said, r"0\.0 → \d+\.\d %")
        self.assertIn(f'href="/en/lab/{replay.pk}/"', said)
        self.assertEqual(self.client.get(f"/en/lab/{replay.pk}/").status_code, 200)

    def test_every_saved_draft_asks_for_it_and_without_one_the_page_says_what_to_do(self) -> None:
        page = self.client.get(self.address).content.decode()
        section = page.partition('id="verdict"')[2].partition("</section>")[0]
        self.assertIn('hx-trigger="checked from:body delay:1s"', section)
        self.assertIn("Change something", section)
        form = {name: getattr(Profile(), name) for name in Profile.__slots__}
        answer = self.client.post(f"{self.address}check/", form | {"based_on": 1})
        self.assertEqual(answer.headers["HX-Trigger"], "checked")
        self.assertIn("Change something", self.verdict())
        self.draft(end_silence_short_ms=350)
        page = self.client.get(self.address).content.decode()
        self.assertIn('hx-trigger="load, checked from:body delay:1s"', page)
        self.assertFalse(Replay.objects.exists())

    def test_the_same_draft_is_tried_once(self) -> None:
        self.draft(end_silence_short_ms=350)
        self.assertEqual(self.verdict(), self.verdict())
        self.assertEqual(Replay.objects.count(), 1)

    def test_while_it_is_worked_on_the_page_says_so_and_asks_again(self) -> None:
        self.draft(end_silence_short_ms=350)
        draft = Draft.of(self.profile, self.person)
        assert draft
        assert draft.values
        replay = self.under_way(Candidate(DRAFT, draft.values))
        ReplayPart.objects.update(claimed_at=timezone.now(), attempts=1)
        said = self.verdict()
        self.assertEqual(Replay.objects.get(), replay)
        self.assertIn("Working…", said)
        self.assertIn('<bdi dir="ltr">32</bdi> recorded calls', said)
        self.assertIn('hx-trigger="load delay:2s"', said)

    def test_the_newest_draft_wins(self) -> None:
        older = self.under_way(Candidate(DRAFT, BRISK))
        another = self.under_way(
            Candidate(DRAFT, BRISK), Candidate("x", BRISK), by=a_person("operator", "noa")
        )
        places = self.under_way(Candidate("thinkers 1", BRISK))
        self.draft(end_silence_short_ms=350)
        self.verdict()
        states = {replay.pk: replay.state for replay in Replay.objects.all()}
        self.assertEqual(states.pop(older.pk), "stopped")
        self.assertEqual([states.pop(each.pk) for each in (another, places)], ["waiting"] * 2)
        self.assertEqual(list(states.values()), ["done"])

    def test_a_draft_that_is_as_published_again_stops_it(self) -> None:
        older = self.under_way(Candidate(DRAFT, BRISK))
        self.verdict()
        older.refresh_from_db()
        self.assertEqual(older.state, "stopped")

    def test_what_the_lab_cannot_judge_is_said(self) -> None:
        self.draft(filler_after_ms=1200)
        said = self.verdict()
        self.assertIn("The lab cannot judge what your draft changes", said)
        self.assertIn("Filler after", said)
        self.assertFalse(Replay.objects.exists())
        self.draft(end_silence_short_ms=350)
        said = self.verdict()
        self.assertIn("Without the effect of", said)
        self.assertIn("Filler after", said)
        self.assertIn("would have been heard", said)

    def test_what_has_no_effect_under_the_rule_is_not_tried(self) -> None:
        self.draft(stable_ms=120)
        self.assertIn("has no effect under this rule", self.verdict())
        self.assertFalse(Replay.objects.exists())

    def test_a_draft_on_which_no_call_may_run_is_not_tried(self) -> None:
        Draft.objects.create(
            profile=self.profile,
            user=self.person,
            knobs={"max_call_s": 9},
            based_on=self.profile.newest,
        )
        self.assertIn("cannot try your draft", self.verdict())
        self.assertFalse(Replay.objects.exists())

    def test_it_is_nothing_for_the_audit(self) -> None:
        self.draft(end_silence_short_ms=350)
        self.verdict()
        self.assertFalse(AuditEvent.objects.filter(action=AuditEvent.Action.REPLAY).exists())

    def test_whoever_may_only_look_is_not_shown_it(self) -> None:
        self.client.force_login(a_person("viewer", "viewer"))
        page = self.client.get(self.address).content.decode()
        for part in ('id="verdict"', 'id="places"', 'id="ask-places"', 'class="predicted"'):
            self.assertNotIn(part, page)
        for address in ("verdict/", "places/"):
            answer = self.client.post(f"{self.address}{address}")
            self.assertEqual(answer.status_code, 403)


class FewCallsTests(LabBesideTestCase):
    calls = 3

    def test_too_few_calls_give_no_number(self) -> None:
        self.draft(end_silence_short_ms=350)
        said = self.verdict()
        self.assertIn("calls are too few to say", said)
        self.assertNotIn("verdict-figures", said)
        said = self.places()
        self.assertIn("recorded calls are too few to predict them", said)
        self.assertEqual(ROW.findall(said), [])

    def test_no_calls_at_all_is_said(self) -> None:
        Call.objects.all().delete()
        self.draft(end_silence_short_ms=350)
        for said in (self.verdict(), self.places()):
            self.assertIn("There are no recorded calls yet", said)

    def test_test_calls_are_nobody_s(self) -> None:
        Call.objects.update(caller=Call.TEST_CALLER)
        self.draft(end_silence_short_ms=350)
        self.assertIn("There are no recorded calls yet", self.verdict())

    def test_a_profile_without_calls_is_tried_on_those_of_all(self) -> None:
        brisk = TimingProfile.objects.get(name="brisk")
        self.assertEqual(lab_beside.calls_of(brisk), "real=on")
        self.assertEqual(lab_beside.calls_of(self.profile), f"profile={self.profile.pk}&real=on")


class PlacesTests(LabBesideTestCase):
    calls = 32

    def test_each_place_has_its_predicted_cut_ins(self) -> None:
        said = self.places()
        rows = {row.group(1): row.group(0) for row in ROW.finditer(said)}
        self.assertEqual(list(rows), [question.name for question in QUESTIONS])
        for row in rows.values():
            self.assertEqual(len(re.findall(r"<strong>.*? %</bdi></strong>", row)), PLACES)
            self.assertIn('data-rules="fixed"', row)
        shares = [float(each) for each in re.findall(r"ltr\">([\d.]+) %", rows["answers"])]
        self.assertEqual(shares, sorted(shares))
        self.assertGreater(shares[-1], shares[0])
        self.assertIn("on your newest", said)
        self.assertNotIn("hx-trigger", said)

    def test_a_place_that_is_live_is_as_it_was(self) -> None:
        self.places()
        (replay,) = Replay.objects.all()
        self.assertEqual(len(replay.candidates), len(QUESTIONS) * (PLACES - 1))
        live = replay.result[0]["comparison"]["figures"]["cut_ins"]["before"]["value"]
        for one in lab_beside.predicted(replay):
            _word, estimate = one.places[2]
            assert estimate
            self.assertEqual(estimate.value, live)

    def test_the_figures_are_kept_for_a_day_and_for_their_revision(self) -> None:
        self.places()
        Replay.objects.update(asked_at=timezone.now() - lab_beside.KEPT_FOR / 2)
        self.draft(end_silence_short_ms=350)
        self.places()
        self.assertEqual(Replay.objects.count(), 1)
        self.profile.publish(BRISK, by=None, note="try")
        self.places()
        self.assertEqual(Replay.objects.count(), 2)
        Replay.objects.update(asked_at=timezone.now() - lab_beside.KEPT_FOR)
        self.places()
        self.assertEqual(Replay.objects.count(), 3)

    def test_while_they_are_tried_the_page_says_so_and_asks_again(self) -> None:
        replay = self.under_way(*lab_beside.candidates_of(self.profile.newest))
        said = self.places()
        self.assertIn("so far", said)
        self.assertIn('hx-trigger="load delay:3s"', said)
        self.assertEqual(Replay.objects.get(), replay)

    def test_a_place_that_contradicts_another_knob_is_not_known(self) -> None:
        knobs = {"end_silence_short_ms": 1400, "end_silence_long_ms": 2000}
        self.profile.publish(Profile(**knobs), by=None, note="slow")  # type: ignore[arg-type]
        said = self.places()
        row = next(row.group(0) for row in ROW.finditer(said) if row.group(1) == "thinkers")
        self.assertEqual(row.count("<strong>"), PLACES - 1)
        self.assertIn("very briefly:</span> –", row.replace("<bdi>", "").replace("</bdi>", ""))

    def test_they_are_of_the_published_rule(self) -> None:
        self.draft(endpointing="adaptive")
        said = self.places()
        self.assertIn('<p data-rules="adaptive" hidden>', said)
