"""How well turns are taken: Hebrew calls with their truth, played to the core under each policy.

Cut-ins against delay for the shipped profiles and for fixed silences, with the model's verdicts as
often wrong as bench.phone_call says, more often, never, and missing, and what the core costs. The
corpus has two halves; figures are of the unseen one.

    .venv/bin/python -m bench.turns                       # a few minutes
    .venv/bin/python -m bench.turns --half weights        # while setting weights
    .venv/bin/python -m bench.turns --svg docs/turns.svg
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from bench import rig
from bench import turn_scores as scores
from bench.corpus import CallerCall, calls
from bench.phone_call import WRONG_SHARE, Outcome, PhoneCall
from bench.turn_chart import Point, chart
from bench.turn_tables import ablated_table, policy_table
from calls.audio.codec import FRAME_BYTES
from calls.audio.vad import JudgedVad, Vad
from calls.language.hebrew import HEBREW
from tuning.turns.profile import KNOB, SHIPPED, Profile
from tuning.turns.turn_taker import TurnTaker

Made = list[tuple[CallerCall, list[list[int]], list[list[int]]]]
ADAPTIVE = Profile(**SHIPPED["adaptive"])
FIXED_MS = (280, 400, 500, 600, 720, 850, 1000, 1200, 1400, 1700, 2000)
"""Silences of the curve; the shortest is the shortest that a profile may ask for."""
HANGOVER_MS = 80
ABLATED: dict[str, dict[str, int | str]] = {
    "all of it": {},
    "the local judge is never sure": {"sure_percent": 100},
    "without waiting for the verdict": {"verdict_wait_ms": 0},
    "without time asked for": {"asked_for_time_ms": 0},
    "without thinking ahead": {"think_limit": 0},
    "without Silero": {"vad": "webrtc"},
}


def fixed(silence_ms: int) -> Profile:
    """The same silence after everything, as near as the ranges of the knobs allow."""
    hangover_ms = max(HANGOVER_MS, silence_ms - KNOB["end_silence_short_ms"].hard[1])
    each_ms = silence_ms - hangover_ms
    longest_ms = max(each_ms, KNOB["end_silence_long_ms"].hard[0])
    return Profile(
        vad_hangover_ms=hangover_ms,
        end_silence_short_ms=each_ms,
        end_silence_long_ms=longest_ms,
        short_utterance_ms=KNOB["short_utterance_ms"].hard[longest_ms > each_ms],
        min_utterance_ms=KNOB["min_utterance_ms"].hard[0],
    )


def heard_by_detectors(half: str, seed: int = 1) -> Made:
    """Each call with the verdicts on its turns' audio, and on its line before and after each."""
    made: Made = []
    for call in calls(half, seed):
        vad = JudgedVad()
        noise, verdicts = [_verdicts(vad, call.noise)], []
        for turn in call.turns:
            verdicts.append(_verdicts(vad, turn.audio))
            noise.append(_verdicts(vad, call.noise))
        made.append((call, verdicts, noise))
    return made


def _verdicts(vad: Vad, audio: bytes) -> list[int]:
    return [vad(audio[at : at + FRAME_BYTES]) for at in range(0, len(audio), FRAME_BYTES)]


def played(
    made: Made, profile: Profile, wrong_share: float | None = WRONG_SHARE
) -> list[list[Outcome]]:
    return [
        PhoneCall(call.turns, verdicts, noise, profile, number, wrong_share).play()
        for number, (call, verdicts, noise) in enumerate(made)
    ]


def cost_us(made: Made, profile: Profile) -> float:
    """Of one frame, detectors not included."""
    frames, spent_s = 0, 0.0
    for number, (call, verdicts, noise) in enumerate(made):
        phone_call = PhoneCall(call.turns, verdicts, noise, profile, seed=number)
        phone_call.play()
        core = TurnTaker(HEBREW.words)
        began_s = time.process_time()
        for event in phone_call.events:
            core.feed(event)
        spent_s += time.process_time() - began_s
        frames += len(phone_call.events)
    return spent_s / frames * 1e6


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--half", choices=("weights", "unseen"), default="unseen")
    options.add_argument("--svg", type=Path, help="draw cut-ins against delay into this file")
    given = options.parse_args()
    began_s = time.monotonic()
    logging.getLogger("calls.language.hebrew.lexicon").setLevel(
        logging.ERROR
    )  # words it has to guess
    made = heard_by_detectors(given.half)
    turns = sum(len(call.turns) for call, *_rest in made)
    print(f"{given.half} half: {len(made)} calls, {turns} turns. {rig.machine()}\n")
    shipped = {name: played(made, Profile(**knobs)) for name, knobs in SHIPPED.items()}
    curve = {f"fixed {ms} ms": played(made, fixed(ms)) for ms in FIXED_MS}
    judged = {
        "adaptive, the model right": played(made, ADAPTIVE, 0.0),
        "adaptive, the model 10 % wrong": played(made, ADAPTIVE, 0.1),
        "adaptive, no model": played(made, ADAPTIVE, None),
    }
    print(policy_table(shipped | judged | curve))
    ablated = {
        name: played(made, Profile(**asdict(ADAPTIVE) | knobs)) for name, knobs in ABLATED.items()
    }
    print(ablated_table(ablated))
    costs = {name: cost_us(made, Profile(**SHIPPED[name])) for name in ("balanced", "adaptive")}
    print("core, per frame: " + ", ".join(f"{name} {us:.1f} us" for name, us in costs.items()))
    if given.svg:
        given.svg.write_text(chart(list(_points(curve)), list(_points(shipped))))
    print(f"{time.monotonic() - began_s:.0f} s", file=sys.stderr)


def _points(policies: dict[str, list[list[Outcome]]]) -> Iterator[Point]:
    for name, outcomes in policies.items():
        everything = [outcome for call in outcomes for outcome in call]
        delays = [ms for kind in scores.CLASSES for ms in scores.delays_ms(everything, kind)]
        yield Point(name, scores.p50(delays) or 0, 100 * (scores.cut_in_share(everything) or 0))


if __name__ == "__main__":
    main()
