"""What to change: steps of the knobs that were tried on recorded calls, and borne out. Pure.

Rules:
- Two goals: fewer cut-ins, and shorter waits. Waits are only shortened where cut-ins are surely
  within their target, and would surely stay so.
- Many steps are tried, and some of them always look good by chance. So a step is found on one half
  of the calls, where it need only look likely, and kept only if the other half bears it out
  (Cox, Biometrika 1975: select on one part, test on the other). At most MOST steps are put to the
  other half, however many were tried, and there each has to pass at 5 % / MOST (Bonferroni): so
  chance alone gives any advice in at most 5 % of cases. A hash of a call says which half it is of.
- What is said of a step comes from the half that had no say in its choice: the half that chose
  it flatters it.
- Never without the opposite risk beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil

from calls.lab.comparison import WAITS, Comparison, Estimate
from calls.lab.figures import ENOUGH_CALLS
from calls.measures.shares import Z
from tuning.turns.profile import FRAME_MS, KNOB, Profile, problems

MOST = 3
HALVES = 2
LIKELY, BORNE_OUT = 0.5, 1.086
"""How much of the arm of a 95 % interval must lie on the good side: on the half that finds a step
(one standard error), and on the half that tests MOST of them (2.128 instead of 1.96)."""
LEAST_SOONER_MS = 40.0
"""Less is not worth an operator's while."""
STEPS: dict[str, tuple[int, ...]] = {
    "end_silence_short_ms": (50, 150, 300),
    "end_silence_long_ms": (100, 300, 800),
    "min_utterance_ms": (100,),
    "vad_hangover_ms": (40, 80),
    "finished_silence_ms": (40, 100, 200),
    "middle_silence_ms": (100, 300, 600),
    "sure_percent": (2, 5),
    "verdict_wait_ms": (200,),
    "asked_for_time_ms": (500,),
    "stable_ms": (40,),
    "resume_ms": (40,),
    "response_delay_max_ms": (50,),
    "vad_aggressiveness": (1,),
}
"""How far each knob that moves cut-ins or waits is turned, both ways: a small step costs little,
but only a large one shows on few calls."""


@dataclass(frozen=True, slots=True)
class Step:
    """One knob turned."""

    knob: str
    before: int
    after: int

    def on(self, profile: Profile) -> Profile:
        return Profile.stored(asdict(profile) | {self.knob: self.after})

    @classmethod
    def between(cls, live: Profile, candidate: Profile) -> Step | None:
        """What makes a candidate of the live profile; None: not one turned knob."""
        before, after = asdict(live), asdict(candidate)
        turned = [name for name in before if before[name] != after[name]]
        if len(turned) != 1 or turned[0] not in STEPS:
            return None
        return cls(turned[0], before[turned[0]], after[turned[0]])


@dataclass(frozen=True, slots=True)
class Tried:
    """A step on all the calls, and on each half of them."""

    step: Step
    whole: Comparison
    found: Comparison
    held: Comparison


@dataclass(frozen=True, slots=True)
class Advice:
    """A step that both halves of the calls bear out; differences from the live profile.

    fewer_cut_ins: the goal; else shorter waits. cut_ins_a_week: how many more (negative: fewer).
    wait: the one of WAITS that shrinks or, where cut-ins are the goal, that grows most.
    median_ms: what the median caller waits longer.
    """

    step: Step
    fewer_cut_ins: bool
    cut_ins_a_week: Estimate
    median_ms: Estimate
    wait: str
    wait_ms: Estimate


@dataclass(frozen=True, slots=True)
class Advised:
    """cut_ins: where their rate lies: "over" the target, "within" it, "around" it, or "" (unknown:
    nothing is advised). turns, calls: what it rests on. needed: how many more turns it takes until
    that is known; None: it is known, or no number of turns would tell."""

    cut_ins: str
    turns: int
    calls: int
    needed: int | None
    advice: tuple[Advice, ...] = ()


def steps(profile: Profile) -> list[Step]:
    """Every step of STEPS that acts under the profile's rule and makes a valid profile."""
    values, found = asdict(profile), []
    for name, sizes in STEPS.items():
        knob = KNOB[name]
        if not knob.acts_under(profile.endpointing):
            continue
        for size in sorted({*sizes, *(-size for size in sizes)}):
            turned = Step(name, values[name], values[name] + size)
            if not any(each.is_error for each in problems(values | {name: turned.after})):
                found.append(turned)
    return found


def half_of(call: int) -> int:
    """0 or 1: the half to which the call of this primary key belongs."""
    return hashlib.sha256(f"{call}".encode()).digest()[0] % HALVES


