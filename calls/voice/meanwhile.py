"""What fills the wait for a tool: words, one after another, where nothing else is heard. Pure.

Rule: within a second of the decision something is heard, and then there is never a silence of two
seconds. What is said so is a filler: no latency ends with it.
"""

from __future__ import annotations

from collections.abc import Sequence

FIRST_MS, NEXT_MS = 700, 1200
"""How long after the decision the first words come, and how long it must be silent before others:
until they are heard, a voice that has yet to make them takes some time more."""


class Meanwhile:
    """Of one reply."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._decided_ms = 0.0
        self._is_coming = False
        """The voice has been given what it has not brought yet."""

    def begin(self, now_ms: float) -> None:
        """The reply is decided: silence counts."""
        self._decided_ms = now_ms

    def handed_over(self) -> None:
        self._is_coming = True

    def came(self) -> None:
        self._is_coming = False

    def is_due(self, now_ms: float, silent_ms: float | None) -> bool:
        """silent_ms: since the caller heard the last of the reply; None: nothing of it yet."""
        if self._is_coming:
            return False
        if silent_ms is None:
            return now_ms - self._decided_ms >= FIRST_MS
        return silent_ms >= NEXT_MS

    def next(self, words: Sequence[str]) -> str:
        """The first of them once, the second once, and then the others in turn."""
        count = len(self._said)
        others = words[2:] or words[-1:]
        said = words[count] if count < 2 <= len(words) else others[(count - 2) % len(others)]
        self._said.append(said)
        self._is_coming = True
        return said

    def is_filler(self, text: str) -> bool:
        return text in self._said
