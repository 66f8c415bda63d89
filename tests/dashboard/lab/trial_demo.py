"""Calls and trials for the browser: one runs, one was won, one was stopped by a guard."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from django.utils import timezone

from calls.measures.trial_call import FIGURES, look
from calls.models import TrialCall
from tests.dashboard.call_rows import a_call, a_turn
from tests.tuning.trial_rows import LONGER, a_trial
from tuning.models import Trial
from tuning.turns.profile import Profile


def fill() -> None:
    for number in range(1, 61):
        call = a_call(number, settled_at=timezone.now())
        for turn in range(1, 5):
            outcome = "cut-in" if (number + turn) % 17 == 0 else "completed"
            a_turn(call, turn, span_ms=1200 * turn, response_ms=900 + 9 * number, outcome=outcome)
    won = a_trial(LONGER, name="שתיקה ארוכה יותר", question="האם נקטעים פחות מתקשרים?")
    _call(won, 900, cut_ins=(0.09, 0.03))
    look(won)
    stopped = a_trial(
        Profile(end_silence_long_ms=900),
        name="קצר",
        question="האם עונים מהר יותר?",
        decides="long",
        least_effect=80.0,
    )
    _call(stopped, 300, cut_ins=(0.03, 0.12), waits=(1200, 1000))
    look(stopped)
    running = a_trial(
        Profile(end_silence_long_ms=1700), name="קצת יותר", share=20, decides="long",
        least_effect=80.0, calls_needed=2400, question="האם עונים מהר יותר בלי לקטוע?",
    )  # fmt: skip
    _call(running, 700, waits=(1200, 1170))
    a_call(900, trial=running, runs_candidate=True, revision=running.candidate)


def _call(
    trial: Trial, calls: int, *, cut_ins: tuple[float, float] = (0.04, 0.04),
    waits: tuple[float, float] = (1200, 1200),
) -> None:  # fmt: skip
    """So many calls; of each figure the live side's and the candidate's."""
    rng = np.random.default_rng(7)
    found = []
    for _place in range(calls):
        side = int(rng.random() < trial.share / 100)
        turns = int(rng.poisson(6)) + 1
        figures = dict.fromkeys(FIGURES, 0) | {
            "turns": turns, "cut_ins": int(rng.binomial(turns, cut_ins[side])),
            "long_turns": turns, "long_ms": float(turns * rng.normal(waits[side], 250)),
            "short_turns": turns, "short_ms": float(turns * rng.normal(900, 150)),
        }  # fmt: skip
        found.append(TrialCall(trial=trial, runs_candidate=bool(side), **figures))
    TrialCall.objects.bulk_create(found)
    Trial.objects.filter(pk=trial.pk).update(started_at=timezone.now() - timedelta(days=9))
