"""Whether the language model keeps to it: a verdict before each answer (calls.services.verdicts).

Rules: a model that leaves out too many is asked for none any more, in this whole process, and why
is shown where services are; some time later a few answers try it again. Whoever is asked for none
answers as ever, so no caller pays for a model that does not keep to it.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from calls.services.verdicts import VerdictReader

logger = logging.getLogger(__name__)

WINDOW = 50
"""Judged by so many answers."""
MOST_MISSING = 0.2
"""Of them; a share."""
TRIED_AGAIN = 3
"""So many answers decide, after a pause."""
PAUSE_S = 600.0


@dataclass(frozen=True, slots=True)
class Missing:
    """Of so many answers, so many began without a verdict. in_calls: else when it was tried out."""

    missing: int
    of: int
    in_calls: bool

    def __str__(self) -> str:
        where = "in calls" if self.in_calls else "when it was tried"
        return (
            f"this model gives no verdicts: {self.missing} of {self.of} answers {where} began with "
            "none of the three signs. Calls go on without them. Choose a model that keeps to its "
            "instructions (`judge_model` measures one), or set TURN_VERDICT=off"
        )


class VerdictKeeping:
    """clock: in seconds, and never set back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.missing: Missing | None = None
        """Why none is asked for, or was not until lately; None: the model keeps to it, so far."""
        self._clock = clock
        self._again_s = clock()
        self._given = deque[bool](maxlen=WINDOW)
        self._enough = WINDOW

    @property
    def asks(self) -> bool:
        """Whether a verdict is to be asked for."""
        return self._clock() >= self._again_s

    def count(self, answer: VerdictReader) -> None:
        """It was to begin with one. An answer that begins with a tool says nothing."""
        if not self.asks or not (answer.is_given or answer.is_missing):
            return
        self._given.append(answer.is_given)
        if len(self._given) < self._enough:
            return
        missing = self._given.count(False)
        if missing > MOST_MISSING * len(self._given):
            self._pause(Missing(missing, len(self._given), in_calls=True))
        else:
            self._go_on()

    def tried(self, given: int, missing: int) -> None:
        """It was tried out: so many answers began with one, and so many did not."""
        if given:
            self._go_on()
        elif missing:
            self._pause(Missing(missing, missing, in_calls=False))

    def _pause(self, why: Missing) -> None:
        logger.warning("Verdicts are not asked for in the next %g min: %s", PAUSE_S / 60, why)
        self.missing, self._enough = why, TRIED_AGAIN
        self._again_s = self._clock() + PAUSE_S
        self._given.clear()

    def _go_on(self) -> None:
        if self.missing:
            logger.warning("The model gives verdicts again")
        self.missing, self._enough = None, WINDOW
        self._again_s = self._clock()
