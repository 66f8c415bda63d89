"""One call's page: its course, each turn in detail, labels, and what there is of a recording."""

from __future__ import annotations

import gzip
import json
import tempfile

from django.test import TestCase, override_settings

from calls.measures.timeline import Timeline
from calls.models import Call, JournalPart
from calls.records import post_call, recording
from calls.records.turn import Turn
from dashboard.calls.course import course
from dashboard.models import AuditEvent
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.dashboard.operators import a_person
from tests.fakes import TONE
from tests.script import ScriptedCall
from tuning.turns import journal
from tuning.turns.events import Reply


class CallPageTestCase(TestCase):
    def setUp(self) -> None:
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        given = override_settings(VAR_DIR=kept.name)
        given.enable()
        self.addCleanup(given.disable)
        self.client.force_login(a_person("operator"))
        self.call = a_call(1)
        a_greeting(self.call)
        self.turns = [a_turn(self.call, number) for number in (1, 2, 3)]
        self.address = f"/en/calls/{self.call.pk}/"

    def page(self, query: str = "") -> str:
        return self.client.get(self.address + query).content.decode()


class DetailTests(CallPageTestCase):
    def test_a_turn_without_a_word_says_what_there_was(self) -> None:
        for fields, words in (
            ({}, "The agent was heard for a moment, without a whole word."),
            ({"said": ""}, "The agent was heard for a moment, without a whole word."),
            ({"said": "", "heard_ms": None}, "The agent was not heard."),
            ({"person": "dana"}, "no words were recognised"),
        ):
            Turn.objects.filter(call=self.call, number=1).delete()
            a_turn(self.call, 1, answered="", **fields)
            with self.subTest(fields):
                self.assertEqual(self.page().count(words), 2)  # in the transcript, and in detail
        Turn.objects.filter(call=self.call, number=1).update(person="", said="שלום")
        self.assertNotIn("was not heard", self.page())

    def test_services_are_told_in_words_and_products_keep_their_names(self) -> None:
        self.call.engines = (
            "embedded Whisper base (stand-in) · embedded receptionist (fixed dialogue) "
            "· embedded espeak-ng (development voice)"
        )
        self.call.save()
        page = self.page()
        self.assertIn('embedded <bdi dir="ltr">Whisper base</bdi> (stand-in)', page)
        page = self.client.get(f"/he/calls/{self.call.pk}/").content.decode()
        self.assertIn('<bdi dir="ltr">espeak-ng</bdi>', page)
        for english in ("embedded", "stand-in", "dialogue", "development"):
            self.assertNotIn(english, page)
        Call.objects.update(engines="chirp_3 · <b> · Google voice he-IL-Wavenet-A")
        page = self.client.get(f"/he/calls/{self.call.pk}/").content.decode()
        self.assertIn('<bdi dir="ltr">chirp_3</bdi> · <bdi dir="ltr">&lt;b&gt;</bdi> · ', page)
        self.assertIn('<bdi dir="ltr">he-IL-Wavenet-A</bdi>', page)
        self.assertNotIn("Google voice", page)

    def test_one_turn_is_shown_in_detail_and_every_turn_in_the_transcript(self) -> None:
        page = self.page()
        self.assertEqual(page.count('class="transcript"'), 1)
        self.assertEqual(page.count('<li id="said-'), 4)
        self.assertEqual(page.count('<div class="waterfall"'), 1)
        self.assertIn('data-number="1"', page)
        self.assertIn('data-number="3"', self.page("?turn=3"))

    def test_a_turn_that_is_not_there_is_not_found(self) -> None:
        for query in ("?turn=9", "?turn=x"):
            self.assertEqual(self.client.get(self.address + query).status_code, 404)

    def test_a_turn_comes_as_a_fragment_and_without_htmx_as_its_call(self) -> None:
        address = f"{self.address}turns/2/"
        fragment = self.client.get(address, headers={"HX-Request": "true"})
        self.assertTemplateNotUsed(fragment, "base.html")
        self.assertContains(fragment, 'data-number="2"')
        self.assertEqual(fragment["HX-Replace-Url"], f"{self.address}?turn=2")
        self.assertRedirects(self.client.get(address), f"{self.address}?turn=2")

    def test_the_page_stays_small(self) -> None:
        for number in range(4, 100):
            a_turn(self.call, number)
        self.assertLess(len(self.client.get(self.address).content), 200_000)
        with self.assertNumQueries(9):
            self.client.get(self.address)


