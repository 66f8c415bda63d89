"""Does the lab tell the truth? The same callers under two profiles, and what it made of the first.

The callers react (calls.simulator.virtual.caller), in virtual time, with the corpus' audio and the
real detectors. Each pair's prediction comes only from the journals of the calls under the first
profile. The second calls are the same callers, lines, pauses, habits and services.

    .venv/bin/python -m bench.lab                    # 408 calls, two processes: minutes
    .venv/bin/python -m bench.lab --calls 102
"""

from __future__ import annotations

import argparse
import gzip
import logging
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context

from bench import rig
from bench.corpus import lists
from bench.lab_callers import LabCaller, Placed, callers
from bench.phone_call import WRONG_SHARE
from calls.lab.comparison import Estimate
from calls.lab.figures import compare
from calls.lab.recorded import local_judge
from calls.language.language import words_of
from tuning.lab.tried import CallTried
from tuning.lab.trying import tried
from tuning.turns import journal
from tuning.turns.profile import SHIPPED, Profile

HALF = "unseen"
CALLS = 408
CELLS = {
    "cut_ins": "cut-ins",
    "p50_short": "p50 short",
    "p95_short": "p95 short",
    "p50_long": "p50 long",
    "p95_long": "p95 long",
}
MOST_POINTS, MOST_MS, LEAST_INSIDE = 1.5, 60, 0.9
"""What is promised: of cut-ins, of the medians, of cells within their interval."""
SPEED_CALLS = 8
MINUTES, MANY = 2, 1000


@dataclass(frozen=True, slots=True)
class Pair:
    """wrong_share: of the model's verdicts, under both; None: there is no model."""

    name: str
    before: Profile
    after: Profile
    wrong_share: float | None = WRONG_SHARE


def _adaptive(**knobs: int | str) -> Profile:
    return Profile(**SHIPPED["adaptive"] | knobs)


def _fixed(**knobs: int | str) -> Profile:
    return Profile(**SHIPPED["balanced"] | knobs)


HASTY = _fixed(end_silence_short_ms=400, end_silence_long_ms=1200)
UNHURRIED = _fixed(end_silence_short_ms=800, end_silence_long_ms=2400)
PAIRS = (
    Pair("middle silence 1000 -> 700", _adaptive(), _adaptive(middle_silence_ms=700)),
    Pair("middle silence 700 -> 1000", _adaptive(middle_silence_ms=700), _adaptive()),
    Pair("longest silence 2600 -> 1800", _adaptive(), _adaptive(end_silence_long_ms=1800)),
    Pair("longest silence 1800 -> 2600", _adaptive(end_silence_long_ms=1800), _adaptive()),
    Pair("sure 92 -> 75 %", _adaptive(), _adaptive(sure_percent=75)),
    Pair("Silero -> WebRTC alone", _adaptive(), _adaptive(vad="webrtc")),
    Pair(
        "fixed -> 400 and 1200 ms",
        _fixed(),
        HASTY,
    ),
    Pair(
        "fixed -> 800 and 2400 ms",
        _fixed(),
        UNHURRIED,
    ),
    Pair("fixed, aggressiveness 2 -> 3", _fixed(), _fixed(vad_aggressiveness=3)),
    Pair("fixed -> adaptive, no model", _fixed(), _adaptive(vad="webrtc"), None),
)


@dataclass(slots=True)
class Found:
    """One pair, call by call."""

    live: list[CallTried] = field(default_factory=list)
    predicted: list[CallTried] = field(default_factory=list)
    happened: list[CallTried] = field(default_factory=list)
    true_cut_ins: list[int] = field(default_factory=lambda: [0, 0])
    """Before, after: also those where the caller let the agent finish,"""
    replies: list[int] = field(default_factory=lambda: [0, 0])
    """of so many that were heard."""

    def add(self, other: Found) -> None:
        self.live += other.live
        self.predicted += other.predicted
        self.happened += other.happened
        for at in range(2):
            self.true_cut_ins[at] += other.true_cut_ins[at]
            self.replies[at] += other.replies[at]


@dataclass(frozen=True, slots=True)
class Cell:
    pair: str
    name: str
    before: float
    predicted: Estimate
    happened: float

    @property
    def is_inside(self) -> bool:
        return self.predicted.low <= self.happened <= self.predicted.high

    @property
    def error(self) -> float:
        """In percentage points, or in milliseconds."""
        return (self.predicted.value - self.happened) * (100 if self.name == "cut_ins" else 1)


def run(job: tuple[int, int, float]) -> tuple[list[Found], float, float]:
    """A seed's calls, so many: what was found of each pair; call seconds that were replayed, and
    the processor's seconds that took."""
    seed, most, yields = job
    logging.getLogger("calls.language.hebrew.lexicon").setLevel(logging.ERROR)
    found = [Found() for _pair in PAIRS]
    lasted_s = spent_s = 0.0
    for number, caller in enumerate(callers(HALF, seed)):
        if number == most:
            break
        placed: dict[tuple[Profile, float | None], Placed] = {}
        for pair, each in zip(PAIRS, found, strict=True):
            sides = [
                _placed(placed, caller, profile, pair.wrong_share, yields)
                for profile in (pair.before, pair.after)
            ]
            _compare(pair, sides, each)
        if number < SPEED_CALLS:
            lasted, spent = _speed(placed[PAIRS[0].before, PAIRS[0].wrong_share])
            lasted_s, spent_s = lasted_s + lasted, spent_s + spent
    return found, lasted_s, spent_s


