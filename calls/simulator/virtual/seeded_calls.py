"""Invented calls that have a journal: held in virtual time, and settled as real ones are."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from random import Random

from calls.language.language import spoken
from calls.language.openers import Openers
from calls.measures.latency_count import Place
from calls.models import Call, JournalPart
from calls.records import post_call
from calls.records.record_line import GZIP_LEVEL
from calls.records.turn import Turn
from calls.simulator.virtual import seeded_agreed, seeded_lines
from calls.simulator.virtual.caller import ReactingCaller
from tuning.turns import journal
from tuning.turns.events import Action, CallBegan, Dismiss, Event, Prompt, Reply
from tuning.turns.profile import FRAME_MS

WRONG_SHARE = 0.16
"""Of the model's verdicts: four times what bench.phone_call takes, so that there is something to
be seen, and to be mended."""
QUIET_DB, LOUD_DB = -62, -24
SETTLED_AFTER = timedelta(seconds=2)


class VirtualCalls:
    """Those of one seed."""

    def __init__(self, seed: int) -> None:
        self._seed, self._language = seed, spoken()
        self._greeting = seeded_lines.greeting(self._language.words)

    def place(self, call: Call) -> Counter[Place]:
        """Hold the call, and write it with its journal and turns; returns what those add to the
        latencies of their hour."""
        assert call.revision
        drawn = Random(f"{self._seed} {call.call_sid}")
        language, number = self._language, drawn.getrandbits(32)
        lines = seeded_lines.lines(drawn, language.words, Openers(language.openers))
        caller = ReactingCaller(
            lines, self._greeting, [0], language.words, language.judge, number, WRONG_SHARE,
            levels_db=(QUIET_DB, LOUD_DB),
        )  # fmt: skip
        profile = call.revision.values
        began = CallBegan(0, call.revision.pk, profile, number, language=language.code)
        held = caller.call(began)
        entries = held.entries
        call.ended_why = Call.Ended.CALLER if caller.hung_up else Call.Ended.GOODBYE
        call.failure, call.unanswered_short = "", 0
        call.ended_at = (call.started_at or call.rang_at) + timedelta(milliseconds=held.at_ms)
        call.frames_in = call.frames_forwarded = held.at_ms // FRAME_MS
        call.dismissed = Counter(each.why for each in entries if isinstance(each, Dismiss))
        call.replays = post_call.replays_to_itself(call, entries)
        call.settled_at = call.ended_at + SETTLED_AFTER
        call.save()
        JournalPart.objects.bulk_create(
            JournalPart(call=call, number=at, last=at, lines=_packed(part))
            for at, part in enumerate(_parts(entries))
        )
        rows = [asdict(turn) for turn in held.agent.turns]
        for row in rows:
            row["revision_id"] = row.pop("revision")
        Turn.objects.bulk_create(Turn(call=call, **row) for row in rows)
        seeded_agreed.write(call, lines[0].text)
        return Counter(dict(post_call.keep(call, entries)))


def _parts(entries: list[Event | Action]) -> Iterator[str]:
    """Lines, as the recorder appends them: once a turn."""
    lines: list[str] = []
    wall_ms = 0
    for entry in entries:
        wall_ms = entry.at_ms if isinstance(entry, Event) else wall_ms
        lines.append(journal.dump(entry, wall_ms))
        if isinstance(entry, Reply | Prompt):
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _packed(lines: str) -> bytes:
    return gzip.compress(lines.encode(), GZIP_LEVEL, mtime=0)
