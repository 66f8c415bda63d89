"""The pages of trials: written down, looked at, ended, published; and where else a trial shows."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from calls.lab.trial_plan import Planning
from calls.measures.trial_call import look
from calls.models import Call
from dashboard.models import AuditEvent
from hevoice import bus
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.operators import a_person
from tests.tuning.trial_rows import LONGER, a_trial, counted
from tests.voice.test_live_sockets import SocketTestCase
from tuning.models import TimingProfile, Trial
from tuning.turns.profile import Profile

State = Trial.State


class PageTestCase(TestCase):
    def setUp(self) -> None:
        self.admin = a_person("admin")
        self.client.force_login(self.admin)
        self.profile = TimingProfile.objects.get(is_default=True)

    def text_of(self, name: str, *args: Any, **query: str) -> str:
        answer = self.client.get(reverse(name, args=args), query)
        self.assertEqual(answer.status_code, HTTPStatus.OK)
        return answer.content.decode()


class NewTests(PageTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in range(1, 41):
            call = a_call(number, profile=self.profile.name, settled_at=timezone.now())
            a_turn(call, 1, span_ms=5000, response_ms=900 + 10 * number)
            outcome = "completed" if number % 4 else "cut-in"
            a_turn(call, 2, span_ms=5000, response_ms=1100, outcome=outcome)

    def post(self, **changed: str) -> Any:
        given = {
            "candidate": "preset unhurried", "name": "slower", "question": "Fewer cut-ins?",
            "share": "20", "decides": "cut-ins", "least_effect": "1.5", "cut_ins_allowed": "1",
            "dropped_allowed": "5", "failed_allowed": "1",
            "ends_on": f"{timezone.localdate() + timedelta(days=20)}",
        }  # fmt: skip
        address = f"{reverse('trial_new')}?of={self.profile.pk}"
        return self.client.post(address, given | changed)

    def test_the_form_computes_the_calls_and_the_days(self) -> None:
        planning = Planning.of(self.profile)
        self.assertEqual(planning.calls, 40)
        self.assertAlmostEqual(planning.figure("cut-ins"), 10 / 80)
        needed = planning.needed("cut-ins", 0.015, 20)
        assert needed
        self.assertEqual(planning.days(needed), -(-needed * 7 // 40))
        page = self.text_of("trial_new", of=f"{self.profile.pk}")
        self.assertIn(f"{needed:,}"[:2], page)
        plan = self.client.post(
            f"{reverse('trial_plan')}?of={self.profile.pk}",
            {"decides": "long", "least_effect": "80", "share": "50"},
        )
        expected = planning.needed("long", 80, 50)
        self.assertContains(plan, f'<bdi dir="ltr">{expected:,}</bdi>')

    def test_a_trial_starts_as_it_was_written_down(self) -> None:
        answer = self.post()
        trial = Trial.objects.get()
        self.assertRedirects(answer, reverse("trial", args=[trial.number]))
        self.assertEqual((trial.share, trial.least_effect, trial.state), (20, 0.015, "running"))
        self.assertEqual((trial.cut_ins_allowed, trial.dropped_allowed), (0.01, 0.05))
        self.assertEqual(trial.calls_needed, Planning.of(self.profile).needed("cut-ins", 0.015, 20))
        self.assertEqual(timezone.localtime(trial.ends_at).hour, 23)
        event = AuditEvent.objects.get(action="trial")
        self.assertEqual((event.who, event.detail["share"]), (self.admin, 20))
        self.assertEqual(self.profile.newest.number, 1)

    def test_what_cannot_be_tried_is_refused_with_its_reason(self) -> None:
        today = f"{timezone.localdate()}"
        for changed in (
            {"share": "60"}, {"share": "5"}, {"least_effect": "0"}, {"least_effect": "80"},
            {"ends_on": today}, {"name": ""}, {"candidate": "draft"}, {"candidate": "revision 1"},
            {"decides": "failed"},
        ):  # fmt: skip
            with self.subTest(changed):
                answer = self.post(**changed)
                self.assertEqual(answer.status_code, HTTPStatus.UNPROCESSABLE_ENTITY)
                self.assertContains(answer, "✕", status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
        self.assertEqual(Trial.objects.count(), 0)

    def test_a_second_one_on_the_profile_is_refused(self) -> None:
        self.post()
        self.assertEqual(self.post().status_code, HTTPStatus.UNPROCESSABLE_ENTITY)
        self.assertEqual(Trial.objects.count(), 1)

    def test_with_few_calls_nothing_can_be_computed_and_nothing_starts(self) -> None:
        Call.objects.filter(pk__gt=Call.objects.order_by("pk")[19].pk).delete()
        self.assertIsNone(Planning.of(self.profile).needed("cut-ins", 0.015, 20))
        self.assertEqual(self.post().status_code, HTTPStatus.UNPROCESSABLE_ENTITY)


class OneTrialTests(PageTestCase):
    def decided(self) -> Trial:
        trial = a_trial()
        counted(trial, 100, candidate=False, cut_ins=1)
        counted(trial, 100, candidate=True)
        look(trial)
        trial.refresh_from_db()
        return trial

    def test_it_shows_both_sides_what_is_missing_and_why_it_may_be_looked_at(self) -> None:
        trial = a_trial()
        page = self.text_of("trial", trial.number)
        self.assertIn("Are fewer callers cut in on?", page)
        self.assertIn('<bdi dir="ltr">1,000</bdi>', page)
        counted(trial, 60, candidate=False, cut_ins=1)
        counted(trial, 60, candidate=True, cut_ins=1, dropped_short=1)
        page = self.text_of("trial", trial.number)
        self.assertIn('<bdi dir="ltr">880</bdi>', page)
        self.assertIn("13.3", page)  # four of five calls with one cut-in in six turns
        self.assertIn('class="curve"', page)
        self.assertIn('<bdi dir="ltr">5</bdi>', page)

    def test_before_any_call_it_is_a_page_all_the_same(self) -> None:
        self.assertNotIn('class="curve"', self.text_of("trial", a_trial().number))

    def test_ending_by_hand_needs_a_reason_and_is_audited(self) -> None:
        trial = a_trial()
        address = reverse("trial_end", args=[trial.number])
        self.assertEqual(self.client.post(address).status_code, HTTPStatus.UNPROCESSABLE_ENTITY)
        self.client.post(address, {"reason": "a holiday"})
        trial.refresh_from_db()
        self.assertEqual((trial.state, trial.reason), (State.HAND, "a holiday"))
        self.assertEqual(AuditEvent.objects.get(action="trial").detail["note"], "a holiday")
        self.assertIn("a holiday", self.text_of("trial", trial.number))
        self.client.post(address, {"reason": "again"})
        trial.refresh_from_db()
        self.assertEqual(trial.reason, "a holiday")

    def test_the_winner_is_published_with_one_click(self) -> None:
        trial = self.decided()
        self.assertEqual(trial.state, State.CANDIDATE)
        address = reverse("trial_publish", args=[trial.number])
        self.assertIn(address, self.text_of("trial", trial.number))
        self.client.post(address)
        newest = self.profile.newest
        self.assertEqual((newest.number, newest.values), (2, LONGER))
        self.assertIn("Are fewer callers cut in on?", newest.note)
        self.assertIn("r2", self.text_of("trial", trial.number))
        self.client.post(address)
        self.assertEqual(self.profile.newest, newest)

    def test_every_way_to_end_has_its_words(self) -> None:
        trial = self.decided()
        for state in State:
            with self.subTest(state):
                Trial.objects.filter(pk=trial.pk).update(state=state, ended_over="cut-ins")
                self.assertIn("first-line", self.text_of("trial", trial.number))

    def test_the_audit_says_what_ended_it_in_words(self) -> None:
        self.decided()
        page = self.text_of("audit")
        self.assertIn(f"{State.CANDIDATE.label}", page)
        self.assertIn(f"{Trial.Measure.CUT_INS.label}", page)

    def test_an_operator_may_look_and_change_nothing(self) -> None:
        trial = self.decided()
        self.client.force_login(a_person("operator", "noa"))
        page = self.text_of("trial", trial.number)
        self.assertNotIn(reverse("trial_publish", args=[trial.number]), page)
        self.assertIn("longer silence", self.text_of("trials"))


@async_to_sync
async def all_of(parts: Any) -> list[bytes]:
    return [part async for part in parts]


class ElsewhereTests(PageTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.trial = a_trial()
        self.theirs = a_call(
            1, trial=self.trial, runs_candidate=True, revision=self.trial.candidate
        )
        self.other = a_call(2, trial=self.trial, runs_candidate=False)
        self.none = a_call(3)

    def found(self, **query: str) -> list[int]:
        page = self.text_of("calls", **query)
        calls = (self.theirs, self.other, self.none)
        return [call.pk for call in calls if f'id="call-{call.pk}"' in page]

    def test_calls_are_found_by_trial_and_side(self) -> None:
        of = {"trial": f"{self.trial.pk}"}
        self.assertEqual(self.found(**of), [self.theirs.pk, self.other.pk])
        self.assertEqual(self.found(**of, side="candidate"), [self.theirs.pk])
        self.assertEqual(self.found(**of, side="live"), [self.other.pk])
        answer = self.client.get(reverse("calls"), {"side": "live"})
        self.assertEqual(answer.status_code, HTTPStatus.UNPROCESSABLE_ENTITY)

    def test_an_export_names_the_trial_and_the_side(self) -> None:
        answer = self.client.get(reverse("calls_export", args=["csv"]))
        text = b"".join(all_of(answer.streaming_content)).decode()  # type: ignore[attr-defined]
        rows = [
            (row["revision"], row["trial"], row["trial_side"])
            for row in csv.DictReader(io.StringIO(text))
        ]
        self.assertEqual(rows, [("t1", "1", "candidate"), ("1", "1", "live"), ("1", "", "")])

    def test_a_calls_page_names_its_candidate(self) -> None:
        page = self.text_of("call", self.theirs.pk)
        self.assertIn(reverse("trial", args=[1]), page)
        self.assertIn('<bdi dir="ltr">t1</bdi>', page)

    def test_home_and_the_live_page_say_that_it_runs_and_that_a_guard_stopped_it(self) -> None:
        for name in ("home", "live"):
            self.assertIn("longer silence", self.text_of(name))
        self.trial.end(State.GUARD, over="cut-ins")
        for name in ("home", "live"):
            self.assertIn("notice bad", self.text_of(name))
        ended_at = timezone.now() - timedelta(days=9)
        Trial.objects.update(ended_at=ended_at)
        self.assertNotIn("longer silence", self.text_of("home"))

    def test_the_profiles_page_asks_before_a_publication_ends_it(self) -> None:
        address = reverse("profile", args=[self.profile.pk])
        self.assertIn('name="ends_trial"', self.text_of("profile", self.profile.pk))
        knobs = {
            name: value
            for name, value in {**self.profile.newest.knobs, "end_silence_long_ms": 1250}.items()
            if value is not False
        }
        given = knobs | {"note": "shorter", "based_on": "1"}
        refused = self.client.post(address, given)
        self.assertEqual(refused.status_code, HTTPStatus.CONFLICT)
        self.assertEqual(self.profile.newest.number, 1)
        self.client.post(address, given | {"ends_trial": "1"})
        self.assertEqual(self.profile.newest.number, 2)
        self.trial.refresh_from_db()
        self.assertEqual((self.trial.state, self.trial.ended_by), (State.PUBLICATION, self.admin))

    def test_a_candidate_is_in_no_history(self) -> None:
        self.assertNotIn(">t1<", self.text_of("profile", self.profile.pk))
        diff = self.client.get(reverse("profile_diff", args=[self.profile.pk]), {"to": "2"})
        self.assertEqual(diff.status_code, HTTPStatus.NOT_FOUND)


class LiveSocketTests(SocketTestCase):
    async def test_the_live_page_is_told_of_a_trial_that_starts_or_ends(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await get_channel_layer().group_send(bus.TRIALS, {"type": "trial.changed"})
        self.assertIn('id="trial-news"', await socket.receive_from())
        await socket.disconnect()

    async def test_a_call_on_the_candidates_side_says_so(self) -> None:
        socket = await self.connect()
        await socket.receive_from()
        await self.tell_call(runs_candidate=True, revision=3, trial=3)
        row = await socket.receive_from()
        self.assertIn(">t3<", row)
        self.assertIn("candidate", row)
        await socket.disconnect()


class ProfileTest(TestCase):
    def test_a_trial_may_be_of_any_profile(self) -> None:
        self.assertEqual(a_trial(Profile(), profile="brisk").profile.name, "brisk")
