"""Do trials that are looked at after every call tell the truth?

Two sides of invented calls, without and with an effect, looked at after every single call by
tuning.lab.sequential, as the trials of the dashboard are. Callers differ, and some call again;
sides are assigned by call. Each row is 2,000 trials; a false winner is a trial without an effect
that is decided at any call at all, up to three times the computed number. The last columns: trials
with the least effect worth having that find it by the computed number, and that find its opposite.
The second table is of guards: how often they stop a candidate that does no harm in 5,000 calls.

    .venv/bin/python -m bench.trials [--trials 2000] [--seed 1]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calls.measures.shares import wilson
from tuning.lab import sequential
from tuning.lab.trial_rule import CUT_INS, DROPPED, FAILED, Rule

Floats = npt.NDArray[np.float64]
SHARES = (0.1, 0.2, 0.5)
CALLS_A_CALLER = 1.5
PLANNED_FROM = 400
"""Calls from which the spread is taken, as the page takes it from those of the last weeks."""
GUARDED_CALLS = 5000
WATCHED_FOR = 3
"""Times the computed number: whoever goes on for longer is not misled either."""
LONGEST_MS = 5000.0
"""As calls.measures.trial_call has it."""


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    make: Callable[[np.random.Generator, int, float], tuple[Floats, Floats]]
    """Pairs of so many calls without an effect, and the same calls with one."""
    effect: float
    """The least worth having: so much less of it."""


def _callers(rng: np.random.Generator, calls: int) -> npt.NDArray[np.int64]:
    return rng.integers(max(1, round(calls / CALLS_A_CALLER)), size=calls)


def _turns(rng: np.random.Generator, calls: int) -> npt.NDArray[np.int64]:
    """Some hang up at once, some talk for long."""
    return rng.negative_binomial(1.5, 1.5 / 7.5, size=calls) + 1


def cut_ins(rate: float) -> Callable[[np.random.Generator, int, float], tuple[Floats, Floats]]:
    def make(rng: np.random.Generator, calls: int, effect: float) -> tuple[Floats, Floats]:
        callers, turns = _callers(rng, calls), _turns(rng, calls)
        # A caller's own rate scatters about as much as it is high (beta, 1 / 25 of it for ever 0).
        own = rng.beta(1.0, (1 - rate) / rate, size=callers.max() + 1)[callers]
        before = rng.binomial(turns, own)
        after = rng.binomial(before, 1 - effect / rate)
        return np.column_stack((before, turns)), np.column_stack((after, turns))

    return make


def waits(median_ms: float, sigma: float) -> Callable[..., tuple[Floats, Floats]]:
    """Sums over a call's turns: log-normal, with the caller's own part of it."""

    def make(rng: np.random.Generator, calls: int, effect: float) -> tuple[Floats, Floats]:
        callers, turns = _callers(rng, calls), rng.poisson(0.6 * _turns(rng, calls))
        own = rng.normal(0, sigma, size=callers.max() + 1)[callers]
        of_call = np.repeat(np.arange(calls), turns)
        each_ms = median_ms * np.exp(own[of_call] + rng.normal(0, sigma, size=len(of_call)))
        sums = [
            np.bincount(of_call, np.minimum(each_ms - less, LONGEST_MS), minlength=calls)
            for less in (0.0, effect)
        ]
        return np.column_stack((sums[0], turns)), np.column_stack((sums[1], turns))

    return make


MEASURES = (
    Measure("cut-ins, 2 % of turns, 1 point fewer", cut_ins(0.02), 0.01),
    Measure("cut-ins, 4 %, 1.5 points fewer", cut_ins(0.04), 0.015),
    Measure("cut-ins, 6 %, 2 points fewer", cut_ins(0.06), 0.02),
    Measure("mean wait, median 900 ms, sigma 0.3 + 0.3, 80 ms less", waits(900, 0.3), 80.0),
    Measure("the same, sigma 0.6 + 0.6, 150 ms less", waits(900, 0.6), 150.0),
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A rare event, so many a call; a harmful candidate has it so much more often."""

    name: str
    key: str
    a_call: float
    harmed: float
    allowed: float

    @property
    def rule(self) -> Rule:
        return Rule(CUT_INS, 0.01, 1, {self.key: self.allowed})

    def make(self, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Callers have it more or less often, some never."""
        own = rng.gamma(1.0, size=GUARDED_CALLS)
        sides = [rng.poisson(own * mean) for mean in (self.a_call, self.harmed)]
        if self.key == FAILED:
            sides = [np.minimum(side, 1) for side in sides]
        ones = np.ones(GUARDED_CALLS)
        return np.column_stack((sides[0], ones)), np.column_stack((sides[1], ones))


GUARDS = (
    Guard("failed calls, 1 %; harmed 6 %; 1 point allowed", FAILED, 0.01, 0.06, 0.01),
    Guard("dropped, 5 in 100 calls; harmed 20; 5 allowed", DROPPED, 0.05, 0.20, 0.05),
)


@dataclass(frozen=True, slots=True)
class Row:
    measure: str
    share: float
    needed: float
    """The mean of the computed numbers: each trial plans from calls of its own."""
    trials: int
    false: int
    found: int
    opposite: int
    halfway: float
    """The calls after which half of the trials with the effect had found it."""


def row(place: int, share: float, trials: int, seed: int) -> Row:
    """place: of the measure."""
    measure, rng = MEASURES[place], np.random.default_rng([seed, place, round(share * 100)])
    false = opposite = 0
    needed, found_after = [], []
    tau2 = sequential.tau2_for(measure.effect)
    for _trial in range(trials):
        planned, _unused = measure.make(rng, PLANNED_FROM, measure.effect)
        spread = sequential.spread_of(sequential.Sums.of(planned))
        assert spread is not None
        calls = sequential.calls_needed(measure.effect, spread, share)
        needed.append(calls)
        before, after = measure.make(rng, calls * WATCHED_FOR, measure.effect)
        is_candidate = rng.random(len(before)) < share
        signs = _signs(before, is_candidate, tau2)
        false += bool(signs.any())
        with_effect = np.where(is_candidate[:, None], after, before)
        signs = _signs(with_effect, is_candidate, tau2)[:calls]
        first = int(signs.astype(bool).argmax())
        opposite += signs[first] > 0
        found_after.append(first + 1 if signs[first] < 0 else np.inf)
    found = int(np.isfinite(found_after).sum())
    return Row(
        measure.name, share, float(np.mean(needed)), trials, false, found, opposite,
        float(np.median(found_after)),
    )  # fmt: skip


def _signs(pairs: Floats, is_candidate: npt.NDArray[np.bool_], tau2: float) -> Floats:
    """After each call: -1 the candidate has less, 1 it has more, 0 it is not known."""
    live = sequential.Sums.course(pairs, ~is_candidate)
    candidate = sequential.Sums.course(pairs, is_candidate)
    seen = sequential.difference(live, candidate, tau2)
    signs: Floats = (seen.low > 0).astype(float) - (seen.high < 0)
    return signs


@dataclass(frozen=True, slots=True)
class GuardRow:
    name: str
    share: float
    trials: int
    broken: int
    """By a candidate that does no harm."""
    halfway: float
    """The calls after which half of the harmful candidates are stopped; inf: more than half
    are not."""


def guard_row(place: int, share: float, trials: int, seed: int) -> GuardRow:
    guard, rng = GUARDS[place], np.random.default_rng([seed, 100 + place, round(share * 100)])
    broken, stopped_after = 0, []
    for _trial in range(trials):
        before, after = guard.make(rng)
        is_candidate = rng.random(len(before)) < share
        broken += bool(_breaks(guard, before, is_candidate).any())
        harmed = _breaks(guard, np.where(is_candidate[:, None], after, before), is_candidate)
        stopped_after.append(int(harmed.argmax()) + 1 if harmed.any() else np.inf)
    return GuardRow(guard.name, share, trials, broken, float(np.median(stopped_after)))


def _breaks(
    guard: Guard, pairs: Floats, is_candidate: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """After each call."""
    live = sequential.Sums.course(pairs, ~is_candidate)
    candidate = sequential.Sums.course(pairs, is_candidate)
    seen = guard.rule.difference(guard.key, live, candidate)
    found: npt.NDArray[np.bool_] = (seen.low > 0) & (seen.value > guard.rule.allowed[guard.key])
    return found


def all_rows(make: Callable[..., Any], places: int, trials: int, seed: int) -> Iterator[Any]:
    cells = [(place, share) for place in range(places) for share in SHARES]
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(make, *cell, trials, seed) for cell in cells]
        yield from (job.result() for job in jobs)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--guards", action="store_true", help="only their table")
    asked = parser.parse_args()
    print(
        "| measure | share | calls computed | false winners (95 %) | effect found by then "
        "| opposite | half found after |"
    )
    print("|---|---|---|---|---|---|---|")
    for each in all_rows(row, 0 if asked.guards else len(MEASURES), asked.trials, asked.seed):
        _low, high = wilson(each.false, each.trials)
        print(
            f"| {each.measure} | {each.share:.0%} | {each.needed:,.0f} "
            f"| {each.false / each.trials:.1%} (to {high:.1%}) | {each.found / each.trials:.0%} "
            f"| {each.opposite / each.trials:.1%} | {each.halfway:,.0f} |",
            flush=True,
        )
    print(
        "\n| guard | share | broken without harm (95 %) | half of the harmful stopped after |\n"
        "|---|---|---|---|"
    )
    for each in all_rows(guard_row, len(GUARDS), asked.trials, asked.seed):
        _low, high = wilson(each.broken, each.trials)
        print(
            f"| {each.name} | {each.share:.0%} | {each.broken / each.trials:.1%} (to {high:.1%}) "
            f"| {each.halfway:,.0f} calls |",
            flush=True,
        )


if __name__ == "__main__":
    main()
