"""Advice: asked for, shown with its opposite risk, put into a draft, and from there to a replay."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib.auth.models import User
from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import override

from calls.lab.advice import Advice, Step
from calls.lab.comparison import Estimate
from calls.lab.replay import Replay
from dashboard.advice.advice_words import ShownAdvice
from dashboard.models import AuditEvent
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call
from tests.lab.told import an_advice
from tuning.models import Draft, TimingProfile
from tuning.turns.profile import Profile

LONGER = {"more": -12, "wait_ms": 40}
SOONER = {"more": 0, "wait_ms": -100}


def words(html: bytes | str) -> str:
    text = html.decode() if isinstance(html, bytes) else html
    return " ".join(strip_tags(text).split())


class AdviceTestCase(TestCase):
    def setUp(self) -> None:
        self.profile = TimingProfile.objects.get(name="balanced")
        self.person: User = a_person()
        self.client.force_login(self.person)

    def get(self, name: str, *args: object, at: str = "", **headers: str) -> str:
        with override("en"):
            address = reverse(name, args=args) + at
        answer = self.client.get(address, headers=headers)
        self.assertEqual(answer.status_code, HTTPStatus.OK, answer)
        return words(answer.content)

    def post(self, name: str, *args: object, at: str = "", **data: str) -> str:
        """The page that it leads to."""
        with override("en"):
            address = reverse(name, args=args) + at
        answer = self.client.post(address, data, follow=True)
        self.assertEqual(answer.status_code, HTTPStatus.OK, answer)
        return words(answer.content)


class AdvicePageTests(AdviceTestCase):
    def test_what_a_step_brings_stands_beside_what_it_costs(self) -> None:
        one = an_advice(self.profile, end_silence_long_ms__1900=LONGER)
        page = self.get("advice_of", one.pk)
        self.assertIn("Silence after a long utterance +100 ms", page)
        self.assertIn("24 fewer cut-ins a week (12 to 36)", page)
        self.assertIn("+40 ms for the median caller", page)
        self.assertIn("Based on 2,000 turns of 240 calls.", page)
        self.assertIn("Cut-ins are over their target", page)

    def test_a_shorter_wait_stands_beside_its_cut_ins(self) -> None:
        one = an_advice(self.profile, rate=0.004, end_silence_long_ms__1700=SOONER)
        page = self.get("advice_of", one.pk)
        self.assertIn("Silence after a long utterance −100 ms", page)
        self.assertIn("−100 ms for the median caller after a long utterance", page)
        self.assertIn("no more cut-ins a week (between 1 fewer and 1 more)", page)

    def test_none_is_said_to_be_none(self) -> None:
        page = self.get("advice_of", an_advice(self.profile).pk)
        self.assertIn("none serves callers better on both halves", page)

    def test_the_newest_of_a_profile_is_shown(self) -> None:
        self.assertIn("Nobody has asked", self.get("advice", at=f"?of={self.profile.pk}"))
        an_advice(self.profile, end_silence_long_ms__1900=LONGER)
        self.assertIn("24 fewer", self.get("advice", at=f"?of={self.profile.pk}"))
        brisk = TimingProfile.objects.get(name="brisk")
        self.assertIn("Nobody has asked", self.get("advice", at=f"?of={brisk.pk}"))

    def test_asked_for_it_is_worked_out_on_the_last_seven_days(self) -> None:
        for number in range(1, 5):
            a_recorded_call(number)
        a_recorded_call(8 * 24 * 60)
        page = self.post("advice", at=f"?of={self.profile.pk}")
        one = Replay.objects.get(kind=Replay.Kind.ADVICE)
        self.assertEqual((one.state, one.calls, one.profile), ("done", 4, self.profile))
        self.assertIn("Too few turns to advise anything.", page)
        self.assertIn("more turns are needed", page)
        event = AuditEvent.objects.get(action=AuditEvent.Action.REPLAY)
        self.assertEqual((event.who, event.detail["steps"]), (self.person, len(one.candidates)))

    def test_a_filter_for_what_happened_is_not_taken(self) -> None:
        a_recorded_call()
        self.post("advice", at=f"?of={self.profile.pk}", query="cut_ins=on&real=on")
        self.assertEqual(Replay.objects.get().query, "real=on")

    def test_filters_that_make_no_sense_lead_nowhere(self) -> None:
        with override("en"):
            address = reverse("advice")
        answer = self.client.post(address, {"query": "since=never"})
        self.assertEqual(answer.status_code, HTTPStatus.NOT_FOUND)

    def test_a_replay_that_is_advice_leads_to_its_page(self) -> None:
        one = an_advice(self.profile, end_silence_long_ms__1900=LONGER)
        with override("en"):
            answer = self.client.get(reverse("replay", args=[one.pk]), follow=True)
        self.assertIn("24 fewer", words(answer.content))

    def test_no_other_replay_is_advice(self) -> None:
        one = an_advice(self.profile)
        Replay.objects.update(kind=Replay.Kind.REPLAY)
        with override("en"):
            answer = self.client.get(reverse("advice_of", args=[one.pk]))
        self.assertEqual(answer.status_code, HTTPStatus.NOT_FOUND)

    def test_home_points_to_it(self) -> None:
        self.profile.make_default()
        a_recorded_call()
        self.assertNotIn("The lab advises", self.get("home"))
        an_advice(self.profile, end_silence_long_ms__1900=LONGER)
        page = self.get("home")
        self.assertIn("The lab advises: Silence after a long utterance +100 ms", page)
        self.assertIn("24 fewer cut-ins a week", page)
        self.profile.publish(Profile(end_silence_long_ms=1900), by=None, note="as advised")
        self.assertNotIn("The lab advises", self.get("home"))

    def test_viewers_see_none_of_it(self) -> None:
        one = an_advice(self.profile, end_silence_long_ms__1900=LONGER)
        self.profile.make_default()
        self.client.force_login(a_person("viewer", "vera"))
        self.assertNotIn("The lab advises", self.get("home"))
        with override("en"):
            addresses = [
                reverse("advice"), reverse("advice_of", args=[one.pk]), reverse("predictions"),
            ]  # fmt: skip
            posts = [
                reverse("advice"),
                reverse("advice_draft", args=[one.pk, "end_silence_long_ms"]),
            ]
        for address in addresses:
            self.assertEqual(self.client.get(address).status_code, HTTPStatus.FORBIDDEN)
        for address in posts:
            self.assertEqual(self.client.post(address).status_code, HTTPStatus.FORBIDDEN)
        self.assertEqual(Replay.objects.count(), 1)
        self.assertFalse(Draft.objects.exists())


class DraftTests(AdviceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = an_advice(self.profile, end_silence_long_ms__1900=LONGER)

    def put(self, version: str = "", knob: str = "end_silence_long_ms") -> str:
        return self.post("advice_draft", self.one.pk, knob, version=version)

    @property
    def draft(self) -> Draft | None:
        return Draft.of(self.profile, self.person)

    def test_one_click_makes_it_a_draft_and_nothing_is_published(self) -> None:
        page = self.put()
        assert self.draft is not None
        self.assertEqual(self.draft.own, {"end_silence_long_ms": 1900})
        self.assertEqual(self.profile.newest.number, 1)
        self.assertIn("Nothing is published yet", page)
        self.assertIn("in your draft", page)

    def test_one_more_opens_its_replay(self) -> None:
        a_recorded_call()
        self.put()
        page = self.post(
            "replay_new", at=f"?of={self.profile.pk}",
            candidate="draft", newest="500", query=self.one.query,
        )  # fmt: skip
        made = Replay.objects.get(kind=Replay.Kind.REPLAY)
        self.assertEqual(made.candidates[0]["knobs"]["end_silence_long_ms"], 1900)
        self.assertIn("The draft beside", page)

    def test_what_the_draft_changed_before_stays_and_is_said(self) -> None:
        Draft.keep(self.profile, self.person, {"vad_hangover_ms": 260}, based_on=1, version="")
        assert self.draft is not None
        page = self.put(self.draft.version)
        self.assertEqual(self.draft.own, {"vad_hangover_ms": 260, "end_silence_long_ms": 1900})
        self.assertIn("beside 1 other change", page)
        self.assertIn("Your draft changes", page)

    def test_a_draft_that_another_window_changed_is_not_overwritten(self) -> None:
        Draft.keep(self.profile, self.person, {"end_silence_long_ms": 2200}, based_on=1, version="")
        page = self.put("")
        assert self.draft is not None
        self.assertEqual(self.draft.own, {"end_silence_long_ms": 2200})
        self.assertIn("changed in another window", page)

    def test_advice_on_an_older_revision_makes_no_draft(self) -> None:
        self.profile.publish(Profile(end_silence_short_ms=600), by=None, note="meanwhile")
        page = self.put()
        self.assertIsNone(self.draft)
        self.assertIn("Ask for advice again", page)
        self.assertNotIn("Put it into my draft", page)

    def test_before_there_is_a_result_nothing_can_be_drafted(self) -> None:
        Replay.objects.update(result=[], state=Replay.State.RUNNING)
        with override("en"):
            address = reverse("advice_draft", args=[self.one.pk, "end_silence_long_ms"])
        self.assertEqual(self.client.post(address).status_code, HTTPStatus.NOT_FOUND)
        self.assertIsNone(self.draft)

    def test_only_what_is_advised_can_be_drafted(self) -> None:
        with override("en"):
            address = reverse("advice_draft", args=[self.one.pk, "vad_hangover_ms"])
        self.assertEqual(self.client.post(address).status_code, HTTPStatus.NOT_FOUND)


class WordTests(SimpleTestCase):
    def shown(self, **given: object) -> ShownAdvice:
        usual = {
            "step": Step("end_silence_long_ms", 1800, 1880),
            "fewer_cut_ins": True,
            "cut_ins_a_week": Estimate(-12, -20, -5),
            "median_ms": Estimate(40, 20, 60),
            "wait": "p95_long",
            "wait_ms": Estimate(45, 20, 60),
        }
        return ShownAdvice.of(Advice(**usual | given), "fixed")  # type: ignore[arg-type]

    def told(self, **given: object) -> str:
        with override("en"):
            shown = self.shown(**given)
            return strip_tags(f"{shown.title}: {shown.brings}, {shown.costs}.")

    def test_it_reads_as_a_sentence(self) -> None:
        self.assertEqual(
            self.told(),
            "Silence after a long utterance +80 ms: 12 fewer cut-ins a week (5 to 20), +40 ms for "
            "the median caller.",
        )

    def test_and_so_in_hebrew(self) -> None:
        with override("he"):
            shown = self.shown()
            told = strip_tags(f"{shown.title}: {shown.brings}, {shown.costs}.")
        self.assertEqual(
            told,
            "שתיקה אחרי אמירה ארוכה +80 ms: 12 קטיעות פחות בשבוע (5 עד 20), +40 ms בהמתנה "
            "החציונית.",
        )

    def test_who_waits_longest_is_named(self) -> None:
        told = self.told(median_ms=Estimate(0, 0, 0), wait_ms=Estimate(300, 200, 400))
        self.assertIn("0 ms for the median caller, +300 ms for the slowest 5 % after long", told)

    def test_a_step_in_the_other_direction_is_called_by_its_sign(self) -> None:
        told = self.told(
            step=Step("sure_percent", 92, 90), fewer_cut_ins=False, wait="p50_short",
            wait_ms=Estimate(-120, -160, -80), cut_ins_a_week=Estimate(2.4, -0.4, 5.2),
        )  # fmt: skip
        self.assertIn("−2 %: −120 ms for the median caller after a short", told)
        self.assertIn("(−80 to −160)", told)
        self.assertIn("2 more cut-ins a week (between 1 fewer and 6 more)", told)
