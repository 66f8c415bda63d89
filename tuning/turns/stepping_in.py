"""A person beside the agent: who holds the call, for how long, and what the caller is told first;
and who is called to it, and has not come yet.

Pure. What the agent does about it is decided in turn_taker.py, not here.
"""

from __future__ import annotations

from dataclasses import dataclass

from tuning.turns.events import Action, CallPerson

ASKED, NOTICE = "asked to say", "notice"
"""Why the agent says what it has not thought of itself."""


@dataclass(slots=True)
class SteppingIn:
    """What is known of the persons who step in to a call."""

    who: str = ""
    """Has the floor, or will have it once the notice has been heard; "": nobody."""
    due: str = ""
    """The notice that somebody who listens in waits for."""
    is_noticed: bool = False
    """The caller has heard the notice, or there is none."""
    _said_in: int = -1
    """The turn that says it."""
    _since_ms: int | None = None
    """Since when the person has the floor."""
    _held_ms: int = 0
    """How long persons had it before."""

    def notice(self, text: str) -> str:
        """What is left of it to be said."""
        return "" if self.is_noticed else text

    def listen_in(self, notice: str) -> None:
        self.due = self.notice(notice)

    def say_in(self, turn: int) -> None:
        """This turn says it. Should it be stopped, it is still due."""
        self._said_in = turn

    def heard(self, turn: int) -> None:
        """The caller has heard this turn to its end."""
        if turn == self._said_in:
            self.is_noticed, self.due = True, ""

    def begin(self, now_ms: int) -> None:
        self._since_ms = now_ms

    def end(self, now_ms: int) -> None:
        """The person leaves the call to the agent, or never got it."""
        self._held_ms = self.held_ms(now_ms)
        self.who, self._since_ms = "", None

    def held_ms(self, now_ms: int) -> int:
        """How long persons have had the floor so far."""
        return self._held_ms + (0 if self._since_ms is None else now_ms - self._since_ms)


@dataclass(slots=True)
class CalledPerson:
    """The person who is called to this call, for as long as nobody has come. wait_ms: so long is
    waited for one; 0: nobody can be called."""

    wait_ms: int = 0
    why: str = ""
    """Empty: nobody is awaited."""
    _since_ms: int = 0
    _waited_ms: int = 0
    """In earlier waits."""

    @property
    def is_awaited(self) -> bool:
        return bool(self.why)

    def call(self, now_ms: int, why: str) -> list[Action]:
        """Once is enough, until somebody has come or nobody has."""
        if not self.wait_ms or self.is_awaited:
            return []
        self.why, self._since_ms = why, now_ms
        return [CallPerson(why)]

    def go_on(self, why: str, awaited_ms: int) -> None:
        """With the wait of the stream before; why: empty: there was none."""
        self.why, self._since_ms = why, -awaited_ms

    def awaited(self, now_ms: int) -> tuple[str, int]:
        """Why, and for how long already."""
        return (self.why, now_ms - self._since_ms) if self.is_awaited else ("", 0)

    def is_late(self, now_ms: int) -> bool:
        return self.is_awaited and self.left_ms(now_ms) == 0

    def left_ms(self, now_ms: int) -> int:
        return max(0, self._since_ms + self.wait_ms - now_ms)

    def waited_ms(self, now_ms: int) -> int:
        """In all of the call."""
        return self._waited_ms + (now_ms - self._since_ms if self.is_awaited else 0)

    def await_no_longer(self, now_ms: int) -> None:
        self._waited_ms, self.why = self.waited_ms(now_ms), ""
