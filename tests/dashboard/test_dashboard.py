"""The pages that look: who may see them, what they say, in which language."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import TestCase
from django.utils import translation

from calls.models import Call, Turn
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tuning.models import TimingProfile


class SignedInTestCase(TestCase):
    def setUp(self) -> None:
        self.operator = User.objects.create_superuser("dana", password="a long enough one")
        self.client.force_login(self.operator)

    def page(self, address: str, language: str = "en") -> str:
        response = self.client.get(f"/{language}/{address}")
        self.assertEqual(response.status_code, 200)
        return response.content.decode()


class AccessTests(TestCase):
    def test_a_fragment_asked_for_without_a_sign_in_makes_the_page_ask_for_one(self) -> None:
        response = self.client.get("/he/calls/", headers={"HX-Request": "true"})
        self.assertEqual(response.headers["HX-Refresh"], "true")


class LanguageTests(SignedInTestCase):
    def test_the_browser_s_preference_does_not_choose_the_language(self) -> None:
        response = self.client.get("/", headers={"Accept-Language": "en-US,en"})
        self.assertRedirects(response, "/he/", fetch_redirect_response=False)
        response = self.client.get("/calls/", headers={"Accept-Language": "en"})
        self.assertRedirects(response, "/he/calls/", fetch_redirect_response=False)

    def test_a_language_once_chosen_is_kept_and_the_page_stays(self) -> None:
        chosen = {"language": "en", "next": "/he/latencies/?profile=1"}
        response = self.client.post("/i18n/setlang/", chosen)
        self.assertRedirects(response, "/en/latencies/?profile=1", fetch_redirect_response=False)
        response = self.client.get("/")
        self.assertRedirects(response, "/en/", fetch_redirect_response=False)

    def test_hebrew_pages_run_from_right_to_left(self) -> None:
        self.assertIn('<html lang="he" dir="rtl">', self.page("calls/", "he"))
        self.assertIn('<html lang="en" dir="ltr">', self.page("calls/", "en"))

    def test_the_theme_of_the_cookie_is_painted_by_the_server(self) -> None:
        self.client.cookies["theme"] = "dark"
        self.assertIn('data-theme="dark"', self.page("calls/"))
        self.client.cookies["theme"] = '"><script>'
        self.assertNotIn("data-theme", self.page("calls/"))

    def test_nothing_on_a_page_needs_more_than_the_strict_policy_allows(self) -> None:
        call = a_call()
        a_turn(call)
        for address in ("calls/", f"calls/{call.pk}/", "latencies/", "profiles/", "profiles/1/"):
            page = self.page(address)
            for forbidden in (" style=", " onclick=", "<style", "javascript:", "//cdn"):
                self.assertNotIn(forbidden, page, address)


class CallsTests(SignedInTestCase):
    def test_without_calls_the_page_says_what_to_do(self) -> None:
        self.assertIn("make call", self.page("calls/"))

    def test_a_finished_call_is_told_in_a_row(self) -> None:
        call = a_call(7)
        a_greeting(call)
        a_turn(call, 1, response_ms=900)
        a_turn(call, 2, response_ms=2340)
        page = self.page("calls/")
        for expected in ("+97250•••••07", "1:05", "2,340 ms", "the caller hung up", "r1"):
            self.assertIn(expected, page)
        self.assertIn('<td class="figure" data-label="Turns"><bdi dir="ltr">2</bdi>', page)
        self.assertIn(f'href="/en/calls/{call.pk}/"', page)

    def test_the_whole_number_of_a_caller_is_on_their_calls_page_only(self) -> None:
        call = a_call(7, caller="+972501234567")
        self.assertNotIn("972501234567", self.page("calls/"))
        self.assertEqual(self.page(f"calls/{call.pk}/").count("972501234567"), 1)

    def test_a_call_in_progress_is_not_among_the_finished(self) -> None:
        call = a_call(ended_at=None, ended_why="")
        self.assertNotIn(f"/calls/{call.pk}/", self.page("calls/"))

    def test_more_calls_come_as_a_fragment_and_none_is_lost_or_shown_twice(self) -> None:
        calls = [a_call(number) for number in range(1, 61)]
        address, seen = "/en/calls/", []
        for _page in range(3):
            response = self.client.get(address, headers={"HX-Request": "true"})
            self.assertTemplateNotUsed(response, "base.html")
            seen += [call.pk for call in response.context["calls"]]
            address = f"/en/calls/?{response.context['more']}"
        self.assertEqual(seen, [call.pk for call in calls])
        self.assertEqual(response.context["more"], "")

    def test_calls_that_come_meanwhile_do_not_shift_the_next_page(self) -> None:
        calls = [a_call(number) for number in range(1, 31)]
        more = self.client.get("/en/calls/").context["more"]
        a_call(0)
        response = self.client.get(f"/en/calls/?{more}")
        self.assertEqual(
            [call.pk for call in response.context["calls"]], [c.pk for c in calls[25:]]
        )

    def test_a_broken_place_in_the_list_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/en/calls/?before=x~y").status_code, 404)

    def test_the_list_costs_the_same_few_queries_whatever_its_length(self) -> None:
        for number in range(1, 20):
            a_turn(a_call(number))
        with self.assertNumQueries(9):
            self.client.get("/en/calls/")


class CallTests(SignedInTestCase):
    def test_the_frames_are_accounted_for(self) -> None:
        page = self.page(f"calls/{a_call().pk}/")
        self.assertIn("adds up:", page)
        self.assertNotIn("does not add up:", page)
        self.assertIn("timestamp out of order", page)

    def test_frames_that_do_not_add_up_are_said(self) -> None:
        page = self.page(f"calls/{a_call(frames_in=4000).pk}/")
        self.assertIn("does not add up:", page)

    def test_a_turn_is_shown_with_its_words_rule_and_outcome(self) -> None:
        call = a_call()
        a_turn(call)
        page = self.page(f"calls/{call.pk}/")
        for expected in (
            '<span dir="auto">אני רוצה לקבוע תור ליום שלישי</span>',
            "chosen from 5",
            "a short utterance, then silence",
            "completed",
            '<strong><bdi dir="ltr">1,180 ms</bdi></strong>',
        ):
            self.assertIn(expected, page)

    def test_every_latency_stands_in_the_table(self) -> None:
        call = a_call()
        a_turn(call)
        page = self.page(f"calls/{call.pk}/")
        for label, value in (
            ("Response latency", 1180),
            ("End-of-turn delay", 720),
            ("Transcription delay", 340),
            ("LLM, first token", 209),
            ("LLM, first sentence", 259),
            ("TTS, first byte", 190),
            ("Turn latency", 460),
            ("TURN_LATENCY (field)", 260),
            ("Heard", 1310),
        ):
            with self.subTest(label=label):
                row = page.split(f"<bdi>{label}</bdi></th>")[1].split("</td>")[0]
                self.assertIn(f"{value:,} ms", row)

    def test_words_that_fitted_nothing_expected_are_marked_as_not_understood(self) -> None:
        call = a_call()
        a_turn(call, chosen_from=0)
        self.assertIn("not understood", self.page(f"calls/{call.pk}/"))

    def test_a_turn_says_what_the_transcriber_lost_and_nothing_if_that_is_nothing(self) -> None:
        call, sound = a_call(1), a_call(2)
        a_turn(call, frames_dropped=75, transcriber_replaced=1)
        a_turn(sound)
        notices = ('did not keep up: <bdi dir="ltr">1,500 ms</bdi>', "and was replaced.")
        for shown in notices:
            self.assertIn(shown, self.page(f"calls/{call.pk}/"))
            self.assertNotIn(shown[-12:], self.page(f"calls/{sound.pk}/"))
        self.assertIn("לא הביא מילים למרות שדיברו", self.page(f"calls/{call.pk}/", "he"))

    def test_an_unknown_rule_is_shown_as_it_is(self) -> None:
        call = a_call()
        a_turn(call, why="a rule of tomorrow")
        self.assertIn("a rule of tomorrow", self.page(f"calls/{call.pk}/", "he"))

    def test_a_turn_without_any_moment_is_shown_without_a_chart(self) -> None:
        call = a_call()
        Turn.objects.create(call=call, number=1, why="short silence", outcome="no reply")
        self.assertIn("Nothing was measured in this turn.", self.page(f"calls/{call.pk}/"))

    def test_what_a_caller_says_is_never_markup(self) -> None:
        call = a_call()
        a_turn(call, said="<script>alert(1)</script>")
        self.assertNotIn("<script>alert", self.page(f"calls/{call.pk}/"))

    def test_a_failure_is_shown_on_the_call(self) -> None:
        call = a_call(failure="Set WHISPER_MODEL.", ended_why=Call.Ended.FAILED)
        self.assertIn("Set WHISPER_MODEL.", self.page(f"calls/{call.pk}/"))

    def test_a_message_that_the_caller_left_is_shown_on_the_call(self) -> None:
        left = {"name": "דנה לוי", "number": "0541234567", "reason": "לחזור אחרי 14:30 בבקשה"}
        page = self.page(f"calls/{a_call(messages=[left]).pk}/", "he")
        for shown in ("הודעות שהושארו בשיחה", "דנה לוי", '<bdi dir="ltr">0541234567</bdi>'):
            self.assertIn(shown, page)
        self.assertIn('לחזור אחרי <bdi dir="ltr">14:30</bdi> בבקשה', page)

    def test_the_rule_is_worded_in_hebrew_too(self) -> None:
        call = a_call()
        a_turn(call)
        self.assertIn("אמירה קצרה ואחריה שתיקה", self.page(f"calls/{call.pk}/", "he"))


class LatenciesTests(SignedInTestCase):
    def test_without_turns_the_page_says_what_to_do(self) -> None:
        self.assertIn("make call", self.page("latencies/"))

    def test_few_turns_give_no_percentile(self) -> None:
        a_turn(a_call())
        page = self.page("latencies/")
        self.assertIn("not enough turns", page)
        self.assertIn("needs 72 turns from 30 calls", page)

    def test_short_and_long_utterances_are_never_mixed(self) -> None:
        for number in range(1, 13):
            call = a_call(number)
            a_turn(call, 1, response_ms=1000, is_short=True)
            a_turn(call, 2, response_ms=3000, is_short=False)
        short, long = self.client.get("/en/latencies/").context["panels"][:2]
        self.assertEqual((short.summary.turns, short.summary.p50.value_ms), (12, 1000))
        self.assertEqual((long.summary.turns, long.summary.p50.value_ms), (12, 3000))

    def test_greetings_do_not_count_and_unanswered_turns_are_counted_apart(self) -> None:
        call = a_call()
        a_greeting(call)
        a_turn(call, 1, first_audio_ms=None)
        context = self.client.get("/en/latencies/").context
        self.assertEqual(context["unanswered"], 1)
        self.assertEqual(sum(panel.summary.turns for panel in context["panels"]), 0)

    def test_the_turns_of_one_profile_can_be_looked_at_alone(self) -> None:
        a_turn(a_call(1, profile="brisk"))
        a_turn(a_call(2, profile="balanced"))
        brisk = TimingProfile.objects.get(name="brisk")
        short = self.client.get(f"/en/latencies/?profile={brisk.pk}").context["panels"][0]
        self.assertEqual(short.summary.turns, 1)
        self.assertEqual(self.client.get("/en/latencies/?profile=x").status_code, 404)


class PluralTests(SignedInTestCase):
    def test_hebrew_counts_one_two_and_many(self) -> None:
        for count, expected in (
            (1, "תור אחד, שיחה אחת"),
            (2, "שני תורות, שתי שיחות"),
            (3, "3 תורות"),
        ):
            a_turn(a_call(count))
            with self.subTest(count=count), translation.override("he"):
                self.assertIn(expected, self.page("latencies/", "he"))
