"""Write a call as a line of text: how the tests speak. No real time passes.

    "__MMMM__"   each mark is 100 ms of the caller's audio: M voice, _ silence

`ScriptedCall` is a call under way on a fresh core: each of its verbs feeds events, moves the
caller-audio clock and returns the actions that followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from calls.language.hebrew import HEBREW
from tuning.turns.completion import Asked
from tuning.turns.endpointing import NO_VERDICT
from tuning.turns.events import (
    SILENCE,
    SPEECH,
    Action,
    Asks,
    CallBegan,
    Event,
    Heard,
    JudgedByModel,
    JudgedLocally,
    LineStalled,
    Reply,
    ReplyBegan,
    ReplyEnded,
    Retuned,
    Think,
    Transcribed,
)
from tuning.turns.interruption import CUT_IN_MS
from tuning.turns.knob import Value
from tuning.turns.profile import FRAME_MS, SHIPPED, Profile
from tuning.turns.turn_taker import TurnTaker

MARK_MS = 100
LONG_MS = 10_000
"""Longer than any wait that the shipped knobs ask for, silence and transcript together."""

NOTHING, YES_NO = Asked(), Asked("yes_no")

AnAction = TypeVar("AnAction", bound=Action)


def adaptive(**knobs: Value) -> Profile:
    """The shipped adaptive profile, with these knobs turned."""
    return Profile(**SHIPPED["adaptive"] | knobs)


ADAPTIVE = adaptive()


def voice(ms: int, start_ms: int = 0, speech: int = SPEECH, echo: int = 0) -> Iterator[Heard]:
    """Frames of one kind from `start_ms` on; the first is heard at its end, 20 ms later."""
    for at_ms in range(start_ms + FRAME_MS, start_ms + ms + 1, FRAME_MS):
        yield Heard(at_ms, speech, echo=echo)


def silence(ms: int, start_ms: int = 0) -> Iterator[Heard]:
    return voice(ms, start_ms, SILENCE)


def frames(marks: str, start_ms: int = 0) -> Iterator[Heard]:
    for number, mark in enumerate(marks):
        speech = {"M": SPEECH, "_": SILENCE}[mark]
        yield from voice(MARK_MS, start_ms + number * MARK_MS, speech)


class ScriptedCall:
    """A call on these knobs. `decided` holds every action with the moment of its decision."""

    def __init__(
        self, profile: Profile | None = None, *, seed: int = 1, person_wait_s: int = 0
    ) -> None:
        self.core = TurnTaker(HEBREW.words)
        self.whole: float | None = 1.0
        """The local judge's probability that the words are all; None: it does not judge."""
        self.model: str = NO_VERDICT
        """What the model answers at once where it is asked for a verdict; "": nothing, so far."""
        self._judged = ""
        self.at_ms = 0
        self.entries: list[Event | Action] = []
        self.decided: list[tuple[int, Action]] = []
        began = CallBegan(0, 1, profile or Profile(), seed, person_wait_s=person_wait_s)
        self.feed(began)

    @classmethod
    def listening(
        cls, profile: Profile | None = None, *, seed: int = 1, person_wait_s: int = 0
    ) -> ScriptedCall:
        """The greeting has been heard, its refractory time is over, nothing was said."""
        call = cls(profile, seed=seed, person_wait_s=person_wait_s)
        call.reply_is_heard(lasting_ms=500)
        call.silence(call.knobs.reply_refractory_ms + 200)
        return call

    @classmethod
    def answering(cls, text: str = "שלום", profile: Profile | None = None) -> ScriptedCall:
        """Turn 1 has just been decided: its reply is being prepared."""
        call = cls.listening(profile)
        call.says(text, 1200)
        call.wait_for(Reply)
        return call

    @classmethod
    def speaking(cls, text: str = "שלום", profile: Profile | None = None) -> ScriptedCall:
        """The caller has been hearing the reply of turn 1 for a while."""
        call = cls.answering(text, profile)
        call.reply_begins()
        call.silence(CUT_IN_MS)
        return call

    @property
    def knobs(self) -> Profile:
        return self.core.profile

    @property
    def actions(self) -> list[Action]:
        return [action for _at_ms, action in self.decided]

    def last(self, kind: type[AnAction]) -> AnAction:
        return next(action for action in reversed(self.actions) if isinstance(action, kind))

    def feed(self, *events: Event) -> list[Action]:
        followed: list[Action] = []
        for event in events:
            self.at_ms = event.at_ms
            actions = self.core.feed(event)
            self.entries += [event, *actions]
            self.decided += [(event.at_ms, action) for action in actions]
            followed += [*actions, *self.feed(*self._verdicts(actions))]
        return followed

    def _verdicts(self, actions: list[Action]) -> Iterator[Event]:
        """What the judges say to this."""
        for action in actions:
            if isinstance(action, Think) and action.with_verdict and self.model:
                yield self.verdict(action)
        words = self.core.words_so_far
        if words != self._judged and self.whole is not None and self._is_adaptive:
            self._judged = words
            if words:
                yield JudgedLocally(self.at_ms, words, self.whole, 1 - self.whole, 0.0, "scripted")

    @property
    def _is_adaptive(self) -> bool:
        return self.knobs.endpointing == "adaptive"

    def verdict(self, thought: Think, verdict: str = "") -> JudgedByModel:
        """The model's, now, of what the core has asked it."""
        return JudgedByModel(self.at_ms, thought.turn, thought.text, verdict or self.model)

    def hear(self, marks: str) -> list[Action]:
        return self.feed(*frames(marks, self.at_ms))

    def voice(self, ms: int, echo: int = 0) -> list[Action]:
        return self.feed(*voice(ms, self.at_ms, echo=echo))

    def silence(self, ms: int) -> list[Action]:
        return self.feed(*silence(ms, self.at_ms))

    def words(
        self, text: str, *, until_ms: int | None = None, final: bool = True, stability: float = 0.9
    ) -> list[Action]:
        """A transcript comes now; unless told, it reaches everything heard so far."""
        reaches_ms = self.at_ms if until_ms is None else until_ms
        return self.feed(Transcribed(self.at_ms, reaches_ms, text, final, stability))

    def says(self, text: str, ms: int) -> list[Action]:
        """The caller speaks for so long, and the final transcript comes at once."""
        return [*self.voice(ms), *self.words(text)]

    def asks(self, asked: Asked) -> list[Action]:
        """The newest reply asks this."""
        return self.feed(Asks(self.at_ms, self.core.turn, asked))

    def reply_begins(self, turn: int | None = None) -> list[Action]:
        return self.feed(ReplyBegan(self.at_ms, self.core.turn if turn is None else turn))

    def reply_ends(self, turn: int | None = None, *, farewell: bool = False) -> list[Action]:
        newest = self.core.turn if turn is None else turn
        return self.feed(ReplyEnded(self.at_ms, newest, farewell))

    def reply_is_heard(self, lasting_ms: int = 1000, *, farewell: bool = False) -> list[Action]:
        """The newest turn's reply, from its first audio to its end; the caller is silent."""
        began = self.reply_begins()
        return [*began, *self.silence(lasting_ms), *self.reply_ends(farewell=farewell)]

    def retune(self, profile: Profile) -> list[Action]:
        return self.feed(Retuned(self.at_ms, self.core.revision + 1, profile))

    def line_stalls(self, seconds: int) -> list[Action]:
        """No frames come; the watchdog says so each second."""
        began_ms = self.at_ms
        return self.feed(*(LineStalled(began_ms + 1000 * n) for n in range(1, seconds + 1)))

    def of(self, *kinds: type[AnAction]) -> list[AnAction]:
        """The actions of these kinds."""
        return [action for action in self.actions if isinstance(action, kinds)]

    def reply_to_words(self) -> Reply:
        """The reply that the words just fed bring: with them, or on the very next frame."""
        if not isinstance(self.actions[-1], Reply):
            self.silence(FRAME_MS)
        reply = self.actions[-1]
        if not isinstance(reply, Reply):
            raise AssertionError(f"the words are not answered; decided: {self.decided}")
        return reply

    def wait_for(self, kind: type[AnAction], within_ms: int = LONG_MS) -> AnAction:
        """Silence until such an action comes; `at_ms` is then the moment of its decision."""
        for frame in silence(within_ms, self.at_ms):
            for action in self.feed(frame):
                if isinstance(action, kind):
                    return action
        raise AssertionError(f"no {kind.__name__} within {within_ms} ms; decided: {self.decided}")
