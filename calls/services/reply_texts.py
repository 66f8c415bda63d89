"""A reply's texts on their way from the writer to a voice.

Rule: the writer sets the pace, and nobody waits for it needlessly: texts are read as they are
written, and a failure is reported in order, after the last of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator


class ReplyTexts:
    """Make it while an event loop is running; close it at the end."""

    def __init__(self, texts: AsyncIterator[str]) -> None:
        self._written: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read(texts))

    async def next(self, within_s: float | None = None) -> str | None:
        """The next text; None: that was all. Raises what the writer raised, and TimeoutError."""
        async with asyncio.timeout(within_s):
            text = await self._written.get()
        if text is None or isinstance(text, Exception):
            self._written.put_nowait(text)
        if isinstance(text, Exception):
            raise text
        return text

    async def aclose(self) -> None:
        self._reading.cancel()
        await asyncio.wait({self._reading})

    async def _read(self, texts: AsyncIterator[str]) -> None:
        try:
            async for text in texts:
                self._written.put_nowait(text)
        except Exception as error:
            self._written.put_nowait(error)
        else:
            self._written.put_nowait(None)


async def of(*texts: str) -> AsyncGenerator[str, None]:
    """A reply that is written already."""
    for text in texts:
        yield text


async def audio_of(parts: AsyncIterator[str | bytes]) -> bytes:
    """What a voice makes of a reply, whole."""
    return b"".join([part async for part in parts if isinstance(part, bytes)])
