"""How long what is personal of a call is kept, by kind, as RETENTION_DAYS says it. Pure.

"90": everything for so many days. "calls=365 audio=30 words=90": each kind for its own, those that
are not named as long as the calls; commas part them as spaces do. 0: for ever. Rule: nothing
outlives its call.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

USUAL_DAYS = 90
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """0: for ever."""

    calls: int
    """Their rows, with the moments of their turns."""
    audio: int
    """Recordings, and their waveforms."""
    words: int
    """What was said, messages and notes, and the journal, which has the words in it."""
    agreed: int
    """What was agreed in the call."""
    numbers: int
    """Who called."""

    @classmethod
    def of(cls, raw: str) -> Days:
        """Raises ValueError, which says what is wrong."""
        kinds = [each.name for each in fields(cls)]
        if "=" not in raw:
            return cls(**dict.fromkeys(kinds, _days(raw)))
        given: dict[str, int] = {}
        for word in raw.replace(",", " ").split():
            kind, _sign, raw_days = word.partition("=")
            if kind not in kinds or kind in given:
                raise ValueError(f"{word!r}: kinds are {', '.join(kinds)}, each once, as kind=days")
            given[kind] = _days(raw_days)
        calls = given.setdefault("calls", USUAL_DAYS)
        for kind, days in given.items():
            if calls and not 0 < days <= calls:
                raise ValueError(
                    f"{kind}={days} is longer than calls={calls}: nothing outlives its call"
                )
        return cls(**dict.fromkeys(kinds, calls) | given)

    @property
    def shortest(self) -> int:
        """0: everything stays for ever."""
        return min((days for days in asdict(self).values() if days), default=0)

    def __str__(self) -> str:
        kinds = asdict(self)
        if len(set(kinds.values())) == 1:
            return f"{self.calls}"
        return " ".join(f"{kind}={days}" for kind, days in kinds.items())


def _days(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit() and int(raw) <= MOST_DAYS):
        raise ValueError(f"{raw!r} must be a whole number of days from 0 to {MOST_DAYS}")
    return int(raw)
