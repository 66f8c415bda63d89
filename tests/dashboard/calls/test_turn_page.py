"""What a turn's page says of why it was answered then, and of what was made ahead; and what the
profile's page says of the judges."""

from __future__ import annotations

import html
import re
from typing import Any

from django.utils.html import strip_tags

from calls.models import Turn
from dashboard.calls.waterfall import Bar, Lane, waterfall
from tests.dashboard.call_rows import a_call, a_turn
from tests.dashboard.test_dashboard import SignedInTestCase
from tuning.models import TimingProfile
from tuning.turns.profile import SHIPPED

PARTS = {"longest": 2600, "wish": -904, "stable": -678}


def prepared(number: int = 1, /, **fields: Any) -> Turn:
    """Decided 1,018 ms after the speech end; its reply had been ready for 73."""
    end_ms = 10_000.0 * number
    given = {
        "why": "finished words",
        "wait_parts": PARTS,
        "policy_ms": 1018,
        "is_prepared": True,
        "thought": 2,
        "wasted_tokens": 14,
        "wasted_characters": 31,
        "spoken_ms": 4200,
        "asked_ms": end_ms + 320,
        "first_token_ms": end_ms + 690,
        "first_sentence_ms": end_ms + 750,
        "first_byte_ms": end_ms + 940,
        "ready_ms": end_ms + 945,
        "decided_ms": end_ms + 1018,
    }
    return a_turn(a_call(number), number, response_ms=1030, **given | fields)


class TurnPageTests(SignedInTestCase):
    def told(self, turn: Turn, language: str = "en") -> str:
        """The words of the call's page, spaces as they read."""
        page = self.page(f"calls/{turn.call.pk}/", language)
        return re.sub(r"\s+", " ", html.unescape(strip_tags(page)))

    def test_a_label_never_stands_over_the_name_of_its_lane(self) -> None:
        for start, label, at in ((40.0, "1,018", 40.0), (15.0, "1,018", 95.0), (15.0, "73", 15.0)):
            bar = Bar("policy", start, 95.0 - start, label)
            with self.subTest(start=start, label=label):
                self.assertEqual(Lane("sending", 0, (bar,)).label_x, at)

    def test_what_the_reply_had_from_what_the_business_knows_is_told_as_it_was(self) -> None:
        passage, at = {"heading": "חנייה", "words": "בחצר."}, {"found_ms": 10_330.0}
        cases: list[tuple[dict[str, Any], str]] = [
            ({"knowledge": [passage], **at}, "Looked up for the reply: 1חנייהבחצר."),
            ({"knowledge": [], **at}, "Nothing of what the business knows was found"),
            (at, "was not found in time, and the reply was written without it"),
            ({"knowledge": []}, "All that the number knew stood in the model's instructions"),
        ]
        for number, (fields, words) in enumerate(cases, 1):
            self.assertIn(words, self.told(prepared(number, **fields)))
        plain = self.told(prepared(9))
        for words in ("Looked up", "Nothing of what", "found in time", "All that"):
            self.assertNotIn(words, plain)

    def test_the_silence_is_the_sum_of_its_parts_in_both_languages(self) -> None:
        turn = prepared()
        self.assertIn(
            "longest silence 2,600 − the request is clear 904 "
            "− the transcript is stable 678 = 1,018 ms",
            self.told(turn),
        )
        self.assertIn(
            "השתיקה הארוכה ביותר 2,600 − נאמר מה רוצים 904 − התמלול יציב 678 = 1,018 ms",
            self.told(turn, "he"),
        )

    def test_what_a_judge_said_stands_in_the_sum_though_it_changed_nothing(self) -> None:
        parts = {"longest": 2600, "local: not sure": -2260, "model: whole": 0, "minimum": 0}
        turn = prepared(wait_parts=parts)
        self.assertIn(
            "longest silence 2,600 − the local judge: not sure 2,260 · the model: whole = 340 ms",
            self.told(turn),
        )
        self.assertIn("· המודל: סיימו = 340 ms", self.told(turn, "he"))

    def test_every_number_of_the_sum_has_a_direction_of_its_own(self) -> None:
        page = self.page(f"calls/{prepared().call.pk}/", "he")
        for number in ("2,600", "904", "678", "1,018 ms"):
            self.assertIn(f'<bdi dir="ltr">{number}</bdi>', page)

    def test_a_reply_that_was_ready_is_told_from_one_that_was_only_begun(self) -> None:
        ready, begun = "The reply was ready before", "The reply was begun before"
        told = self.told(prepared())
        self.assertIn(ready, told)
        self.assertNotIn(begun, told)
        told = self.told(prepared(2, ready_ms=21_100.0))
        self.assertIn(begun, told)
        self.assertNotIn(ready, told)

    def test_what_was_made_in_vain_is_counted(self) -> None:
        self.assertIn("Begun ahead: 2 · in vain, tokens: 14, characters: 31", self.told(prepared()))
        told = self.told(prepared(2, thought=0, is_prepared=False))
        self.assertNotIn("Begun ahead", told)

    def test_the_requests_to_a_language_model_are_counted(self) -> None:
        counted = "Requests to the model: 3"
        self.assertIn(f"{counted} · Begun ahead: 2", self.told(prepared(requests=3)))
        self.assertIn(
            f"{counted} The agent",
            self.told(prepared(2, thought=0, requests=3, wasted_tokens=0, wasted_characters=0)),
        )
        self.assertNotIn("Requests to the model", self.told(prepared(3)))

    def test_how_long_the_agent_spoke_and_what_stopped_it_are_told(self) -> None:
        told = self.told(prepared(resumed=3, is_limited=True))
        for words in (
            "The agent spoke for 4.2 s",
            "which then continued. Times: 3",
            "stopped at the end of a sentence",
        ):
            self.assertIn(words, told)
        told = self.told(prepared(2))
        for words in (
            "which then continued",
            "stopped at the end of a sentence",
            "had not finished",
        ):
            self.assertNotIn(words, told)

    def test_a_caller_who_was_cut_in_on_is_told(self) -> None:
        self.assertIn("The caller had not finished.", self.told(prepared(outcome="cut-in")))