def advise(tried: Sequence[Tried], *, most_cut_ins: float, days: float) -> Advised:
    """most_cut_ins: their target, a turn. days: how long the calls took to come."""
    if not tried:
        return Advised("", 0, 0, None)
    live = tried[0].whole
    turns, calls, rate = live.before.turns, live.calls, live["cut_ins"].before
    fewest = max(turns_to_tell(most_cut_ins), ENOUGH_CALLS * turns / max(calls, 1)) * HALVES
    halves = tried[0].found, tried[0].held
    if rate is None or turns < fewest or any(half["cut_ins"].before is None for half in halves):
        return Advised("", turns, calls, max(1, ceil(fewest - turns)))
    where = _where(rate, most_cut_ins)
    if where == "within":
        found = [each for each in tried if _sooner(each.found)]
        found.sort(key=lambda each: -_sooner_for(each.found))
        kept = [
            each
            for each in _a_knob_once(found)
            if _is_as_sooner(each.held[_sooner(each.found)].difference, BORNE_OUT)
            and _stays_within(each.whole, most_cut_ins)
        ]
    else:
        found = [each for each in tried if _is_fewer(each.found, LIKELY)]
        found.sort(key=lambda each: -_fewer_for(each.found))
        kept = [each for each in _a_knob_once(found) if _is_fewer(each.held, BORNE_OUT)]
    advice = [_advice(each, where != "within", days) for each in kept if _is_harmless(each.whole)]
    needed = _turns_until_sure(rate, turns, most_cut_ins) if where == "around" else None
    return Advised(where, turns, calls, needed, tuple(each for each in advice if each))


def turns_to_tell(target: float) -> float:
    """The fewest turns without any cut-in that show the rate to be within its target: from there
    on Wilson's interval of 0 ends below it."""
    return Z * Z * (1 - target) / target


def _where(rate: Estimate, target: float) -> str:
    if rate.high <= target:
        return "within"
    return "over" if rate.low > target else "around"


def _turns_until_sure(rate: Estimate, turns: int, target: float) -> int | None:
    """An interval is as wide as one over the root of what it rests on."""
    apart = abs(rate.value - target)
    half = rate.high - rate.value if rate.value < target else rate.value - rate.low
    wanted = turns * (half / apart) ** 2 if apart else float("inf")
    return ceil(wanted - turns) if turns < wanted < turns * 100 else None


def _surely(found: Estimate | None, arm: float) -> float:
    """How much less something is, if so much of its interval's arm goes against it; 0 or less: it
    may be no less."""
    return -(found.value + (found.high - found.value) * arm) if found else 0.0


def _is_fewer(found: Comparison, arm: float) -> bool:
    return _surely(found.more_cut_ins, arm) > 0


def _fewer_for(found: Comparison) -> float:
    """How many cut-ins a step is likely to spare for each millisecond that it costs."""
    costs = [figure.value for name in WAITS if (figure := found[name].difference)]
    a_wait = max(float(FRAME_MS), sum(costs) / max(len(costs), 1))
    return _surely(found.more_cut_ins, LIKELY) / a_wait


def _sooner(found: Comparison) -> str:
    """The one of WAITS that is likely to shrink most, by enough; "": none."""
    shrinking = {
        name: difference.value
        for name in WAITS
        if (difference := found[name].difference) and _is_as_sooner(difference, LIKELY)
    }
    return min(shrinking, key=lambda name: shrinking[name], default="")


def _is_as_sooner(difference: Estimate | None, arm: float) -> bool:
    return (
        difference is not None
        and difference.value <= -LEAST_SOONER_MS
        and _surely(difference, arm) > 0
    )


def _sooner_for(found: Comparison) -> float:
    """How many milliseconds a step is likely to spare for each cut-in that it costs."""
    more, shrinks = found.more_cut_ins, found[_sooner(found)].difference
    return _surely(shrinks, LIKELY) / (1 + max(0.0, more.value if more else 0.0))


def _a_knob_once(tried: Iterable[Tried]) -> list[Tried]:
    """The best of each knob; of these the best few, which alone are put to the other half."""
    of_knob: dict[str, Tried] = {}
    for each in tried:
        of_knob.setdefault(each.step.knob, each)
    return list(of_knob.values())[:MOST]


def _stays_within(whole: Comparison, target: float) -> bool:
    after = whole["cut_ins"].after
    return after is not None and after.high <= target


def _is_harmless(whole: Comparison) -> bool:
    """Neither short answers are lost by it, nor replies stopped."""
    found = [whole[name].difference for name in ("dropped", "stopped")]
    return all(each is not None and each.low <= 0 for each in found)


def _advice(tried: Tried, fewer_cut_ins: bool, days: float) -> Advice | None:
    held = tried.held
    more, median = held.more_cut_ins, held["p50_all"].difference
    moved = [(name, each) for name in WAITS if (each := held[name].difference)]
    if more is None or median is None or not moved:
        return None
    wait, wait_ms = max(moved, key=lambda each: each[1].value)
    if not fewer_cut_ins:
        wait, wait_ms = next(each for each in moved if each[0] == _sooner(tried.found))
    a_week = tried.whole.before.turns / held.before.turns * 7 / days
    scaled = Estimate(more.value * a_week, more.low * a_week, more.high * a_week)
    return Advice(tried.step, fewer_cut_ins, scaled, median, wait, wait_ms)
