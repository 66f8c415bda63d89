"""How far a stream is ahead of a telephone, which sends 50 messages a second. Pure.

Rule: who is ahead lets every other call have its turn, and who stays far ahead is no telephone. A
line that was held up may bring a minute at once.
"""

from __future__ import annotations

DRAINS_PER_S = 100.0
"""Twice a telephone's pace."""
MOST_AHEAD = 6000
"""Two minutes of messages."""
BEHIND_NOBODY = 25
"""Ahead by so many, a stream holds up nobody."""
AT_A_STRETCH = 10
"""Taken between two turns of the others: 2 ms."""


class Pace:
    """Costs are in messages of 20 ms; times in seconds, of any one clock."""

    def __init__(self, now_s: float) -> None:
        self._ahead, self._at_s, self._since_turn = 0.0, now_s, 0.0

    def took(self, cost: float, now_s: float) -> None:
        drained = (now_s - self._at_s) * DRAINS_PER_S
        self._ahead, self._at_s = max(0.0, self._ahead - drained) + cost, now_s
        self._since_turn += cost

    @property
    def owes_a_turn(self) -> bool:
        """Whether the others should run before the next message is taken."""
        return self._ahead > BEHIND_NOBODY and self._since_turn >= AT_A_STRETCH

    def gave_a_turn(self) -> None:
        self._since_turn = 0.0

    @property
    def is_flood(self) -> bool:
        return self._ahead > MOST_AHEAD
