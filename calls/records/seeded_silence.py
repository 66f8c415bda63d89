"""How an invented turn comes to its decision: what two judges say of its words, when the model is
asked, and what the silence is. The silence is the core's own, of invented verdicts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tuning.turns.endpointing import (
    CUT_SHORT,
    NEEDS_TIME,
    WHOLE,
    Opinion,
    Reading,
    Silence,
    adaptive,
)
from tuning.turns.preemptive import READY_MS
from tuning.turns.profile import Profile

JUDGED = (
    ((0.98, WHOLE), 66),
    ((0.75, WHOLE), 12),
    ((0.2, WHOLE), 8),
    ((0.97, CUT_SHORT), 4),
    ((0.15, CUT_SHORT), 8),
    ((0.1, NEEDS_TIME), 2),
)
"""(How likely the words are whole by the local judge, what the model says), and how often."""
UNDERSTOOD = 0.8
"""Share of the pauses in mid-sentence at which the judges say cut short: nobody is cut in on."""
FORGOTTEN = (80, 15, 5)
"""How often none, one or two replies were begun on words that changed."""
TEXT_AFTER_VERDICT_MS = 17
VERDICT_TOKENS, MOST_WASTED_TOKENS = 1, 12


@dataclass(frozen=True, slots=True)
class SeededSilence:
    """Moments in milliseconds since the speech end."""

    silence: Silence
    asked_ms: float
    verdict_ms: float | None
    """None: the model was not asked for one."""
    thought: int
    requests: int
    wasted_tokens: int


def seeded_silence(
    draw: random.Random, knobs: Profile, span_ms: int, text_after_ms: float
) -> SeededSilence:
    """text_after_ms: from the request to the first text, which follows the verdict."""
    if knobs.endpointing == "fixed":
        parts = knobs.wait_parts_ms(span_ms)
        parts.pop("delay")
        why = "short silence" if span_ms < knobs.short_utterance_ms else "long silence"
        silence = Silence(sum(parts.values()), why, parts)
        return SeededSilence(silence, silence.asked_ms, None, 0, 1, 0)
    whole, verdict = draw.choices(*zip(*JUDGED, strict=True))[0]
    asked_ms = draw.uniform(180, 340)
    verdict_after_ms = text_after_ms - TEXT_AFTER_VERDICT_MS
    verdict_ms = asked_ms + verdict_after_ms
    opinion = Opinion(verdict, round(verdict_ms))
    if verdict_after_ms > knobs.verdict_wait_ms:
        verdict, opinion = WHOLE, Opinion("", round(asked_ms))
    silence = adaptive(knobs, Reading(whole=whole), opinion)
    forgotten = draw.choices(range(len(FORGOTTEN)), FORGOTTEN)[0]
    wasted = sum(draw.randrange(MOST_WASTED_TOKENS) for _reply in range(forgotten))
    thought = 1 + forgotten
    if verdict != WHOLE:  # asked again, to be ready when the silence is over
        asked_ms = max(verdict_ms, silence.asked_ms - READY_MS)
        thought, wasted = thought + 1, wasted + VERDICT_TOKENS
    return SeededSilence(silence, asked_ms, verdict_ms, thought, thought, wasted)
