"""The lab's pages: asking for a replay, what it found, and one call under a candidate."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.test import TestCase
from django.utils.html import strip_tags

from calls.lab.replay import Candidate, Replay
from calls.models import Call
from dashboard.lab.replay_views import PAGE_REPLAYS
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tests.lab.recorded_calls import a_recorded_call
from tuning.models import Draft, TimingProfile
from tuning.turns.profile import Profile

LONG_PAUSE_MS = 1300
"""Longer than the brisk profile waits, with the time until its answer is heard."""


class LabTestCase(TestCase):
    def setUp(self) -> None:
        self.person = a_person("operator")
        self.client.force_login(self.person)
        self.profile = TimingProfile.objects.get(name="balanced")

    def ask(self, candidate: str = "preset brisk", query: str = "real=on", **data: Any) -> Any:
        address = f"/en/lab/new/?of={self.profile.pk}"
        given = {"candidate": candidate, "query": query, "newest": "200"}
        return self.client.post(address, given | data)

    def replay(self, candidate: str = "preset brisk") -> Replay:
        """One that is done: in tests a task runs at once."""
        response = self.ask(candidate)
        self.assertEqual(response.status_code, 302, response.content.decode())
        return Replay.objects.get(pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])

    def page(self, replay: Replay) -> str:
        return self.client.get(f"/en/lab/{replay.pk}/").content.decode()

    def audit(self) -> list[tuple[str, dict[str, Any]]]:
        found = AuditEvent.objects.order_by("pk").filter(action__contains="replay")
        return [(event.action, event.detail) for event in found]


class AskingTests(LabTestCase):
    def choices(self, query: str = "") -> list[str]:
        response = self.client.get(f"/en/lab/new/?of={self.profile.pk}{query}")
        groups = response.context["form"].fields["candidate"].choices
        return [f"{name}" for _group, own in groups for _value, name in own]

    def test_a_draft_a_preset_and_any_revision_can_be_tried_but_not_what_is_live(self) -> None:
        self.assertNotIn("my draft of this profile", self.choices())
        Draft.keep(self.profile, self.person, {"end_silence_long_ms": 1500}, based_on=1, version="")
        self.profile.publish(Profile(end_silence_short_ms=700), by=None, note="slower")
        found = self.choices()
        for name in ("my draft of this profile", "Brisk", "balanced r1", "unhurried r1"):
            self.assertIn(name, found)
        self.assertNotIn("balanced r2", found)

    def test_it_begins_at_once_is_in_the_audit_and_has_an_address_of_its_own(self) -> None:
        for number in (1, 2, 3):
            a_recorded_call(number)
        replay = self.replay()
        self.assertEqual((replay.state, replay.calls, replay.asked_by), ("done", 3, self.person))
        self.assertEqual(
            self.audit(),
            [("replay", {"candidates": ["preset brisk"], "calls": 3, "replay": replay.pk})],
        )
        self.assertEqual(self.replay(), replay, "asked for again, it is the one that is there")

    def test_the_lists_filters_say_which_calls(self) -> None:
        a_recorded_call(1)
        other = a_recorded_call(2, profile="unhurried")
        query = f"profile={other.profile_id}&real=on"
        page = self.client.get(f"/en/calls/?{query}").content.decode()
        self.assertIn(f"/en/lab/new/?{query.replace('&', '&amp;')}", page)
        page = self.client.get(f"/en/lab/new/?{query}").content.decode()
        self.assertIn("Customers&#x27; calls only", page)
        self.assertIn(f'value="{query.replace("&", "&amp;")}"', page)
        self.assertEqual(self.ask(query=query).status_code, 302)
        self.assertEqual(Replay.objects.get().calls, 1)
        self.assertIn("<bdi>unhurried</bdi>", self.page(Replay.objects.get()))

    def test_without_filters_it_is_the_profiles_own_calls(self) -> None:
        response = self.client.get(f"/en/lab/new/?of={self.profile.pk}")
        self.assertEqual(response.context["query"], f"profile={self.profile.pk}&real=on")

    def test_what_cannot_be_tried_is_said_beside_its_field(self) -> None:
        for data, said in (
            ({"candidate": f"revision {self.profile.newest.pk}"}, "not one of the available"),
            ({"candidate": "draft"}, "not one of the available"),
            ({"query": "since=never"}, "These filters make no sense"),
            ({"newest": "0"}, "greater than or equal to"),
        ):
            with self.subTest(data):
                response = self.ask(**data)
                self.assertContains(response, said, status_code=422)
        same = self.profile.publish(Profile(end_silence_short_ms=700), by=None, note="")
        again = same.profile.revisions.get(number=1).restore(by=None, note="")
        self.assertEqual(again.number, 3)
        first = f"revision {self.profile.revisions.get(number=1).pk}"
        self.assertContains(self.ask(first), "nothing to compare", status_code=422)
        self.assertEqual(Replay.objects.count(), 0)

    def test_no_calls_is_said_before_and_after(self) -> None:
        page = self.client.get("/en/lab/new/").content.decode()
        self.assertIn("No recorded call matches", page)
        self.assertIn("No recorded call matches", self.page(self.replay()))

    def test_an_impossible_address_is_not_found(self) -> None:
        for path in ("new/?of=x", "new/?of=999", "999/", "?before=x"):
            with self.subTest(path):
                self.assertEqual(self.client.get(f"/en/lab/{path}").status_code, 404)

    def test_a_viewer_may_do_none_of_it(self) -> None:
        call = a_recorded_call()
        replay = self.replay()
        self.client.force_login(a_person("viewer", "viewer"))
        for path in ("lab/", "lab/new/", f"lab/{replay.pk}/", f"calls/{call.pk}/tried/"):
            with self.subTest(path):
                self.assertEqual(self.client.get(f"/en/{path}").status_code, 403)
        self.assertEqual(self.ask().status_code, 403)
        self.assertEqual(self.client.post(f"/en/lab/{replay.pk}/stop/").status_code, 403)
        for path in ("calls/", f"calls/{call.pk}/"):
            self.assertNotIn("/lab/", self.client.get(f"/en/{path}").content.decode())
        self.assertEqual(len(self.audit()), 1)


class ResultTests(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.calls = [
            a_recorded_call(number, pause_ms=LONG_PAUSE_MS if number % 4 == 0 else 300)
            for number in range(1, 33)
        ]

    def test_the_first_line_says_it_in_words(self) -> None:
        replay = self.replay()
        line = "On 32 calls of"
        page = strip_tags(self.page(replay))
        self.assertIn(line, page)
        self.assertIn("It would have cut in 8 more times", page)
        self.assertIn(line, strip_tags(self.client.get("/en/lab/").content.decode()))

    def test_tiles_histograms_and_the_turns_that_change(self) -> None:
        response = self.client.get(f"/en/lab/{self.replay().pk}/")
        shown = response.context["shown"]
        tiles = {tile.name: tile.verdict for tile in shown.tiles}
        self.assertEqual((tiles["cut_ins"], tiles["p50_short"]), ("bad", "ok"))
        self.assertFalse(shown.histograms[0][1].is_empty)
        groups = {group.kind: group for group in shown.changed}
        self.assertEqual((groups["cut_in"].count, len(groups["cut_in"].turns)), (8, 8))
        self.assertEqual(len(groups["sooner"].turns), 20)
        turn = groups["cut_in"].turns[0]
        self.assertIsNone(turn.changed.live)
        self.assertIn(f"?turn={turn.changed.turn}#at={turn.play_at}", response.content.decode())
        self.assertEqual(turn.said, "אני רוצה לדעת")

    def test_a_label_of_an_operator_counts(self) -> None:
        Call.objects.get(pk=self.calls[0].pk).turns.filter(number=1).update(label="cut-in")
        shown = self.client.get(f"/en/lab/{self.replay().pk}/").context["shown"]
        self.assertEqual(shown.comparison.before.cut_ins, 1)

    def test_of_a_call_that_is_deleted_no_words_are_left(self) -> None:
        replay = self.replay()
        self.assertIn("אני רוצה לדעת", self.page(replay))
        Call.objects.all().delete()
        page = self.page(replay)
        self.assertNotIn("אני רוצה לדעת", page)
        self.assertIn("The call is deleted because of its age.", page)

    def test_what_a_record_cannot_tell_is_named(self) -> None:
        slow = self.profile.publish(
            Profile(end_silence_long_ms=2500, max_call_s=300), by=None, note=""
        )
        self.profile.revisions.get(number=1).restore(by=None, note="")
        page = strip_tags(self.page(self.replay(f"revision {slow.pk}")))
        self.assertIn("These knobs differ, and a record cannot tell", page)
        self.assertIn("Longest call", page)
        self.assertRegex(page, r"\d+ turns? waits? longer than was recorded")

    def test_calls_that_cannot_be_tried_are_counted_and_linked(self) -> None:
        missing = a_call(99)
        page = self.page(self.replay())
        self.assertIn("could not be tried", page)
        self.assertIn("it has no journal", page)
        self.assertIn(f"/en/calls/{missing.pk}/", page)

    def test_the_draft_is_called_so(self) -> None:
        Draft.keep(self.profile, self.person, {"end_silence_long_ms": 1500}, based_on=1, version="")
        page = strip_tags(self.page(self.replay("draft")))
        self.assertIn("The draft beside balanced r1", page)
        self.assertIn("1,800 ms → 1,500 ms", page)

    def test_the_page_asks_little_of_the_database(self) -> None:
        replay = self.replay()
        with self.assertNumQueries(7):
            self.page(replay)


class ListTests(LabTestCase):
    def test_the_newest_come_first_and_others_when_asked_for(self) -> None:
        for number in range(PAGE_REPLAYS + 3):
            Replay.begin(
                self.profile, [Candidate("balanced r9", Profile(min_speech_ms=40))],
                calls=Call.objects.none(), newest=number + 1, by=self.person,
            )  # fmt: skip
        kind = Replay.Kind.ADVICE
        Replay.begin(
            self.profile, [Candidate("x", Profile())], calls=Call.objects.none(), kind=kind, by=None
        )
        advice = Replay.objects.get(kind=kind)
        self.assertRedirects(
            self.client.get(f"/en/lab/{advice.pk}/"), f"/en/lab/advice/{advice.pk}/"
        )
        page = self.client.get("/en/lab/")
        self.assertEqual(len(page.context["replays"]), PAGE_REPLAYS)
        more = self.client.get(f"/en/lab/?{page.context['more']}", headers={"HX-Request": "true"})
        self.assertEqual(len(more.context["replays"]), 3)
        self.assertTemplateNotUsed(more, "base.html")
        self.assertEqual(more.context["more"], "")

    def test_an_empty_lab_says_what_to_do(self) -> None:
        self.assertContains(self.client.get("/en/lab/"), "Nothing has been tried yet.")


class StopTests(LabTestCase):
    def test_who_stops_it_is_in_the_audit_once(self) -> None:
        a_recorded_call()
        candidates = [Candidate("brisk r1", Profile(end_silence_long_ms=1200))]
        replay = Replay.begin(self.profile, candidates, calls=Call.objects.all(), by=self.person)
        self.assertIn("waiting for a worker", self.page(replay))
        self.assertIn("/ws/en/replays/", self.page(replay))
        for _time in range(2):
            self.client.post(f"/en/lab/{replay.pk}/stop/")
        self.assertEqual(self.audit(), [("stop replay", {"replay": replay.pk})])
        page = self.page(replay)
        self.assertIn("stopped before its end", page)
        self.assertNotIn("/ws/en/replays/", page)

    def test_the_result_comes_as_a_fragment_when_it_is_over(self) -> None:
        a_recorded_call()
        replay = self.replay()
        address = f"/en/lab/{replay.pk}/"
        fragment = self.client.get(address, headers={"HX-Request": "true"})
        self.assertTemplateNotUsed(fragment, "base.html")
        self.assertIn("1 call is too few to say", strip_tags(fragment.content.decode()))


class OneCallTests(LabTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.call = a_recorded_call(pause_ms=LONG_PAUSE_MS)

    def tried(self, candidate: str, **headers: str) -> Any:
        query = urlencode({"candidate": candidate})
        return self.client.get(f"/en/calls/{self.call.pk}/tried/?{query}", headers=headers)

    def test_the_calls_page_leads_there(self) -> None:
        page = self.client.get(f"/en/calls/{self.call.pk}/").content.decode()
        self.assertIn(f"/en/calls/{self.call.pk}/tried/", page)

    def test_each_turn_is_shown_as_it_was_and_as_it_would_have_been(self) -> None:
        response = self.tried("preset brisk")
        first, second, third = response.context["turns"]
        self.assertIsNone(first.recorded)
        self.assertTrue(first.candidate.is_cut_in)
        self.assertEqual((second.sooner_ms, third.sooner_ms), (600, 100))
        page = strip_tags(response.content.decode())
        self.assertIn("goes on listening", page)
        self.assertIn("600 ms sooner", page)
        self.assertEqual(Replay.objects.count(), 0)

    def test_it_comes_as_a_fragment_of_the_calls_page(self) -> None:
        fragment = self.tried("preset brisk", **{"HX-Request": "true"})
        self.assertTemplateNotUsed(fragment, "base.html")
        self.assertContains(fragment, "600")

    def test_what_is_gone_or_cannot_be_tried_is_said(self) -> None:
        for candidate in ("draft", "preset nothing", "revision 99", "revision x", "x"):
            with self.subTest(candidate):
                self.assertContains(self.tried(candidate), "It is not there any more.")
        self.call.journal_parts.all().delete()
        self.assertContains(self.tried("preset brisk"), "it has no journal")
        self.assertNotContains(self.tried(""), "Nothing can be tried")

    def test_a_call_in_progress_is_not_found(self) -> None:
        Call.objects.update(ended_at=None)
        self.assertEqual(self.tried("preset brisk").status_code, 404)
