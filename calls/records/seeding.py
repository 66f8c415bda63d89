"""Invented calls: they look real, and are the same for the same seed.

Rules: the hourly counts agree with the turns, as if a worker had settled each call. One number's
calls run on the default profile and the other's on a fixed one, because the trade-off page needs
calls under the fixed rule.
"""

from __future__ import annotations

import random
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from calls.language.language import spoken
from calls.language.openers import Openers
from calls.measures.latency import bin_of
from calls.measures.latency_count import LatencyCount, Place
from calls.models import Call
from calls.records.post_call import MEASURES
from calls.records.seeded_silence import UNDERSTOOD, seeded_silence
from calls.records.turn import Turn
from calls.telephony.phone_number import PhoneNumber
from tuning.models import Revision, TimingProfile
from tuning.turns.profile import Profile

WORDS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("seeding.toml").read_text("utf-8"))
DAYS = 30
BATCH = 1000
WRITTEN_AT_ONCE = 50
"""Calls with a journal."""
SID = "CAseed"
TALLIED = (
    *("turn_count", "slowest_ms", "slowest_content_ms", "cut_ins"),
    *("dropped_short", "unanswered_short"),
)
WRITTEN = 600
"""Calls a revision whose turns are made up one by one: a hundred thousand would take an hour."""
HOURS = (*[1] * 7, 4, 8, 12, 14, 14, 12, 11, 10, 11, 12, 9, 6, 4, 3, 2, 1, 1)
"""How many calls come in each hour of a day, in proportion."""
NUMBERS = (("+972771234567", "מרפאת אלון", ""), ("+972771234568", "מוסך דוד", "balanced"))
"""Number, name, and the profile of its own."""


Placed = Callable[[Call], Counter[Place]]
"""Writes a call that has no turns yet, and all that belongs to it; returns what its turns add to
their hour."""


