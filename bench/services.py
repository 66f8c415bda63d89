"""Services with fixed delays that answer at the length and pace of a real agent.

What they take is known, so that everything beyond it is ours: a floor for every latency.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from tests.fakes import TONE, FakeSpeaker, FakeWriter


class Answerer(FakeWriter):
    """Two sentences, the first token after 100 ms."""

    answer = ("בשמחה, יש כמה אפשרויות השבוע. ", "איזה יום הכי נוח לבוא אלינו?")


class Voice(FakeSpeaker):
    """14 characters a second, which is usual; the first byte after 50 ms, the rest with it, in
    pieces of 200 ms, as a vendor streams."""

    ms_per_character = 70

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        async for text in texts:
            yield text
            await asyncio.sleep(self.first_byte_s)
            for _piece in range(len(text) * self.ms_per_character // 200):
                yield TONE * 10


def after_decision_ms(delay_ms: int) -> float:
    """What passes at least between a decision with this delay and the reply's first audio."""
    return max(delay_ms, 1000 * (Answerer.first_token_s + Voice.first_byte_s))
