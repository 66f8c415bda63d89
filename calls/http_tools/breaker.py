"""A system that is down is not asked again and again while callers wait. Pure.

Rule: after FAILURES in a row a tool is barred for REST_S; then one use is let through, and what
comes of it opens or bars it again. Each process finds out for itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FAILURES, REST_S = 4, 30.0


@dataclass(slots=True)
class _State:
    failures: int = 0
    barred_until_s: float = 0.0


class Breaker:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[object, _State] = {}

    def admits(self, key: object) -> bool:
        state = self._states.get(key)
        if state is None or state.failures < FAILURES:
            return True
        if self._clock() < state.barred_until_s:
            return False
        state.barred_until_s = self._clock() + REST_S  # for all but this one
        return True

    def forget(self) -> None:
        self._states.clear()

    def worked(self, key: object) -> None:
        self._states.pop(key, None)

    def failed(self, key: object) -> None:
        state = self._states.setdefault(key, _State())
        state.failures += 1
        state.barred_until_s = self._clock() + REST_S


breaker = Breaker()
"""This process's."""