class Seeding:
    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self._seed = seed
        self.turns = 0
        self._counts: Counter[Place] = Counter()
        self._written: dict[int, list[Call]] = defaultdict(list)
        """By revision: the calls whose turns are made up; those of the others are copies."""
        self._bins: dict[str, Counter[tuple[bool, str, int]]] = {}
        self._knobs: dict[int, Profile] = {}

    def fill(self, calls: int, journals: int = 0, place: Placed | None = None) -> Iterator[int]:
        """Oldest first, so that keys grow with time; yields how many are there.

        journals: so many, the newest, are placed by `place`.
        """
        now = timezone.now()
        self._numbers = [seeded_number(*each) for each in NUMBERS]
        default = TimingProfile.objects.get(is_default=True)
        used = [number.profile or default for number in self._numbers]
        self._revisions = {profile: self._publish(profile, now) for profile in dict.fromkeys(used)}
        self._profiles = used
        self._knobs = {one.pk: one.values for found in self._revisions.values() for one in found}
        moments = sorted(self._moment(now) for _call in range(calls))
        older = calls - min(calls, journals) if place else calls
        for begin in range(0, older, BATCH):
            with transaction.atomic():
                self._batch(moments[begin : min(begin + BATCH, older)], begin)
            yield min(begin + BATCH, older)
        for begin in range(older, calls, WRITTEN_AT_ONCE):
            until = min(begin + WRITTEN_AT_ONCE, calls)
            with transaction.atomic():
                for index in range(begin, until):
                    self._place(self._call(moments[index], index), place)
            yield until
        rows = [LatencyCount(**place._asdict(), turns=n) for place, n in self._counts.items()]
        LatencyCount.objects.bulk_create(
            rows, BATCH * 5, update_conflicts=True, update_fields=["turns"],
            unique_fields=["hour", "revision", "is_short", "measure", "bin"],
        )  # fmt: skip

    def _place(self, call: Call, place: Placed | None) -> None:
        assert place
        self._counts.update(place(call))
        self.turns += call.turn_count + 1

    def _publish(self, profile: TimingProfile, now: datetime) -> list[Revision]:
        """What the calls ran on, one after the other: brisk for a while, and sooner since."""
        is_adaptive = profile.newest.values.endpointing == "adaptive"
        knobs = asdict(profile.newest.values)
        key, values = "end_silence_long_ms", (2800, 2600) if is_adaptive else (2000, 1500)
        found = [profile.newest]
        Revision.objects.filter(pk=found[0].pk).update(published_at=now - timedelta(days=DAYS + 1))
        for days, value, note in zip((20, 6), values, WORDS["notes"], strict=True):
            one = profile.publish(Profile(**knobs | {key: value}), by=None, note=note)
            one.published_at = now - timedelta(days=days)
            Revision.objects.filter(pk=one.pk).update(published_at=one.published_at)
            found.append(one)
        return found

    def _moment(self, now: datetime) -> datetime:
        day = now - timedelta(days=self._draw.random() * DAYS)
        (hour,) = self._draw.choices(range(24), HOURS)
        local = timezone.localtime(day).replace(hour=hour, minute=self._draw.randrange(60))
        return min(local, now - timedelta(minutes=self._draw.random() * 300 + 5))

    def _batch(self, moments: list[datetime], begin: int) -> None:
        calls = [self._call(moment, begin + index) for index, moment in enumerate(moments)]
        written: list[Turn] = []
        copied: list[tuple[Call, Call]] = []
        for call in calls:
            assert call.revision
            known = self._written[call.revision.pk]
            if len(known) < WRITTEN:
                own = list(self._turns_of(call))
                _tally(call, own)
                known.append(call)
                self._bins[call.call_sid] = Counter(_places(own))
                written += own
            else:
                like = self._draw.choice(known)
                copied.append((call, like))
                _liken(call, like)
            self._count(call, copied[-1][1] if copied and copied[-1][0] is call else call)
        Call.objects.bulk_create(calls, BATCH)
        for turn in written:  # the keys are known only now
            turn.call_id = turn.call.pk
        Turn.objects.bulk_create(written, BATCH)
        _copy_turns([(call.pk, like.pk) for call, like in copied])
        self.turns += sum(call.turn_count + 1 for call in calls)

    def _count(self, call: Call, like: Call) -> None:
        hour = call.rang_at.replace(minute=0, second=0, microsecond=0)
        assert call.revision
        for (is_short, measure, number), turns in self._bins[like.call_sid].items():
            self._counts[Place(hour, call.revision.pk, is_short, measure, number)] += turns

    def _call(self, at: datetime, index: int) -> Call:
        draw = self._draw
        place = index % len(NUMBERS)
        published = self._revisions[self._profiles[place]]
        running = [one for one in published if one.published_at <= at] or published[:1]
        ended_why = draw.choices(
            (Call.Ended.CALLER, Call.Ended.GOODBYE, Call.Ended.FAILED, Call.Ended.LINE),
            (60, 36, 1, 3),
        )[0]
        return Call(
            call_sid=f"{SID}{self._seed:04}{index:022}",
            caller=f"+9725{draw.randrange(10**8):08}",
            called=self._numbers[place].number,
            number=self._numbers[place],
            profile=running[-1].profile,
            revision=running[-1],
            rang_at=at,
            started_at=at + timedelta(seconds=1),
            ended_why=ended_why,
            failure=WORDS["failure"] if ended_why == Call.Ended.FAILED else "",
            engines="chirp_3 · gpt-6-luna · he-IL-Chirp3-HD-Kore",
            replays=True,
            settled_at=at,
            unanswered_short=int(draw.random() < 0.04),
        )

    def _turns_of(self, call: Call) -> Iterator[Turn]:
        draw = self._draw
        at_ms = 4000.0
        speed = draw.lognormvariate(0, 0.15)
        conversation = draw.choice(WORDS["conversations"])
        yield Turn(
            call=call, number=0, revision=call.revision, answered=WORDS["greeting"],
            why="greeting", outcome=Turn.Outcome.COMPLETED, decided_ms=40, first_sentence_ms=50,
            first_byte_ms=160, first_audio_ms=170, first_content_ms=170, heard_ms=300,
            ended_ms=3400,
        )  # fmt: skip
        for number in range(1, max(3, round(draw.gauss(10, 3))) + 1):
            said, answered = conversation[(number - 1) % len(conversation)]
            turn = self._turn(call, number, at_ms, speed, said, answered)
            yield turn
            at_ms = (turn.ended_ms or at_ms) + draw.uniform(600, 1500)
        call.ended_at = call.rang_at + timedelta(milliseconds=at_ms + 1500)
        call.frames_in = call.frames_forwarded = round(at_ms / 20)

    def _turn(
        self, call: Call, number: int, at_ms: float, speed: float, said: str, answered: str
    ) -> Turn:
        draw = self._draw
        assert call.revision
        knobs = self._knobs[call.revision.pk]
        span_ms = round(len(said) * draw.uniform(55, 80))
        is_short = span_ms < knobs.short_utterance_ms
        ended_ms = at_ms + span_ms
        llm_ms, tts_ms = draw.lognormvariate(5.9, 0.25) * speed, draw.lognormvariate(5.2, 0.2)
        seeded = seeded_silence(draw, knobs, span_ms, llm_ms)
        wait_ms = seeded.silence.asked_ms
        pauses = draw.random() < (0.2 if is_short else 0.6)
        pause_ms = draw.lognormvariate(5.9, 0.65) if pauses else 0.0
        is_understood = seeded.thought > 0 and draw.random() < UNDERSTOOD
        is_cut_in = pause_ms > wait_ms and not is_understood
        decided_ms = ended_ms + wait_ms
        asked_ms = ended_ms + seeded.asked_ms
        ready_ms = asked_ms + llm_ms + 60 + tts_ms
        audio_ms = max(ready_ms, decided_ms) + 8
        outcome = Turn.Outcome.COMPLETED
        if is_cut_in:
            outcome = Turn.Outcome.CUT_IN
        elif draw.random() < 0.06:
            outcome = Turn.Outcome.INTERRUPTED
        pause = round(pause_ms) if pause_ms >= 100 else None
        spoken_ms = round(len(answered) * 70)
        opener_ms = len(Openers(spoken().openers).opening(answered)) * 70
        return Turn(
            call=call, number=number, revision=call.revision, said=said, answered=answered,
            why=seeded.silence.why, outcome=outcome, span_ms=span_ms, is_short=is_short,
            label=Turn.Label.FINE if is_cut_in and draw.random() < 0.1 else "",
            pause_short_ms=pause if is_short else None, pause_long_ms=None if is_short else pause,
            policy_ms=wait_ms, wait_parts=seeded.silence.parts, is_prepared=seeded.thought > 0,
            thought=seeded.thought, requests=seeded.requests, tokens=len(answered) // 3,
            wasted_tokens=seeded.wasted_tokens, characters=len(answered),
            spoken_ms=spoken_ms, speech_began_ms=at_ms, speech_ended_ms=ended_ms,
            decided_ms=decided_ms, transcribed_ms=ended_ms + draw.uniform(120, 400),
            asked_ms=asked_ms, first_token_ms=asked_ms + llm_ms,
            verdict_ms=None if seeded.verdict_ms is None else ended_ms + seeded.verdict_ms,
            first_sentence_ms=asked_ms + llm_ms + 60, first_byte_ms=ready_ms, ready_ms=ready_ms,
            first_audio_ms=audio_ms, first_content_ms=audio_ms + opener_ms,
            heard_ms=audio_ms + 130, ended_ms=audio_ms + spoken_ms,
        )  # fmt: skip


