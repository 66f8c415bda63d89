"""The two clocks of a call: `at_ms`, the caller-audio clock, decides; `wall_ms` measures. Pure.

Both count milliseconds since the stream began. A time on one can be converted to the other, unless
it is much older than the frames remembered here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

ARRIVALS = 1000
"""Frames (20 s) whose arrival is remembered, to date a speech end in wall time."""


class CallClock:
    def __init__(self, now_s: Callable[[], float]) -> None:
        """now_s: a monotonic clock, in seconds since whenever; the stream begins now."""
        self._now_s, self._began_s = now_s, now_s()
        self.at_ms = 0
        """Where the newest frame ended."""
        self.arrived_ms = 0.0
        """Wall time at which it arrived."""
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)

    @property
    def wall_ms(self) -> float:
        return (self._now_s() - self._began_s) * 1000

    def advance(self, at_ms: int) -> None:
        """A frame has come, which ends at this moment of caller audio."""
        self.at_ms, self.arrived_ms = at_ms, self.wall_ms
        self._arrivals.append((at_ms, self.arrived_ms))

    def wall_of(self, at_ms: int) -> float:
        """When the frame that ended at this moment of caller audio arrived."""
        earlier = (wall_ms for heard_ms, wall_ms in reversed(self._arrivals) if heard_ms <= at_ms)
        if (wall_ms := next(earlier, None)) is not None:
            return wall_ms
        oldest = self._arrivals[0] if self._arrivals else (at_ms, self.arrived_ms)
        return oldest[1] - (oldest[0] - at_ms)  # before all that is remembered

    def at_when(self, wall_ms: float) -> int | None:
        """The caller-audio clock at this wall time, as `wall_of` told it; None: long ago."""
        arrived = (at_ms for at_ms, came_ms in reversed(self._arrivals) if came_ms <= wall_ms)
        return next(arrived, None)

    def at_of(self, wall_ms: float) -> int:
        """The caller-audio clock at this wall time, present or soon."""
        return round(self.at_ms + wall_ms - self.arrived_ms)
