"""What a recogniser makes of a caller's line: as late as the local speech server. Pure."""

from __future__ import annotations

import random
from dataclasses import replace

from calls.simulator.virtual.line import Said
from tuning.turns.events import Transcribed
from tuning.turns.profile import FRAME_MS

PARTIAL_MS, PARTIAL_LATE_MS, BATCH_MS = 100, 250, 60
FINAL_AFTER_MS, FINAL_LATE_MS = 500, 300
UNSTABLE = 0.1
"""So often the newest word of a partial is cut short."""


def transcripts(said: Said, begins_ms: int, drawn: random.Random) -> list[Transcribed]:
    """Its results in the order in which they come, as fed: each carries the moment of that."""
    found: list[tuple[int, Transcribed]] = []
    segment: list[str] = []
    shown = ""
    for number, word in enumerate(said.words):
        segment.append(word.text)
        following = said.words[number + 1].from_ms if number + 1 < len(said.words) else None
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
            whole = said.text if number + 1 == len(segment) == len(said.words) else text
            found.append((final_ms, Transcribed(final_ms, until_ms, whole, final=True)))
            segment, shown = [], ""
    found.sort(key=lambda each: each[0])
    return [replace(result, at_ms=-(-at_ms // FRAME_MS) * FRAME_MS) for at_ms, result in found]
