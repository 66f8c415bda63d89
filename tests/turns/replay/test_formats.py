"""Every format in which a journal was ever written is read, means what it meant, and replays.

formats/ has one call of each, made by the code of its day (formats/make.py). A field that came
later has the value of what was done before there was one; a knob that came later, its default.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from django.test import SimpleTestCase

from calls.language.language import words_of
from tuning.turns import journal
from tuning.turns.events import (
    Action,
    CallBegan,
    Event,
    Fill,
    Heard,
    Prompt,
    Reply,
    StopReply,
)
from tuning.turns.profile import GONE, Profile
from tuning.turns.replay import Decision, decide, recorded

FOLDER = Path(__file__).parent / "formats"
SAMPLES = {path.stem: path for path in sorted(FOLDER.glob("*.jsonl"))}
KINDS = ["01_every_kind", "08_every_kind"]
CALLS = [name for name in SAMPLES if name not in KINDS]
ADAPTIVE = [name for name in CALLS if name >= "05" and "fixed" not in name]
AnEntry = TypeVar("AnEntry", bound=Event | Action)
WISH = "רוצה לקבוע תור לרופא שיניים"


def lines(name: str) -> list[str]:
    """The journal, without the line that says where it is from."""
    return SAMPLES[name].read_text().splitlines()[1:]


def entries(name: str) -> list[Event | Action]:
    return list(journal.read(lines(name)))


def is_reply(action: Action) -> TypeGuard[Reply]:
    return isinstance(action, Reply)


def first(name: str, kind: type[AnEntry]) -> AnEntry:
    return next(entry for entry in entries(name) if isinstance(entry, kind))


def written(name: str) -> list[tuple[int, dict[str, Any]]]:
    """The actions of a sample as its lines have them."""
    decisions, at_ms = [], 0
    for line, entry in zip(lines(name), entries(name), strict=True):
        if isinstance(entry, Action):
            values = json.loads(line)
            values.pop("wall_ms", None)
            decisions.append((at_ms, values))
        else:
            at_ms = entry.at_ms
    return decisions


def in_the_words_of(values: dict[str, Any], action: Action) -> dict[str, Any]:
    """What an action says, in those fields that a line of its kind had then."""
    now = {"kind": type(action).__name__} | asdict(action)
    return {name: now.get(name) for name in values}


def differences(name: str) -> tuple[list[Decision], list[Decision]]:
    """What the record has and replay does not, and what replay has and the record does not."""
    was = list(zip(written(name), recorded(entries(name)), strict=True))
    now = decide(entries(name), words_of)
    gone = []
    for (at_ms, values), decision in was:
        same = [
            each for each in now if each[0] == at_ms and in_the_words_of(values, each[1]) == values
        ]
        if same:
            now.remove(same[0])
        else:
            gone.append(decision)
    return gone, now


class MeaningTests(SimpleTestCase):
    def test_every_line_says_today_what_it_said_then(self) -> None:
        for name in SAMPLES:
            for line, entry in zip(lines(name), entries(name), strict=True):
                values = json.loads(line)
                values.pop("wall_ms", None)
                self.assertEqual(values.pop("kind"), type(entry).__name__)
                now = json.loads(json.dumps(asdict(entry)))
                if "profile" in values:
                    then = values.pop("profile")
                    for gone in GONE:
                        then.pop(gone, None)
                    self.assertEqual(then, {knob: now["profile"][knob] for knob in then}, name)
                self.assertEqual(values, {field: now[field] for field in values}, name)

    def test_a_sample_says_by_which_code_it_was_made(self) -> None:
        for name, path in SAMPLES.items():
            head = json.loads(path.read_text().splitlines()[0])
            with self.subTest(name):
                self.assertIn(f"make.py {head['commit']}", head["made"])

    def test_the_first_format_had_every_event_and_action_of_its_day(self) -> None:
        kinds = {type(entry).__name__ for entry in entries("01_every_kind")}
        self.assertEqual(
            kinds,
            {
                "CallBegan", "Heard", "Transcribed", "TranscriberFailed", "ReplyBegan",
                "ReplyEnded", "ReplyLate", "ReplyFailed", "Pressed", "LineStalled", "Retuned",
                "Reply", "Prompt", "StopReply", "Recognise", "Amend", "Dismiss", "HangUp",
            },
        )  # fmt: skip

    def test_a_field_that_came_later_says_what_was_done_before_there_was_one(self) -> None:
        began, heard, reply, stop, prompt = (
            asdict(first("01_first", kind)) for kind in (CallBegan, Heard, Reply, StopReply, Prompt)
        )
        self.assertEqual((began["turn"], heard["echo"], stop["may_resume"]), (0, 0, False))
        self.assertEqual((reply["limit_ms"], reply["prepared"], reply["parts"]), (0, False, {}))
        self.assertEqual((prompt["spoke_from_ms"], prompt["parts"]), (None, {}))

    def test_a_knob_that_came_later_has_its_default(self) -> None:
        for name in SAMPLES:
            began = first(name, CallBegan)
            then = json.loads(lines(name)[0])["profile"]
            later = {each.name for each in fields(Profile)} - then.keys()
            usual = Profile()
            with self.subTest(name):
                self.assertEqual(
                    {knob: getattr(began.profile, knob) for knob in later},
                    {knob: getattr(usual, knob) for knob in later},
                )
                if name != "08_detail" and name not in KINDS:
                    self.assertTrue(later)

    def test_calls_from_before_the_adaptive_rule_stay_under_the_fixed_one(self) -> None:
        for name in ("01_first", "02_first_turn", "03_fill", "04_spoken_span"):
            began = first(name, CallBegan)
            self.assertEqual((began.profile.endpointing, began.profile.vad), ("fixed", "webrtc"))


class ReplayTests(SimpleTestCase):
    """Which decisions were meant to change, and nothing else did."""

    def test_under_the_fixed_rule_a_call_replays_exactly(self) -> None:
        for name in ("03_fill", "04_spoken_span", "05_evidence_fixed"):
            with self.subTest(name):
                self.assertEqual(differences(name), ([], []))

    def test_before_there_was_a_filler_a_late_reply_replays_with_one(self) -> None:
        """filler_after_ms came with its default, 950 ms: 960 after the decision by the frames."""
        for name in ("01_first", "02_first_turn"):
            with self.subTest(name):
                self.assertEqual(differences(name), ([], [(2420, Fill(1))]))

    def test_before_there_were_judges_words_replay_as_if_nobody_had_judged_them(self) -> None:
        """Lists of words decided then. Their weights are passed over, and no judge is asked anew:
        the words that were answered are answered, after the middle silence."""
        for name in ADAPTIVE:
            said = [each.text for _at_ms, each in recorded(entries(name)) if is_reply(each)]
            replies = [each for _at_ms, each in decide(entries(name), words_of) if is_reply(each)]
            with self.subTest(name):
                for now, then in zip(replies, said, strict=False):
                    self.assertTrue(now.text.endswith(then), now.text)
                for each in replies:
                    self.assertIn("local: none", each.parts)

    def test_every_call_under_the_fixed_rule_still_comes_to_its_goodbye(self) -> None:
        for name in CALLS:
            if name not in ADAPTIVE:
                *_before, (_at_ms, last) = decide(entries(name), words_of)
                self.assertEqual(type(last).__name__, "HangUp")
