"""What becomes of a recorded call's turns: as they were, or as a candidate would have taken them.

Pure. A candidate is a profile that is tried on recorded calls before anybody hears it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tuning.turns.events import JudgedLocally

LocalJudge = Callable[[str, str], JudgedLocally]
"""Judges a caller's words after the agent's question, as if at 0 ms: question, words."""
NEVER_JUDGED = "no verdict"
REACTION = "a reaction to the answer"
CALL_ENDED = "the call ended"
NO_MODEL = "no model of speech"
NOT_STREAMED = "words only when asked for"
UNKNOWN = (NEVER_JUDGED, REACTION, CALL_ENDED, NO_MODEL, NOT_STREAMED)
"""Why a record cannot say: the model would have been asked of words that it was never asked of; the
caller made a sound over the recorded answer, before the candidate would have decided; the call was
over before; the candidate's detector has left no verdict in the record; without streaming the words
came when the recorded silence was over."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What services took for a recorded turn; milliseconds of the wall clock.

    makes_ms: the reply was asked for -> its first audio was ready. heard_after_ms: sent -> heard.
    latency_ms: speech end -> first audio sent; None: none was sent. answered: the agent's words.
    """

    makes_ms: float
    heard_after_ms: float
    latency_ms: float | None
    answered: str = ""


@dataclass(frozen=True, slots=True)
class TurnTried:
    """One decision that the caller has finished.

    turn: the recorded turn in which it falls. said: the words that it rests on. is_short: the
    utterance was under the live profile's `short_utterance_ms`. asked_ms: the silence it asked for.
    latency_ms: speech end -> first audio sent, the record's own times of services; None: none was
    sent, or it is unknown. is_cut_in: the answer was heard, and the caller went on. is_unseen: it
    waits longer than the record shows: that nobody would have gone on meanwhile is assumed.
    unknown: one of UNKNOWN; "": the record can say.
    """

    turn: int
    said: str
    is_short: bool
    spoke_until_ms: int
    decided_ms: int
    asked_ms: int
    why: str
    latency_ms: float | None
    is_cut_in: bool = False
    is_unseen: bool = False
    unknown: str = ""


@dataclass(slots=True)
class CallTried:
    """All decisions of a call, in order. dropped: short answers that made no turn. stopped: replies
    that a sound or words stopped for good, without their being cut-ins."""

    turns: list[TurnTried] = field(default_factory=list)
    dropped: int = 0
    stopped: int = 0
