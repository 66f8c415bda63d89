"""The persons beside the agent in one conversation: what they do, and what is done for them.

The core decides, here as everywhere: all that they do is fed to it, and `act` does what it says.
Rule: a person's voice goes out as it comes. What would pile up is left out, so that it is never
heard later than it must be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from calls.audio.codec import BYTES_PER_MS, level_db
from calls.records.turn_in_progress import TurnInProgress
from calls.services import By, HistoryLine, Transcriber
from calls.voice.person.words import PersonWords
from calls.voice.playout import Playout
from calls.voice.replies import Replies
from calls.voice.reply import Means
from tuning.turns import events

LOST_MS = 5000
"""Without a sound of them, not even silence, their browser is lost."""
MOST_AHEAD_MS = 400
"""So much of their voice may wait at the carrier,"""
QUIET_AHEAD_MS, QUIET_DB = 120, -50
"""and so much while they are silent, which catches up."""

Order = events.HandOver | events.Refuse | events.Overhear


class Holds(Protocol):
    """What those outside the conversation keep of who has the floor."""

    def began(self, at_ms: int) -> None: ...

    def refused(self, why: str) -> None: ...

    def ended(self, at_ms: int, why: str, note: str) -> None: ...


class Person:
    def __init__(
        self,
        means: Means,
        replies: Replies,
        feed: Callable[[events.Event], None],
        transcriber: Callable[[], Transcriber],
        holds: Holds,
        notice: str,
    ) -> None:
        """feed: the core's door. transcriber: makes one. notice: as of CalledNumber."""
        self._means, self._replies, self._feed = means, replies, feed
        self._new_transcriber, self._holds, self._notice = transcriber, holds, notice
        self._who = ""
        """Has the floor, or waits for it; "": nobody."""
        self._asker = ""
        """Wants something said just now."""
        self._playout: Playout | None = None
        """Of the one who has the floor."""
        self._heard_ms = self._plays_until_ms = 0.0
        """Wall times: of their last sound, and until which what was sent will have been played."""
        self._words: PersonWords | None = None
        self._open_words: set[PersonWords] = set()
        self._last: TurnInProgress | None = None
        """The newest turn of theirs."""
        self._listeners: set[str] = set()
        self.failure = ""

    @property
    def is_on_line(self) -> bool:
        """Somebody speaks with the caller."""
        return self._playout is not None

    @property
    def may_listen(self) -> bool:
        """Whether the caller has been told what they must be."""
        return not self._notice or self._means.turns.is_noticed

    @property
    def _now_ms(self) -> int:
        return self._means.turns.now_ms

    # What persons do.

    def listen_in(self, who: str) -> None:
        """The caller is told so, if they must be."""
        if not self.may_listen and who not in self._listeners:
            self._listeners.add(who)
            self._feed(events.ListenedIn(self._now_ms, who, self._notice))

    def whisper(self, who: str, text: str) -> None:
        if self._means.writer.takes_whispers:
            self._replies.whisper(text)
            self._feed(events.Whispered(self._now_ms, who, text))

    def ask_to_say(self, who: str, text: str) -> None:
        self._asker = who
        self._feed(events.AskedToSay(self._now_ms, who, text, self._notice))
        self._asker = ""

    def take_over(self, who: str) -> None:
        self._who = who
        self._feed(events.TookOver(self._now_ms, who, self._notice))

    def hand_back(self, why: str, note: str = "") -> None:
        """why: as in HandedBack."""
        if not self._who:
            return
        self._feed(events.HandedBack(self._now_ms, self._who, why, note))
        if note:
            self._replies.history.append(HistoryLine(By.NOTE, note))
        if self._words:
            self._means.tasks.create_task(self._finish(self._words))
        self._who, self._playout, self._words = "", None, None
        self._holds.ended(self._now_ms, why, note)

    def speak(self, audio: bytes) -> None:
        """8 kHz mu-law, all the time while they have the floor."""
        if not self._playout or not self._words:
            return
        self._heard_ms = now_ms = self._means.clock.wall_ms
        self._words.push(audio)
        ahead_ms = max(0.0, self._plays_until_ms - now_ms)
        audio_ms = len(audio) / BYTES_PER_MS
        is_quiet = level_db(audio) < QUIET_DB
        if ahead_ms + audio_ms <= (QUIET_AHEAD_MS if is_quiet else MOST_AHEAD_MS):
            self._plays_until_ms = now_ms + ahead_ms + audio_ms
            self._means.out.play(self._playout, audio)

    def watch(self) -> None:
        """Called now and then."""
        if self._playout and self._means.clock.wall_ms - self._heard_ms >= LOST_MS:
            self.hand_back("lost")

    # What the core says.

    def act(self, order: Order) -> None:
        match order:
            case events.HandOver():
                self._begin(order)
            case events.Refuse(why=why):
                self._who = ""
                self._holds.refused(why)
            case events.Overhear():
                self._overhear(order)

    def _begin(self, order: events.HandOver) -> None:
        self._begin_turn(self._turn(order.turn, "taken over"))
        self._playout = Playout(order.turn)
        self._heard_ms, self._plays_until_ms = self._means.clock.wall_ms, 0.0
        self._words = words = PersonWords(self._new_transcriber, self._spoke)
        self._open_words.add(words)
        self._means.tasks.create_task(self._listen(words))
        self._holds.began(self._now_ms)

    def _overhear(self, order: events.Overhear) -> None:
        """To whoever has the floor; else it is left as it is."""
        turn = self._turn(order.turn, "overheard")
        turn.said, turn.span_ms = order.text, order.spoke_until_ms - order.spoke_from_ms
        turn.spoke(order.spoke_from_ms, order.spoke_until_ms, self._means.clock.wall_of)
        self._begin_turn(turn)

    def _turn(self, number: int, why: str) -> TurnInProgress:
        turns = self._means.turns
        turn = TurnInProgress(number, turns.revision, why=why, outcome="completed")
        turn.decided_by(turns.revision, turns.tried)
        turn.person = self._who or self._asker
        return turn

    def _begin_turn(self, turn: TurnInProgress) -> None:
        self._replies.begin_of_person(turn, By.OVERHEARD if self._playout else By.CALLER)
        if turn.person:
            self._last = turn
        self._means.record.changed()

    # Their words.

    async def _listen(self, words: PersonWords) -> None:
        await words.listen()
        self.failure = words.failure or self.failure
        if words.failure:
            self._means.record.changed()

    async def _finish(self, words: PersonWords) -> None:
        await words.finish()
        self._open_words.discard(words)

    def _spoke(self, text: str) -> None:
        """What they say belongs to their newest turn, even if that is over."""
        text = text.strip()
        if not text or self._last is None:
            return
        self._feed(events.PersonSpoke(self._now_ms, text))
        self._last.answered = f"{self._last.answered} {text}".strip()
        self._replies.history.append(HistoryLine(By.PERSON, text))
        if self._last is self._replies.of_person:
            self._means.record.changed()
        else:
            self._means.record.keep(self._last)

    async def aclose(self) -> None:
        """The call is over."""
        await asyncio.gather(*(words.aclose() for words in self._open_words))
        self._replies.end_of_person()
        if self._who:
            self._holds.ended(self._now_ms, "call over", "")