class LabelTests(CallPageTestCase):
    def label(self, label: str, **headers: str) -> int:
        address = f"{self.address}turns/2/label/"
        return self.client.post(address, {"label": label}, headers=headers).status_code

    def test_a_label_is_kept_and_the_counts_of_the_call_follow(self) -> None:
        self.assertEqual(self.label("cut-in"), 302)
        self.call.refresh_from_db()
        self.assertEqual(self.call.cut_ins, 1)
        self.label("dropped answer")
        self.call.refresh_from_db()
        self.assertEqual((self.call.cut_ins, self.call.dropped_short), (0, 1))
        self.label("")
        self.call.refresh_from_db()
        self.assertEqual(self.call.dropped_short, 0)

    def test_a_label_stands_in_the_audit_with_what_it_replaced(self) -> None:
        self.label("noise")
        self.label("noise")  # nothing new: no row
        self.label("")
        found = AuditEvent.objects.filter(action="label").order_by("pk")
        self.assertEqual([event.what for event in found], [self.call.call_sid] * 2)
        self.assertEqual(
            [event.detail for event in found],
            [
                {"turn": 2, "before": "", "after": "noise"},
                {"turn": 2, "before": "noise", "after": ""},
            ],
        )

    def test_the_verdict_of_a_turn_follows_its_label_on_the_whole_page(self) -> None:
        Turn.objects.filter(pk=self.turns[1].pk).update(outcome="cut-in")
        marks = ("▲</text>", "data-cut-in", "badge bad", "The caller had not finished")
        page = self.page("?turn=2")
        self.assertEqual([mark for mark in marks if mark not in page], [])
        self.label("fine")
        page = self.page("?turn=2")
        self.assertEqual([mark for mark in marks if mark in page], [])
        self.assertNotIn('<span class="state bad">', page)
        self.label("cut-in")
        Turn.objects.filter(pk=self.turns[1].pk).update(outcome="completed")
        self.assertIn('<span class="state bad">', self.page("?turn=2"))

    def test_labelling_brings_the_marks_of_the_page_anew(self) -> None:
        Turn.objects.filter(pk=self.turns[1].pk).update(outcome="cut-in")
        address = f"{self.address}turns/2/label/"
        asked = {"HX-Request": "true"}
        page = self.client.post(address, {"label": "fine"}, headers=asked).content.decode()
        self.assertIn('<g id="cut-ins" hx-swap-oob="true"></g>', page)
        self.assertIn('<span id="badge-2" class="badge" hx-swap-oob="true">', page)
        page = self.client.post(address, {"label": ""}, headers=asked).content.decode()
        self.assertIn("▲</text></g>", page)
        self.assertIn('<span id="badge-2" class="badge bad" hx-swap-oob="true" data-cut-in>▲', page)

    def test_the_fragment_says_which_label_it_has_and_keeps_the_focus_on_it(self) -> None:
        address = f"{self.address}turns/2/label/"
        asked = {"HX-Request": "true"}
        page = self.client.post(address, {"label": "noise"}, headers=asked).content.decode()
        self.assertIn('aria-pressed="true" autofocus>noise', page)

    def test_only_labels_that_there_are(self) -> None:
        self.assertEqual(self.label("boring"), 404)

    def test_a_viewer_may_not_label(self) -> None:
        self.client.force_login(a_person("viewer", "noa"))
        self.assertEqual(self.label("noise"), 403)
        self.assertNotIn('class="labels"', self.page())


