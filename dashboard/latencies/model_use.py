"""What the turns of a selection asked of language models, and how much of it was in vain. Pure.

Rule: only turns for which a model was asked count. Requests and tokens of replies that were begun
ahead and forgotten are among theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calls.measures.latency import MIN_CALLS, MIN_TURNS
from dashboard.latencies.turn_selection import Measured

MANY_REQUESTS = 3
"""A turn should need no more, though its caller paused in the middle."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    turns: int
    calls: int
    requests: int
    many: int
    """Turns with more than MANY_REQUESTS requests."""
    tokens: int
    """With those in vain."""
    wasted_tokens: int

    @classmethod
    def of(cls, turns: Sequence[Measured]) -> ModelUse:
        asked = [turn for turn in turns if turn.requests]
        wasted = sum(turn.wasted_tokens for turn in asked)
        return cls(
            turns=len(asked),
            calls=len({turn.call_id for turn in asked}),
            requests=sum(turn.requests for turn in asked),
            many=sum(turn.requests > MANY_REQUESTS for turn in asked),
            tokens=sum(turn.tokens for turn in asked) + wasted,
            wasted_tokens=wasted,
        )

    @property
    def is_enough(self) -> bool:
        """As many turns as a median needs."""
        return self.turns >= MIN_TURNS[50] and self.calls >= MIN_CALLS[50]

    @property
    def requests_a_turn(self) -> float:
        return self.requests / self.turns

    @property
    def many_share(self) -> float:
        return self.many / self.turns

    @property
    def tokens_a_turn(self) -> float:
        return self.tokens / self.turns

    @property
    def wasted_share(self) -> float | None:
        """Of the tokens; None: none came."""
        return self.wasted_tokens / self.tokens if self.tokens else None
