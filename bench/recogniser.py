"""What a recogniser makes of a turn of the corpus: as late as the local speech server. Pure."""

from __future__ import annotations

import random

from bench.corpus import CallerTurn
from tuning.turns.events import Transcribed
from tuning.turns.profile import FRAME_MS

PARTIAL_MS, PARTIAL_LATE_MS, BATCH_MS = 100, 250, 60
FINAL_AFTER_MS, FINAL_LATE_MS = 500, 300
UNSTABLE = 0.1
"""So often the newest word of a partial is cut short."""


def transcripts(
    turn: CallerTurn, begins_ms: int, drawn: random.Random
) -> list[tuple[int, Transcribed]]:
    """What a recogniser makes of a turn: when each result arrives, and the result."""
    found: list[tuple[int, Transcribed]] = []
    segment: list[str] = []
    shown = ""
    for number, word in enumerate(turn.words):
        segment.append(word.text)
        following = turn.words[number + 1].from_ms if number + 1 < len(turn.words) else None
        # The first partial after the word's end.
        seen_ms = begins_ms + -(-word.until_ms // PARTIAL_MS) * PARTIAL_MS
        text = " ".join(segment)
        arrives_ms = seen_ms + PARTIAL_LATE_MS + drawn.randrange(0, BATCH_MS + 1, FRAME_MS)
        if drawn.random() < UNSTABLE and len(word.text) > 3:
            cut = text[:-1]
            found.append((arrives_ms, Transcribed(arrives_ms, seen_ms, cut, stability=0.1)))
            arrives_ms, seen_ms = arrives_ms + PARTIAL_MS, seen_ms + PARTIAL_MS
        if text != shown:
            found.append((arrives_ms, Transcribed(arrives_ms, seen_ms, text, stability=0.9)))
            shown = text
        is_end = following is None or following - word.until_ms >= FINAL_AFTER_MS
        if is_end:
            until_ms = begins_ms + word.until_ms
            final_ms = until_ms + FINAL_AFTER_MS + FINAL_LATE_MS
            whole = turn.text if number + 1 == len(segment) == len(turn.words) else text
            found.append((final_ms, Transcribed(final_ms, until_ms, whole, final=True)))
            segment, shown = [], ""
    found.sort(key=lambda each: each[0])
    # As fed: an event carries the moment when it is fed.
    return [
        (
            -(-at_ms // FRAME_MS) * FRAME_MS,
            Transcribed(
                -(-at_ms // FRAME_MS) * FRAME_MS,
                result.until_ms,
                result.text,
                result.final,
                result.stability,
            ),
        )
        for at_ms, result in found
    ]