class CourseTests(CallPageTestCase):
    def test_who_spoke_when_stands_on_one_axis(self) -> None:
        found = course(self.call, list(self.call.turns.all()), None)
        assert found
        self.assertEqual([span.kind for span in found.spans].count("caller"), 3)
        self.assertEqual([span.kind for span in found.spans].count("agent"), 4)
        self.assertTrue(all(0 <= span.x <= 100 for span in found.spans))
        self.assertFalse(found.has_voice)

    def test_cut_ins_dropped_answers_and_revisions_are_marked(self) -> None:
        Turn.objects.filter(pk=self.turns[1].pk).update(outcome="cut-in")
        assert self.call.revision
        timeline = Timeline.objects.create(
            call=self.call, length_ms=40_000, voiced=[[8800, 10_100]],
            retuned=[[20_000, self.call.revision.pk]], dropped=[[30_000, 30_380]],
        )  # fmt: skip
        found = course(self.call, list(self.call.turns.all()), timeline)
        assert found
        self.assertEqual([mark.label for mark in found.cut_ins], ["2"])
        self.assertEqual([mark.x for mark in found.dropped], [75.0])
        self.assertEqual([(mark.x, mark.label) for mark in found.revisions], [(50.0, "r1")])
        self.assertIn("cut-in-mark", self.page())

    def test_the_waveform_and_the_bars_have_one_length_whichever_is_longer(self) -> None:
        turns = list(self.call.turns.all())
        timeline = Timeline.objects.create(call=self.call, length_ms=33_000)
        by_turns = course(self.call, turns, timeline)
        recording.write(recording.path_of(self.call), 0, b"\xff" * 2 * 8 * 50_000)
        by_recording = course(self.call, turns, timeline)
        assert by_turns
        assert by_recording
        self.assertEqual(by_turns.length_ms, 33_580)  # the last turn's end
        self.assertEqual(by_recording.length_ms, 50_000)
        starts = [each.spans[-1].x * each.length_ms for each in (by_turns, by_recording)]
        self.assertAlmostEqual(starts[0], starts[1], delta=500)

    def test_the_voice_is_kept_when_the_call_is_settled(self) -> None:
        scripted = ScriptedCall.listening()
        began_ms = scripted.at_ms
        scripted.hear("MMMMMM__MMMM")
        scripted.words("שלום")
        scripted.wait_for(Reply)
        text = "\n".join(map(journal.dump, scripted.entries))
        lines = gzip.compress(text.encode())
        JournalPart.objects.create(call=self.call, number=0, last=0, lines=lines)
        Call.objects.update(settled_at=None)
        post_call.settle(self.call.pk)
        timeline = Timeline.objects.get()
        self.assertEqual(
            timeline.voiced, [[began_ms, began_ms + 600], [began_ms + 800, began_ms + 1200]]
        )
        self.turns[0].refresh_from_db()
        self.assertEqual(self.turns[0].pause_short_ms, 200)
        self.assertIn('class="span voice"', self.page())


class SoundTests(CallPageTestCase):
    def record(self) -> None:
        recording.write(recording.path_of(self.call), 0, TONE * 200)
        recording.make_peaks(self.call)

    def test_the_player_has_its_waveform_and_its_styles_a_nonce(self) -> None:
        self.record()
        response = self.client.get(self.address)
        self.assertContains(response, f'data-audio="{self.address}recording.wav"')
        policy = response["Content-Security-Policy"]
        self.assertIn("style-src 'self' 'nonce-", policy)
        self.assertNotIn("unsafe", policy)
        peaks = b"".join(self.client.get(f"{self.address}peaks.json"))
        self.assertEqual(len(json.loads(peaks)["lanes"]), 2)

    def test_without_a_recording_it_says_why(self) -> None:
        self.assertIn("No recording of this call", self.page())
        self.assertEqual(self.client.get(f"{self.address}peaks.json").status_code, 404)

    def test_a_viewer_may_not_play_a_recording_and_is_told(self) -> None:
        self.record()
        self.client.force_login(a_person("viewer", "noa"))
        self.assertIn("Playing it requires permission to see personal data", self.page())
        self.assertNotIn('id="wave"', self.page())
        for name in ("recording.wav", "peaks.json"):
            self.assertEqual(self.client.get(self.address + name).status_code, 403)

    def test_a_listening_is_noted_once_however_many_parts_are_asked_for(self) -> None:
        self.record()
        for part in ("bytes=0-", "bytes=500-", "bytes=900-1000"):
            self.client.get(f"{self.address}recording.wav", headers={"Range": part})
        event = AuditEvent.objects.get()
        self.assertEqual((event.action, event.what), ("play", self.call.call_sid))
