"""The rule of a trial, written down before it starts, and what it says of the calls so far. Pure.

A guard breaks when the candidate is shown to be worse at all (GUARD_ALPHA), and its figure is worse
by more than is allowed. Guards are looked at first: whatever decides, a candidate that breaks one
has not won.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tuning.lab.sequential import MIN_CALLS, Difference, Sums, difference, tau2_for

CUT_INS, LONG, SHORT, DROPPED, FAILED = "cut-ins", "long", "short", "dropped", "failed"
"""A call's cut-ins over its turns; its waits (ms) after long and after short utterances over their
number; its dropped short answers; whether it failed. Of each, less is better."""
MEASURES = (CUT_INS, LONG, SHORT, DROPPED, FAILED)
DECIDING = (CUT_INS, LONG, SHORT)
GUARDS = (CUT_INS, DROPPED, FAILED)
GUARD_ALPHA = 0.2
"""Two-sided: a harmless candidate breaks a guard in at most one trial of ten. To stop one for
nothing costs a trial; not to stop one costs callers."""
HARM = 4.0
"""Guards are quickest for a harm of so many times what is allowed."""
GUARD_CALLS = 20
"""Of each side, before a guard may break."""
CANDIDATE, LIVE, NO_DIFFERENCE, GUARD = "candidate", "live", "no difference", "guard"

Sides = Mapping[str, tuple[Sums, Sums]]
"""By measure: the live side, the candidate's."""


@dataclass(frozen=True, slots=True)
class Rule:
    decides: str
    least_effect: float
    """The least effect worth having, in the measure's own unit."""
    calls_needed: int
    allowed: Mapping[str, float]
    """By guard: how much worse the candidate may be."""

    @property
    def guards(self) -> tuple[str, ...]:
        """What decides needs no guard."""
        return tuple(each for each in GUARDS if each != self.decides)

    def difference(self, measure: str, live: Sums, candidate: Sums) -> Difference:
        """With the interval by which the rule goes."""
        if measure in self.guards:
            tau2 = tau2_for(HARM * self.allowed[measure], GUARD_ALPHA)
            return difference(live, candidate, tau2, GUARD_ALPHA, GUARD_CALLS)
        return difference(live, candidate, tau2_for(self.least_effect))

    def verdict(self, sides: Sides) -> tuple[str, str]:
        """How the trial ends, and the measure that ends it; "": it goes on."""
        for guard in self.guards:
            seen = self.difference(guard, *sides[guard])
            if seen.low > 0 and seen.value > self.allowed[guard]:
                return GUARD, guard
        live, candidate = sides[self.decides]
        seen = self.difference(self.decides, live, candidate)
        if seen.high < 0:
            return CANDIDATE, self.decides
        if seen.low > 0:
            return LIVE, self.decides
        are_enough = min(live.calls, candidate.calls) >= MIN_CALLS
        if are_enough and live.calls + candidate.calls >= self.calls_needed:
            return NO_DIFFERENCE, self.decides
        return "", ""
