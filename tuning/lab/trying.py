"""A recorded call under other profiles, turn by turn, each turn in its own recorded surroundings.

Pure. The record is decided again by its own core. Beside it goes, for each candidate, a core that
was copied from that one at the last decision of the record, and hears the same caller. So a turn
that a candidate decides otherwise does not falsify the next.

Rule 1. While a candidate does what the record did, it is told what the record was told of the
        agent: what it said, when that was heard, what it asks. Once it does otherwise, its reply is
        imagined, with the record's own times of services, until the record's next decision.
Rule 2. A candidate that answers sooner than the record did hears what the record's caller did
        next: who went on takes an imagined reply back, or was cut in on by it.
Rule 3. A candidate that still waits when the record's reply is heard goes on hearing silence: that
        the caller would have said nothing more is assumed, and the turn is marked as unseen. If
        the record's caller went on into that reply, they would have gone on without it, too.
Rule 4. What was said next, had the answer come at another time, nobody knows: nothing here says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard, get_args

from tuning.lab.listener import Decision, Decisions, Listener, moves
from tuning.lab.record import Record
from tuning.lab.tried import (
    CALL_ENDED,
    NO_MODEL,
    NOT_STREAMED,
    CallTried,
    LocalJudge,
    Timing,
    TurnTried,
)
from tuning.turns.events import SILENCE, Action, CallBegan, Event, Heard, Prompt, Reply, StopReply
from tuning.turns.profile import FRAME_MS, Profile
from tuning.turns.turn_taker import TurnTaker
from tuning.turns.words import WordsOf

EVENTS = frozenset(get_args(Event))
"""Looked up by type: there are fifty events a second."""
LONGEST_MS = 20_000
"""Nobody waits so long for the end of a turn: the longest silence, and the time asked for."""


def tried(
    entries: Iterable[Event | Action],
    profiles: Sequence[Profile | None],
    words_of: WordsOf,
    timings: dict[int, Timing],
    *,
    judge: LocalJudge | None = None,
    short_ms: int = 2000,
    has_verdicts: bool = False,
) -> list[CallTried]:
    """The call under each of these profiles; None: as it was.

    timings: by turn, as far as they are known. judge: for words that the record has no local
    verdict on; None: nobody judges those. short_ms: an utterance below this is a short one.
    has_verdicts: a model would be asked for its verdicts; where the record has none at all, every
    turn under the adaptive rule is unknown then. KeyError without words of the record's language.
    """
    record = Record(list(entries), timings, judge)
    courses = [_Course(Decisions(record, short_ms, has_verdicts), each) for each in profiles]
    core: TurnTaker | None = None
    for entry in record.entries:
        if isinstance(entry, CallBegan):  # a stream that took over from another began afresh
            core = TurnTaker(words_of(entry.language))
        if core is None or not _is_event(entry):
            continue
        was_listening = core.is_listening
        actions = core.feed(entry)
        moved = moves(actions)
        went_on = _went_on(moved, record)
        for course in courses:
            course.follow(entry, core, actions, moved)
            if went_on:
                course.is_continued_in(went_on.turn + 1)
        if decided := _decided(moved, record):
            for course in courses:
                course.go_on(core, decided)
        elif core.is_listening and not was_listening and not went_on:
            for course in courses:
                course.fall_in(core)
    return [course.end() for course in courses]


def _lacking(record: Record, profile: Profile | None) -> str:
    """Why nothing in this record can be decided under the profile; "": it can."""
    if profile is None or set(record.profiles) == {profile}:
        return ""
    if profile.vad == "silero" and not record.has_model:
        return NO_MODEL
    is_streamed = all(each.streaming_stt for each in record.profiles)
    return "" if is_streamed else NOT_STREAMED


def _is_event(entry: Event | Action) -> TypeGuard[Event]:
    return type(entry) in EVENTS


def _decided(moved: Sequence[Action], record: Record) -> Reply | Prompt | None:
    """The record's decision, unless its caller went on into the answer."""
    found = (each for each in moved if isinstance(each, Reply | Prompt))
    return next((each for each in found if each.turn not in record.went_on), None)


