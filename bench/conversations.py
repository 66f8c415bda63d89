"""What the callers of bench.scenarios say, and where an answer broke up. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE, to_pcm
from calls.services.espeak.speaker import speech_bounds
from calls.simulator import utterances
from calls.simulator.caller import LineOutcome, Say, Step
from calls.simulator.earpiece import Earpiece
from calls.simulator.utterances import Utterance

LINES = (
    *("hours", "tuesday", "next_week", "leave_message", "nine"),
    *("price", "call_me", "cancel", "where", "any_day"),
)
"""Two of the ten are long: 4 and 5 s."""
BARGE_IN = (("hours", "nine", 1000), ("price", "where", 500), ("where", "cancel", 1500),
            ("leave_message", "price", 800))  # fmt: skip
PAUSES_MS = (400, 500, 600, 800, 1000, 1200)
TWO_PARTS = ("book", "tuesday")
BACKCHANNELS = ("yes", "fine")
"""Said over the agent, to be talked through."""
LISTENING = (("hours", "yes"), ("price", "fine"), ("where", "yes"), ("cancel", "fine"))
LISTENED_MS = 1000
"""The agent has been heard for so long when a backchannel comes."""
GAP_MS = 20
"""Shortest silence inside an answer that is heard as a break-up: the scripted voice has none."""


def with_a_pause(pause_ms: int) -> Utterance:
    """One utterance in two parts: the caller stops to think."""
    first, second = (utterances.load(name) for name in TWO_PARTS)
    ended_ms, begins_ms = first.speech_until_ms, second.speech_from_ms
    silent_ms = pause_ms - (len(first.audio) // BYTES_PER_MS - ended_ms) - begins_ms
    audio = first.audio + SILENCE_BYTE * (silent_ms * BYTES_PER_MS) + second.audio
    bounds = speech_bounds(to_pcm(audio))
    said = replace(first, name=f"pause of {pause_ms} ms", parts=(*first.parts, *second.parts))
    return replace(said, audio=audio, speech_from_ms=bounds[0], speech_until_ms=bounds[1])


def scenario(name: str, seed: int) -> list[Step]:
    """What one caller does; another one for each seed."""
    drawn = random.Random(seed)
    if name == "pauses":
        return [Say(with_a_pause(ms)) for ms in drawn.sample(PAUSES_MS, len(PAUSES_MS))]
    if name == "barge-in":
        steps: list[Step] = []
        for said, over, after_ms in BARGE_IN:
            steps += [Say(utterances.load(said)), Say(utterances.load(over), after_ms)]
        return steps
    if name == "backchannels":
        pairs = drawn.sample(LISTENING, len(LISTENING))
        said_and_heard = ((utterances.load(said), utterances.load(over)) for said, over in pairs)
        return [
            step for said, over in said_and_heard for step in (Say(said), Say(over, LISTENED_MS))
        ]
    lines = drawn.sample(LINES, len(LINES))
    return [Say(utterances.load(line)) for line in lines]


def gaps(lines: Sequence[LineOutcome], ear: Earpiece) -> int:
    """Break-ups in the answers, as they were heard."""
    next_ms = [line.started_ms for line in lines[1:]]
    answers = (
        ear.begun_since(line.ended_ms, until_ms)
        for line, until_ms in zip(lines, [*next_ms, float("inf")], strict=True)
    )
    return sum(
        later.from_ms - sound.until_ms >= GAP_MS
        for sounds in answers
        for sound, later in pairwise(sounds)
    )
