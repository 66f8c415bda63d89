"""Who holds a call: decided in the call's own process, so that two can never both do.

It takes what pages tell (the bus brings it), tells the holder's page what becomes of it, and keeps
each hold with the call. A page is its channel: the same person in two windows is two pages.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from django.utils.translation import gettext_noop as _

from calls.models import Call
from calls.voice.person.person import Person
from hevoice import bus

LONGEST_TEXT = 1000
"""Characters of a whisper, of what is to be said, or of a note."""
WHY_REFUSED = {
    "held": _("somebody else speaks with the caller"),
    "given back": _("the agent has it again"),
    "not there": _("the call is not in progress yet"),
    "last words": _("the call is ending"),
    "notice failed": _("the notice to the caller could not be said"),
}
"""In words, for the page to translate."""


class Holding:
    def __init__(
        self,
        call: Call,
        keep: Callable[..., None],
        changed: Callable[[], None],
        begin: Callable[[Coroutine[Any, Any, Any]], Any],
        own_channel: Callable[[], str],
    ) -> None:
        """keep: writes fields of the call's row. begin: has something done that outlives the call.
        own_channel: where this process hears what is meant for it alone."""
        self._call, self._keep, self._changed, self._begin = call, keep, changed, begin
        self._own_channel = own_channel
        self.person: Person | None = None
        """In the conversation, once there is one."""
        self.who = ""
        """Holds the call, or waits until the caller has been told; "": nobody."""
        self._channel = ""
        self._since_ms: int | None = None

    def held_s(self, now_ms: int) -> float:
        return 0.0 if self._since_ms is None else (now_ms - self._since_ms) / 1000

    # What pages tell.

    def take_news(self, message: dict[str, Any]) -> None:
        person, channel = self.person, message.get("channel", "")
        is_holders = bool(self.who) and channel == self._channel
        match message:
            case {"type": "call.take_over", "who": who}:
                self._take_over(who, channel, is_again=message.get("again", False))
            case {"type": "call.hand_back"} if person and is_holders:
                person.hand_back("handed back", _text(message.get("note", "")))
            case {"type": "call.voice", "audio": audio} if person and is_holders:
                person.speak(audio)
            case {"type": "call.whispered", "who": who} if person:
                if text := _text(message["text"]):
                    person.whisper(who, text)
            case {"type": "call.say", "who": who} if person and not self.who:
                if text := _text(message["text"]):
                    person.ask_to_say(who, text)

    def _take_over(self, who: str, channel: str, *, is_again: bool) -> None:
        """again: their page had lost its connection, and is another channel now."""
        if self.who and channel == self._channel:
            self.tell_again()
        elif is_again and self.who == who:
            self._channel = channel
            self.tell_again()
        elif is_again:
            self._refuse(channel, "given back")
        elif self.who:
            self._refuse(channel, "held", by=self.who)
        elif self.person is None:
            self._refuse(channel, "not there")
        else:
            self.who, self._channel = who, channel
            self.person.take_over(who)
            self._changed()

    def tell_again(self) -> None:
        """The holder's page may not know where its sound is wanted."""
        if self._since_ms is not None:
            self._tell(self._channel, {"type": "hold.granted", "channel": self._own_channel()})

    def _refuse(self, channel: str, why: str, by: str = "") -> None:
        self._tell(channel, {"type": "hold.refused", "by": by, "why": WHY_REFUSED[why]})

    def _tell(self, page: str, message: dict[str, Any]) -> None:
        self._begin(bus.tell_one(page, message | {"call": self._call.pk}))

    # What becomes of it: calls.voice.person.person.Holds.

    def began(self, at_ms: int) -> None:
        self._since_ms = at_ms
        hold = {"who": self.who, "from_ms": at_ms, "until_ms": None, "ended": "", "note": ""}
        self._call.was_held = True
        self._keep_holds([*self._call.holds, hold])
        self.tell_again()

    def refused(self, why: str) -> None:
        channel = self._channel
        self._forget()
        self._refuse(channel, why)

    def ended(self, at_ms: int, why: str, note: str) -> None:
        """why: handed back, lost or call over."""
        if not self.who:
            return
        if self._since_ms is not None:
            *before, hold = self._call.holds
            self._keep_holds([*before, hold | {"until_ms": at_ms, "ended": why, "note": note}])
        channel = self._channel
        self._forget()
        self._tell(channel, {"type": "hold.over", "why": why})

    def _keep_holds(self, holds: list[dict[str, Any]]) -> None:
        self._call.holds = holds
        self._keep(was_held=True, holds=holds)
        self._changed()

    def _forget(self) -> None:
        self.who, self._channel, self._since_ms = "", "", None
        self._changed()


def _text(text: str) -> str:
    return " ".join(text.split())[:LONGEST_TEXT]
