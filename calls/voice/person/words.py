"""The words of a person who speaks with the caller, by a transcriber of their own.

Rule: whatever becomes of it, the call goes on, only without these words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.services import Transcriber
from calls.voice.reply import is_ours, reason_of

logger = logging.getLogger(__name__)

LAST_WORDS_MS = 1000
"""The silence by which a transcriber knows that the last words are over."""
LAST_WORDS_S = 2.0
"""They may come so much later."""


class PersonWords:
    def __init__(self, make: Callable[[], Transcriber], tell: Callable[[str], None]) -> None:
        """make: makes the transcriber. tell: is told what was said, a segment at a time."""
        self._tell, self.failure = tell, ""
        self._transcriber: Transcriber | None = None
        try:
            self._transcriber = make()
        except Exception as error:
            self._failed(error)
        self._pushed_ms = 0
        self._partial = ""
        self._said = asyncio.Event()
        """A segment has been closed since it was last asked."""

    async def listen(self) -> None:
        """Until it is closed."""
        if self._transcriber is None:
            return
        try:
            async for transcript in self._transcriber.transcripts():
                self._partial = "" if transcript.final else transcript.text
                if transcript.final:
                    self._tell(transcript.text)
                    self._said.set()
        except Exception as error:
            self._failed(error)
            self._said.set()

    def _failed(self, error: Exception) -> None:
        self.failure = f"a person's words are missing: {reason_of(error)}"
        logger.error("%s", self.failure, exc_info=is_ours(error))

    def push(self, audio: bytes) -> None:
        self._pushed_ms += len(audio) // BYTES_PER_MS
        if self._transcriber and not self.failure:
            self._transcriber.push(audio, self._pushed_ms)

    async def finish(self) -> None:
        """Nothing more will be said: wait for the last words, and close."""
        self._said.clear()
        self.push(SILENCE_BYTE * (LAST_WORDS_MS * BYTES_PER_MS))
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._said.wait()
        except TimeoutError:
            pass
        await self.aclose()

    async def aclose(self) -> None:
        """Words that may still change are better than none."""
        partial, self._partial = self._partial, ""
        if partial:
            self._tell(partial)
        if self._transcriber:
            try:
                await self._transcriber.aclose()
            except Exception as error:
                self._failed(error)
