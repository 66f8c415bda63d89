"""What a trial counts of one call, and how its two sides stand.

Rules: a call counts once it is settled, as long as the trial runs; test calls are on no side, and
one that a person held is on none any more. The
rules' own verdicts count, not labels: whoever labels may know the side. The counts outlive the
call, so that forgetting old calls changes no trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from django.db import models
from django.utils import timezone

from tuning.lab import trial_rule
from tuning.lab.sequential import Floats, Sums
from tuning.models import Trial

if TYPE_CHECKING:
    from calls.models import Call, Turn

LONGEST_WAIT_MS = 5000.0
"""A longer one counts as this: a service's outage must not decide over a silence."""
FIGURES = (
    *("turns", "cut_ins", "long_turns", "long_ms", "short_turns", "short_ms"),
    *("dropped_short", "is_failed"),
)


class TrialCall(models.Model):
    """One call of a trial, in figures."""

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="counted")
    call = models.OneToOneField("calls.Call", models.SET_NULL, null=True, related_name="+")
    runs_candidate = models.BooleanField()
    turns = models.PositiveIntegerField()
    cut_ins = models.PositiveIntegerField()
    long_turns = models.PositiveIntegerField()
    """Those that were answered, after long utterances,"""
    long_ms = models.FloatField()
    """and the sum of their waits."""
    short_turns = models.PositiveIntegerField()
    short_ms = models.FloatField()
    dropped_short = models.PositiveIntegerField()
    is_failed = models.BooleanField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.call} in trial {self.trial_id}"

    @classmethod
    def keep(cls, call: Call) -> None:
        """Count a settled call, if it is on a side of a trial that still runs."""
        trial = call.trial
        if trial is None or not trial.is_running or call.started_at is None or call.was_held:
            return
        turns = call.turns.filter(call.turns.model.AGENTS)
        figures = figures_of(call, turns, trial.live.values.short_utterance_ms)
        cls.objects.update_or_create(
            call=call, defaults={"trial": trial, "runs_candidate": call.runs_candidate, **figures}
        )


def figures_of(call: Call, turns: Iterable[Turn], short_under_ms: int) -> dict[str, float]:
    """What counts of a call, by column of TrialCall."""
    found = dict.fromkeys(FIGURES, 0.0)
    for turn in turns:
        found["turns"] += 1
        found["cut_ins"] += turn.outcome == turn.Outcome.CUT_IN
        if (waited_ms := turn.response_latency) is not None:
            kind = "short" if turn.span_ms < short_under_ms else "long"
            found[f"{kind}_turns"] += 1
            found[f"{kind}_ms"] += min(waited_ms, LONGEST_WAIT_MS)
    found["dropped_short"] = call.unanswered_short
    found["is_failed"] = call.ended_why == call.Ended.FAILED
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of calls, a row each, in the order in which they were settled."""

    is_candidate: npt.NDArray[np.bool_]
    rows: Floats

    @classmethod
    def of(cls, trial: Trial) -> Counted:
        found = list(trial.counted.values_list("runs_candidate", *FIGURES))
        values = np.array(found, dtype=float).reshape(-1, 1 + len(FIGURES))
        return cls(values[:, 0].astype(bool), values[:, 1:])

    @classmethod
    def planned(cls, figures: Iterable[Mapping[str, float]]) -> Counted:
        """Calls before any trial, all on the live side."""
        rows = [[one[name] for name in FIGURES] for one in figures]
        values = np.array(rows, dtype=float).reshape(-1, len(FIGURES))
        return cls(np.zeros(len(values), dtype=bool), values)

    def __len__(self) -> int:
        return len(self.rows)

    def pairs(self, measure: str) -> Floats:
        """Each call's amount, and what it is counted over."""
        amount, over = {
            trial_rule.CUT_INS: ("cut_ins", "turns"),
            trial_rule.LONG: ("long_ms", "long_turns"),
            trial_rule.SHORT: ("short_ms", "short_turns"),
            trial_rule.DROPPED: ("dropped_short", ""),
            trial_rule.FAILED: ("is_failed", ""),
        }[measure]
        counted_over = self._column(over) if over else np.ones(len(self))
        return np.column_stack((self._column(amount), counted_over))

    def sides(self, measure: str) -> tuple[Sums, Sums]:
        """The live side, the candidate's."""
        pairs = self.pairs(measure)
        return Sums.of(pairs[~self.is_candidate]), Sums.of(pairs[self.is_candidate])

    def courses(self, measure: str) -> tuple[Sums, Sums]:
        """The same, after each of the calls."""
        pairs = self.pairs(measure)
        return Sums.course(pairs, ~self.is_candidate), Sums.course(pairs, self.is_candidate)

    def _column(self, name: str) -> Floats:
        column: Floats = self.rows[:, FIGURES.index(name)]
        return column


def look(trial: Trial) -> None:
    """End it if its rule says so, or its last day has come."""
    counted = Counted.of(trial)
    state, over = trial.rule.verdict({each: counted.sides(each) for each in trial_rule.MEASURES})
    if state:
        trial.end(Trial.State(state), over=over)
    elif trial.ends_at <= timezone.now():
        trial.end(Trial.State.DATE)


def look_at_all() -> None:
    """The schedule's look: for last days, and for looks that were lost with their worker."""
    for trial in Trial.objects.filter(state=Trial.State.RUNNING):
        look(trial)
