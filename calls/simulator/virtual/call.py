"""One call in virtual time: the real core and local judge, a caller's frames, a virtual agent.

No Django, no clock, no I/O. It does what calls.voice.conversation does, so its entries are the
call's journal: replay.decide gives back its actions. Both of a call's clocks are one here: a frame
arrives when it has been spoken.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from calls.language.completion.words_judge import Judge, WordsJudge
from calls.simulator.virtual.agent import Business, VirtualAgent
from tuning.turns.events import Action, CallBegan, Event, Heard, Transcribed
from tuning.turns.profile import FRAME_MS
from tuning.turns.turn_taker import TurnTaker
from tuning.turns.words import LanguageWords


def _nobody(action: Action) -> None:
    """Who need not know."""


class VirtualCall:
    def __init__(
        self,
        words: LanguageWords,
        judge: Judge | None,
        business: Business,
        told: Callable[[Action], None] = _nobody,
    ) -> None:
        """told: of every action, before it is done."""
        self.core = TurnTaker(words)
        self.agent = VirtualAgent(self.core, business, self.feed)
        self.entries: list[Event | Action] = []
        self.at_ms = 0
        self._judge = WordsJudge(judge)
        self._told = told
        self._transcripts = deque[Transcribed]()
        """Still to come, in order."""

    def begin(self, began: CallBegan) -> None:
        self.feed(began)

    def transcribe(self, results: Iterable[Transcribed]) -> None:
        """These come one after the other, as they do from one stream: each at its at_ms, or as soon
        as those before it have come."""
        self._transcripts.extend(results)

    def unsay(self, after_ms: int) -> None:
        """What was to be said after this moment is not."""
        self._transcripts = deque(each for each in self._transcripts if each.until_ms <= after_ms)

    def step(self, speech: int, level_db: int = -100) -> None:
        """The next frame of the caller's, and what has come until then."""
        self.at_ms += FRAME_MS
        self.agent.speak(self.at_ms)
        while self._transcripts and self._transcripts[0].at_ms <= self.at_ms:
            self.agent.transcribed_ms = self.at_ms
            self.feed(replace(self._transcripts.popleft(), at_ms=self.at_ms))
        self.agent.judge()
        if self.agent.is_over:
            return
        self.feed(Heard(self.at_ms, speech, level_db))

    def feed(self, event: Event) -> None:
        self.entries.append(event)
        for action in self.core.feed(event):
            self.entries.append(action)
            self._told(action)
            self.agent.act(action)
        if judged := self._judge.verdict(self.core, lambda: self.agent.question):
            self.feed(judged)