def seeded_number(number: str, name: str, profile: str) -> PhoneNumber:
    own = TimingProfile.objects.filter(name=profile).first()
    wanted = {"name": name, "profile": own}
    return PhoneNumber.objects.get_or_create(number=number, defaults=wanted)[0]


def _places(turns: list[Turn]) -> Iterator[tuple[bool, str, int]]:
    for turn in turns:
        for measure in MEASURES if turn.number else ():
            if (value_ms := getattr(turn, measure)) is not None:
                yield turn.is_short, measure, bin_of(value_ms)


def _liken(call: Call, like: Call) -> None:
    for name in TALLIED:
        setattr(call, name, getattr(like, name))
    call.frames_in, call.frames_forwarded = like.frames_in, like.frames_forwarded
    assert like.ended_at
    call.ended_at = call.rang_at + (like.ended_at - like.rang_at)


def _copy_turns(pairs: list[tuple[int, int]]) -> None:
    """In the database: (call, the call whose turns it gets)."""
    columns = [f"{each.column}" for each in Turn._meta.concrete_fields if not each.primary_key]
    named = ", ".join(f"turn.{column}" for column in columns if column != "call_id")
    others = ", ".join(column for column in columns if column != "call_id")
    with connection.cursor() as cursor:
        cursor.execute("create temporary table seed_copy (call_id bigint, like_id bigint)")
        cursor.executemany("insert into seed_copy values (%s, %s)", pairs)
        cursor.execute(
            f"insert into calls_turn (call_id, {others}) select copy.call_id, {named} "
            "from seed_copy copy join calls_turn turn on turn.call_id = copy.like_id "
            "order by copy.call_id, turn.number"
        )
        cursor.execute("drop table seed_copy")


def _tally(call: Call, turns: list[Turn]) -> None:
    """As Call.tally, before there are keys."""
    answers = [turn for turn in turns if turn.number]
    call.turn_count = len(answers)
    call.slowest_ms = max((t.response_latency or 0 for t in answers), default=None)
    call.slowest_content_ms = max((t.content_latency or 0 for t in answers), default=None)
    call.cut_ins = sum(turn.is_cut_in for turn in answers)
    call.dropped_short = call.unanswered_short
