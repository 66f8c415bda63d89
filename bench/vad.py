"""Where speech begins and ends on a noisy line, by each detector; and what a frame costs.

What the core sees: the detectors' verdicts on mu-law frames, of which a run shorter than
MIN_SPEECH_MS counts for nothing, as in tuning.turns.heard.Voice.

    .venv/bin/python -m bench.vad
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench import rig
from bench.line_sounds import Spoken, lines
from calls.audio.codec import SILENCE_BYTE, Samples, to_mulaw
from calls.audio.vad import JudgedVad, WebRtcVad
from tuning.turns.events import JUDGED
from tuning.turns.profile import FRAME_MS

MIN_SPEECH_MS = 60
HANGS_ON_MS, LEADS_MS = 200, 40
"""Frames so soon after speech, or so little before it, are the offset's and the onset's."""
ROUNDS = 11
CALLS = 1000

DETECTORS: dict[str, Callable[[int], bool]] = {
    "webrtc 2": lambda verdict: bool(verdict >> 2 & 1),
    "webrtc 3": lambda verdict: bool(verdict >> 3 & 1),
    "Silero and 2": lambda verdict: bool(verdict & JUDGED and verdict >> 2 & 1),
    "Silero and 3": lambda verdict: bool(verdict & JUDGED and verdict >> 3 & 1),
}


def runs_ms(voiced: Sequence[bool]) -> list[tuple[int, int]]:
    """The runs of voice that count as speech."""
    found, began = [], -1
    for number, is_voiced in enumerate((*voiced, False)):
        if is_voiced and began < 0:
            began = number
        elif not is_voiced and began >= 0:
            found.append((began * FRAME_MS, number * FRAME_MS))
            began = -1
    return [(begin, end) for begin, end in found if end - begin >= MIN_SPEECH_MS]


@dataclass(slots=True)
class Score:
    """How far a detector is off the truth: onsets and offsets in ms, + late; shares of frames."""

    onsets_ms: list[int] = field(default_factory=list)
    offsets_ms: list[int] = field(default_factory=list)
    spoken: int = 0
    missed: int = 0
    silent: int = 0
    false: int = 0

    def add(self, phrases: Sequence[tuple[int, int]], voiced: Sequence[bool]) -> None:
        """One voice on the line. A phrase owns the line up to the middle of the pauses beside it;
        the voice nearest to it there is its beginning and its end."""
        length_ms = len(voiced) * FRAME_MS
        runs = runs_ms(voiced)
        heard = {at for begin, end in runs for at in range(begin, end, FRAME_MS)}
        middles = [(one[1] + other[0]) // 2 for one, other in pairwise(phrases)]
        owned = zip([0, *middles], [*middles, length_ms], strict=True)
        for (begin, end), (own_from, own_until) in zip(phrases, owned, strict=True):
            own = [run for run in runs if run[0] < end and run[1] > begin]
            if own:
                self.onsets_ms.append(max(own[0][0], own_from) - begin)
                self.offsets_ms.append(min(own[-1][1], own_until) - end)
        for at in range(0, length_ms, FRAME_MS):
            middle = at + FRAME_MS // 2
            if any(begin <= middle < end for begin, end in phrases):
                self.spoken += 1
                self.missed += at not in heard
            elif not any(b - LEADS_MS <= middle < e + HANGS_ON_MS for b, e in phrases):
                self.silent += 1
                self.false += at in heard

    def __str__(self) -> str:
        if not self.onsets_ms:
            return "deaf"
        ends = (
            f"{_nth(errors, 50)}/{_nth(errors, 95)}" for errors in (self.onsets_ms, self.offsets_ms)
        )
        shares = ((self.false, self.silent), (self.missed, self.spoken))
        return ", ".join((*ends, *(f"{100 * part / whole:.0f}" for part, whole in shares)))


def _nth(errors_ms: Iterable[int], percent: int) -> int:
    """The error that so many per cent of them do not exceed in size, with its sign."""
    by_size = sorted(errors_ms, key=abs)
    return by_size[min(len(by_size) - 1, len(by_size) * percent // 100)]


Heard = Sequence[tuple[Spoken, Samples]]


def scores(heard: Heard, make: Callable[[], JudgedVad]) -> dict[str, Score]:
    """Every voice of one kind of line by a call's own detector, judged in each way."""
    found = {name: Score() for name in DETECTORS}
    for spoken, samples in heard:
        vad = make()
        verdicts = [vad(frame) for frame in rig.frames(to_mulaw(samples))]
        for name, is_speech in DETECTORS.items():
            found[name].add(spoken.phrases, [is_speech(verdict) for verdict in verdicts])
    return found


def table() -> Iterator[str]:
    yield "| line | " + " | ".join(DETECTORS) + " |"
    yield "|---" * (1 + len(DETECTORS)) + "|"
    for name, heard in lines():
        yield _row(name, scores(heard, JudgedVad))
        if name.startswith(("faint", "clipped")):
            yield _row(f"{name}, level not followed", scores(heard, lambda: JudgedVad(0)))


def _row(name: str, found: dict[str, Score]) -> str:
    return f"| {name} | " + " | ".join(str(score) for score in found.values()) + " |"


def cost_us(make: Callable[[], Callable[[bytes], int]], frames: Sequence[bytes]) -> float:
    """CPU time of a frame in a call of these, in the round that other programs disturbed least."""
    rounds = []
    for _round in range(ROUNDS):
        vad = make()
        began_s = time.process_time()
        for frame in frames:
            vad(frame)
        rounds.append((time.process_time() - began_s) / len(frames) * 1e6)
    return min(rounds)


def costs() -> Iterator[str]:
    heard = dict(lines())
    kinds = {
        "digital silence": [SILENCE_BYTE * 160] * 3000,
        "speech and pauses, soft noise": _frames(heard["silence"]),
        "faint: RMS 12": _frames(heard["faint: RMS 12, hiss 20 dB below"]),
        "babble 5 dB: the model judges every frame": _frames(heard["babble 5 dB"]),
    }
    yield "| frames | webrtc, four modes | with the model and the level |"
    yield "|---|---|---|"
    for kind, frames in kinds.items():
        without_us, with_us = cost_us(WebRtcVad, frames), cost_us(JudgedVad, frames)
        yield f"| {kind} | {without_us:.0f} µs | {with_us:.0f} µs |"


def _frames(heard: Heard) -> list[bytes]:
    return [frame for _spoken, samples in heard for frame in rig.frames(to_mulaw(samples))]


def memory() -> Iterator[str]:
    """Resident memory, before anything else has used the model."""
    before_mb = _resident_mb()
    first = JudgedVad()
    model_mb = _resident_mb() - before_mb
    calls = [first, *(JudgedVad() for _number in range(CALLS))]
    for vad in calls:
        vad(rig.speech("book").audio[:160])
    call_kb = (_resident_mb() - before_mb - model_mb) * 1000 / CALLS
    yield f"The model: {model_mb:.0f} MB a process; a detector: {call_kb:.0f} KB a call."


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    for part in (memory(), table(), costs(), [rig.machine()]):
        for line in part:
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