class WaterfallTests(SignedInTestCase):
    def stretches(self, turn: Turn, name: str) -> list[tuple[str, str]]:
        fall = waterfall(turn)
        assert fall is not None
        lane = next(lane for lane in fall.lanes if lane.name == name)
        return [(bar.kind, bar.label) for bar in lane.bars]

    def test_the_time_that_a_ready_reply_was_held_is_policy_and_no_sending(self) -> None:
        self.assertEqual(self.stretches(prepared(), "sending"), [("policy", "78"), ("send", "12")])

    def test_a_delay_holds_a_ready_reply_for_longer(self) -> None:
        turn = prepared(policy_ms=1028)
        self.assertEqual(self.stretches(turn, "sending"), [("policy", "88"), ("send", "2")])

    def test_a_reply_that_came_after_the_decision_is_sent_at_once(self) -> None:
        turn = a_turn(a_call(1))
        self.assertEqual(self.stretches(turn, "sending"), [("send", "10")])

    def test_the_silence_that_was_asked_for_is_hatched(self) -> None:
        self.assertEqual(self.stretches(prepared(), "silence"), [("policy", "1,018")])
        late = prepared(2, decided_ms=21_300.0)
        self.assertEqual(self.stretches(late, "silence"), [("policy", "1,018"), ("stt", "282")])

    def test_only_a_prepared_reply_has_a_mark_where_it_was_ready(self) -> None:
        ready, plain = waterfall(prepared()), waterfall(a_turn(a_call(2), 2))
        assert ready
        assert plain
        assert ready.ready
        self.assertEqual((ready.ready.label, plain.ready), ("945", None))

    def test_the_model_s_verdict_has_a_mark_with_its_words_and_its_time(self) -> None:
        parts = {"longest": 2600, "local: not sure": -1600, "model: cut short": 1600}
        turn = prepared(verdict_ms=10_650.0, wait_parts=parts)
        fall = waterfall(turn)
        assert fall
        assert fall.verdict
        self.assertEqual((fall.verdict.label, fall.verdict_part), ("650", "model: cut short"))
        page = self.page(f"calls/{turn.call.pk}/")
        self.assertIn('</svg>the model: cut short <bdi dir="ltr">650 ms</bdi></li>', page)
        self.assertEqual(page.count('<line class="verdict"'), 2)

    def test_a_verdict_that_moved_no_silence_is_marked_too(self) -> None:
        turn = prepared(verdict_ms=10_650.0, wait_parts={"longest": 2600, "model: awaited": 20})
        page = self.page(f"calls/{turn.call.pk}/", "he")
        self.assertIn('</svg>פסיקת המודל <bdi dir="ltr">650 ms</bdi></li>', page)

    def test_a_turn_without_a_verdict_has_no_mark_of_one(self) -> None:
        self.assertNotIn('class="verdict"', self.page(f"calls/{prepared().call.pk}/"))


class JudgesTests(SignedInTestCase):
    def sums(self, name: str, language: str = "en") -> str:
        profile = TimingProfile.objects.get(name=name)
        page = self.page(f"profiles/{profile.pk}/", language)
        return re.sub(r"\s+", " ", html.unescape(strip_tags(page)))

    def test_the_adaptive_profile_says_how_long_it_waits_by_what_the_judges_say(self) -> None:
        told = self.sums("adaptive")
        longest = SHIPPED["adaptive"]["end_silence_long_ms"]
        for words in (
            "both judges: whole 340 ms",
            "only the local judge, and it is sure 340 ms",
            "only the local judge, and it is not sure 1,000 ms",
            "the judges disagree 1,000 ms",
            f"both judges: cut short {longest:,} ms",
            "extra time that was asked for 4,100 ms",
            "· the caller asked for time · the model: needs time + extra time",
        ):
            self.assertIn(words, told)
        self.assertNotIn("Wait by length", told)

    def test_the_fixed_ones_still_go_by_the_length(self) -> None:
        told = self.sums("balanced")
        self.assertIn("Wait by length", told)
        self.assertNotIn("both judges: whole 340", told)

    def test_both_choices_can_be_made_on_the_page(self) -> None:
        page = self.page(f"profiles/{TimingProfile.objects.get(name='adaptive').pk}/")
        for name, value in (("endpointing", "adaptive"), ("vad", "silero")):
            options = page[page.index(f'<select name="{name}"') :].split("</select>")[0]
            self.assertIn(f'value="{value}" selected', options)
            self.assertEqual(options.count("<option"), 2)
