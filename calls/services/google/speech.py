"""Google's recogniser: which model it uses, with which hints, and what its refusals mean.

Rule: a model that Google does not serve never costs a call (speech_pairs.py). resumable_stt makes
one endless stream out of many.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

from google.api_core.exceptions import GoogleAPICallError

from calls.services import NO_NUMBER, Availability, CalledNumber
from calls.services.google import channels, faults
from calls.services.google import speech_pairs as pairs
from calls.services.google.speech_api import Pair
from calls.services.google.speech_stream import GoogleWire, opened, tried
from calls.services.resumable_stt import RECOGNISE_S, Limits, ResumableTranscriber, StreamOver

PHRASES, PHRASE_LETTERS = 20, 100
"""Hints that are passed on. More make other words worse; longer ones are refused, with the rest."""
WARM_UP_S = 10.0
"""The first connection of a process also resolves, shakes hands and fetches a token."""
WARM_UP_TRIES = 3
"""Where gRPC hides why a stream was refused."""
HOLD_BACK_S = 0.3
"""How long Google may take to refuse a stream, where gRPC hid why those before were."""


@dataclass(frozen=True, slots=True)
class GoogleLimits(Limits):
    """Google's own limits: 300 s (v2) or 305 s (v1), 10 s without audio."""

    rotate_s: float = 240.0
    last_s: float = 295.0


class GoogleTranscriber(ResumableTranscriber):
    """calls.services.Transcriber by Google Speech. One per call."""

    advice: ClassVar[str] = faults.UNREACHABLE

    def __init__(self, called: CalledNumber = NO_NUMBER, limits: Limits = GoogleLimits()) -> None:
        super().__init__(f"Google Speech ({pairs.in_use()})", called, limits)
        self._project: str | None = None

    @classmethod
    async def warm_up(cls) -> None:
        """Connect, and learn which models Google refuses, before a caller would wait for it."""
        project = await channels.prepare()
        again = WARM_UP_TRIES
        while True:
            pair = pairs.chosen(project)
            try:
                async with asyncio.timeout(WARM_UP_S):
                    await tried(pair, project, WARM_UP_S)
                return
            except (GoogleAPICallError, TimeoutError) as fault:
                again -= faults.is_unexplained(fault)
                is_known = not again or not faults.is_unexplained(fault)
                if is_known and not pairs.learn(pair, fault):
                    raise faults.failed(f"Google Speech ({pair})", fault) from fault

    @classmethod
    def availability(cls) -> Availability:
        return pairs.availability()

    @asynccontextmanager
    async def opened(
        self, *, open_s: float, life_s: float, asks_why: bool
    ) -> AsyncIterator[GoogleWire]:
        pair, project = await self._pair()
        self.name, phrases = f"Google Speech ({pair})", self._hints(pair)
        wire: GoogleWire | None = None
        try:
            async with opened(pair, project, phrases, open_s=open_s, life_s=life_s) as wire:
                if asks_why:
                    await wire.hold_back(HOLD_BACK_S)
                yield wire
        except GoogleAPICallError as fault:
            if not (wire and wire.has_answered) and pairs.learn(pair, fault, bool(phrases)):
                raise StreamOver(f"{pair} was refused: {faults.text(fault)}") from None
            raise faults.broke(fault) from fault

    async def whole(self, audio: bytes) -> str:
        has_failed = False
        while True:
            pair, project = await self._pair()
            phrases = self._hints(pair)
            try:
                with channels.leased(pair) as speech:
                    return await speech.recognise(pair, project, phrases, audio, RECOGNISE_S)
            except GoogleAPICallError as fault:
                if pairs.learn(pair, fault, bool(phrases)):
                    continue
                if has_failed or faults.is_about_credentials(fault):
                    raise faults.failed(self.name, fault) from fault
                has_failed = True

    async def _pair(self) -> tuple[Pair, str]:
        """What is asked now, and in which project."""
        if self._project is None:
            self._project = await channels.prepare()
        return pairs.chosen(self._project), self._project

    def _hints(self, pair: Pair) -> tuple[str, ...]:
        if not pairs.takes_hints(pair):
            return ()
        phrases = dict.fromkeys((*self.phrases, *self.called.hints))
        return tuple(each for each in phrases if len(each) <= PHRASE_LETTERS)[:PHRASES]
