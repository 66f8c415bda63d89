"""A writer that uses its number's tool in every reply, and a voice, both at a pace that is known.

The writer is a model behind the product's own rounds of tools: its first token, after so long, is
the call of the tool; after another wait of that kind it words what came of it, 60 tokens a second.
Without a tool it words at once. The pace stands, in ms, in what the number tells of the business.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bench.services import Answerer, Voice
from calls.services import NO_NUMBER, CalledNumber, HistoryLine, Piece, Requested
from calls.services.tool_use.acts import Acts
from calls.services.tool_use.tool_rounds import Rounds
from calls.services.tools import ToolCall

TOKEN_S = 1 / 60
FIRST_TOKEN_MS = 350


class Model:
    def __init__(self, called: CalledNumber, ids: itertools.count[int]) -> None:
        self._tools, self._ids = [tool.name for tool in called.own_tools], ids
        self._first_s = int(called.business or FIRST_TOKEN_MS) / 1000

    async def ask(
        self, *, may_call: bool, has_spoken: bool, with_verdict: bool
    ) -> AsyncGenerator[str | ToolCall | Requested, None]:
        yield Requested("bench")
        await asyncio.sleep(self._first_s)
        if self._tools:
            yield ToolCall(f"call_{next(self._ids)}", self._tools.pop(), "{}")
            return
        for word in "".join(Answerer.answer).split(" "):
            yield f"{word} "
            await asyncio.sleep(TOKEN_S)

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        return None


class ToolAnswerer(Answerer):
    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        super().__init__(called)
        self._acts, self._ids = Acts(called.language.instructions), itertools.count(1)

    def fixed_phrases(self) -> Sequence[str]:
        said = (phrase for tool in self.called.own_tools for phrase in tool.phrases)
        return (*super().fixed_phrases(), *said)

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if not history:
            yield self.greeting
            return
        rounds = Rounds(self.called.own_tools, self.called, self._acts)
        reply = rounds.reply(Model(self.called, self._ids), with_verdict=with_verdict)
        async with aclosing(reply) as pieces:
            async for piece in pieces:
                yield piece


class PacedVoice(Voice):
    first_byte_s = 0.18