def _placed(
    placed: dict[tuple[Profile, float | None], Placed],
    caller: LabCaller,
    profile: Profile,
    wrong_share: float | None,
    yields: float,
) -> Placed:
    key = profile, wrong_share
    if key not in placed:
        placed[key] = caller.call(profile, wrong_share, yields)
    return placed[key]


def _compare(pair: Pair, sides: Sequence[Placed], found: Found) -> None:
    before, after = sides
    live, predicted = _tried(pair, before, [None, pair.after])
    found.live.append(live)
    found.predicted.append(predicted)
    found.happened += _tried(pair, after, [None])
    for at, side in enumerate(sides):
        found.true_cut_ins[at] += side.true_cut_ins
        found.replies[at] += side.replies


def _tried(pair: Pair, placed: Placed, profiles: Sequence[Profile | None]) -> list[CallTried]:
    return tried(
        placed.entries, profiles, words_of, placed.timings, judge=local_judge("he"),
        short_ms=pair.before.short_utterance_ms, has_verdicts=pair.wrong_share is not None,
    )  # fmt: skip


def _speed(placed: Placed) -> tuple[float, float]:
    """A call as it lies in the database, under one candidate."""
    text = gzip.compress("\n".join(map(journal.dump, placed.entries)).encode())
    began_s = time.process_time()
    entries = list(journal.read(gzip.decompress(text).decode().split("\n")))
    tried(entries, [None, PAIRS[0].after], words_of, placed.timings, judge=local_judge("he"))
    return placed.lasts_ms / 1000, time.process_time() - began_s


def cells(pair: Pair, found: Found) -> list[Cell]:
    comparison = compare(found.live, found.predicted)
    truth = compare(found.happened, found.happened)
    made = []
    for name in CELLS:
        figure, happened = comparison[name], truth[name].after
        if figure.before and figure.after and happened:
            made.append(Cell(pair.name, name, figure.before.value, figure.after, happened.value))
    return made


def table(of_pairs: Sequence[tuple[Pair, Found, list[Cell]]]) -> str:
    """Each cell: before; predicted (its interval); happened, in bold where it is outside."""
    rows = [["from -> to", *CELLS.values(), "true cut-ins", "unknown, unseen"]]
    rows.append(["---"] * len(rows[0]))
    for pair, found, made in of_pairs:
        by_name = {cell.name: cell for cell in made}
        shown = [_shown(by_name[name]) if name in by_name else "–" for name in CELLS]
        shares = [
            f"{100 * cut / of:.1f}"
            for cut, of in zip(found.true_cut_ins, found.replies, strict=True)
        ]
        turns = [turn for call in found.predicted for turn in call.turns]
        unknown = Counter(turn.unknown for turn in turns if turn.unknown)
        unseen = sum(turn.is_unseen for turn in turns)
        left = f"{unknown.total()}, {unseen} of {len(turns)}"
        rows.append([pair.name, *shown, " -> ".join(shares) + " %", left])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _shown(cell: Cell) -> str:
    per, digits = (100, 1) if cell.name == "cut_ins" else (1, 0)
    values = (cell.before, cell.predicted.value, cell.predicted.low, cell.predicted.high)
    before, value, low, high = (f"{per * each:.{digits}f}" for each in values)
    happened = f"{per * cell.happened:.{digits}f}"
    mark = "" if cell.is_inside else "**"
    return f"{before}; {value} ({low}–{high}); {mark}{happened}{mark}"


def verdict(made: Sequence[Cell]) -> str:
    inside = sum(cell.is_inside for cell in made)
    lines = [f"{inside} of {len(made)} cells hold what happened ({inside / len(made):.0%})."]
    for which, unit in (("cut_ins", "points"), ("p50", "ms"), ("p95", "ms")):
        own = [cell for cell in made if which in cell.name]
        worst = max(own, key=lambda cell: abs(cell.error))
        lines.append(
            f"Largest error of {which}: {worst.error:+.1f} {unit} ({worst.pair}, {worst.name})."
        )
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    options.add_argument("--calls", type=int, default=CALLS)
    options.add_argument(
        "--yields",
        type=float,
        default=0.2,
        help="share of callers cut in on who let the agent finish",
    )
    options.add_argument("--processes", type=int, default=2)
    given = options.parse_args()
    began_s = time.monotonic()
    each = lists()[HALF]["calls"]
    jobs = [
        (seed + 1, min(each, given.calls - begin), given.yields)
        for seed, begin in enumerate(range(0, given.calls, each))
    ]
    found = [Found() for _pair in PAIRS]
    lasted_s = spent_s = 0.0
    with get_context("spawn").Pool(given.processes) as pool:
        for part, lasted, spent in pool.imap(run, jobs):
            for whole, own in zip(found, part, strict=True):
                whole.add(own)
            lasted_s, spent_s = lasted_s + lasted, spent_s + spent
    of_pairs = [(pair, own, cells(pair, own)) for pair, own in zip(PAIRS, found, strict=True)]
    calls = len(found[0].live)
    print(f"{calls} calls of the {HALF} half under each profile. {rig.machine()}\n")
    print(table(of_pairs))
    print("\n" + verdict([cell for *_rest, made in of_pairs for cell in made]))
    speed = lasted_s / spent_s
    many_s = MANY * MINUTES * 60 / speed / 2
    print(
        f"Replay, journals read: {speed:.0f} times real time a core; {MANY:,} calls of {MINUTES} "
        f"minutes in {many_s:.0f} s on two cores."
    )
    print(f"{time.monotonic() - began_s:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