def _went_on(moved: Sequence[Action], record: Record) -> StopReply | None:
    """The reply that was stopped because its caller had not finished."""
    found = (each for each in moved if isinstance(each, StopReply))
    return next((each for each in found if each.turn in record.went_on), None)


class _Course:
    """One profile's way through the record.

    A core that is still waiting when the record has decided goes on behind the newest, until it
    decides, too.
    """

    def __init__(self, decisions: Decisions, profile: Profile | None) -> None:
        self._unknown = _lacking(decisions.record, profile)
        self._decisions, self._profile = decisions, None if self._unknown else profile
        self._main: Listener | None = None
        self._behind: list[Listener] = []

    def follow(
        self, event: Event, core: TurnTaker, actions: Sequence[Action], moved: Sequence[Action]
    ) -> None:
        """One event of the record, and what its own core did about it."""
        if isinstance(event, CallBegan):
            self._end_behind()
            self._main = self._copied(core)
        elif self._main is None:
            return
        elif self._profile is None:
            self._main.note(event.at_ms, actions)
        else:
            self._main.tell(event, moved)
            for listener in self._behind:
                listener.tell(event, moved)
            self._behind = [each for each in self._behind if not each.is_done]

    def is_continued_in(self, turn: int) -> None:
        """What was taken for a whole turn goes on in this one."""
        if self._main:
            self._main.of_turn = turn

    def go_on(self, core: TurnTaker, decided: Reply | Prompt) -> None:
        """The record has decided for good: what follows is heard in the record's surroundings."""
        main = self._main
        is_behind = main is not None and main.is_waiting and decided.spoke_until_ms is not None
        if main and is_behind and self._profile:
            main.is_answered, main.of_turn = True, decided.turn
            self._behind.append(main)
        self._main = self._copied(core)

    def fall_in(self, core: TurnTaker) -> None:
        """The record's agent has fallen silent: so has this one's, if it was not yet."""
        if self._main and self._main.is_apart and not self._main.core.is_listening:
            self._main = self._copied(core)

    def end(self) -> CallTried:
        """The call is over; who still waits hears silence, if the record's answer was heard."""
        self._end_behind()
        found = self._decisions
        found.call.turns = [_timed(each, found.record) for each in found.made]
        if not self._unknown:
            return found.call
        unknown = [replace(each, unknown=self._unknown) for each in found.call.turns]
        return CallTried([replace(each, latency_ms=None) for each in unknown])

    def _copied(self, core: TurnTaker) -> Listener:
        made = core.copy(self._profile) if self._profile else core
        return Listener(made, core.turn + 1, self._decisions)

    def _end_behind(self) -> None:
        for listener in self._behind:
            until_ms = listener.core.now_ms + LONGEST_MS
            while not listener.is_done and listener.core.now_ms < until_ms:
                listener.tell(Heard(listener.core.now_ms + FRAME_MS, SILENCE), ())
            if listener.standing and listener.muted_ms is None:
                decision = listener.standing
                decision.tried = replace(decision.tried, unknown=CALL_ENDED)
        self._behind = []


def _timed(decision: Decision, record: Record) -> TurnTried:
    """With its response latency: as measured, but for what was decided or begun otherwise. In a
    turn that the record never came to the end of, nobody knows what would have followed."""
    tried = decision.tried
    if not tried.unknown and tried.turn not in record.decided:
        tried = replace(tried, unknown=CALL_ENDED)
    if tried.unknown:
        return tried
    latency_ms = decision.first_audio_ms - tried.spoke_until_ms
    answer, measured_ms = record.answers.get(tried.turn), record.latency_ms(tried.turn)
    if answer and measured_ms is not None:
        latency_ms += measured_ms - (answer.first_audio_ms - answer.spoke_until_ms)
    return replace(tried, latency_ms=round(max(latency_ms, tried.asked_ms), 1))
