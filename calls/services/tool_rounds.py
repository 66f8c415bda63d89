"""A reply in which a language model may use tools: it asks, is given results, and asks again.

Rules: any tools, in any order, several at once, but a limited number of rounds, the last of which
is for words only. A tool that must wait for the decision waits for it here; one that only looks
things up does not. The caller always gets some answer, even if the model keeps asking or a tool
fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from calls.services import Busy, CalledNumber, Farewell, Piece, WhenDecided
from calls.services.tools import Done, Tool, ToolCall

logger = logging.getLogger(__name__)

MOST_ROUNDS = 4


class Model(Protocol):
    """A language model at one point of a call; vendors differ in how it is asked and given
    results."""

    def ask(self, *, may_call: bool, has_spoken: bool) -> AsyncGenerator[str | ToolCall, None]:
        """Its words as they come, and then the tools that it calls."""

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        """What it said last, and what came of each tool that it called."""


class Rounds:
    """notes: what was done in the call, for later turns; this adds to them."""

    def __init__(self, tools: Sequence[Tool], called: CalledNumber, notes: list[str]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._called, self._notes = called, notes
        self._texts = called.language.instructions
        self._has_spoken = self._has_done = False

    async def reply(self, model: Model) -> AsyncGenerator[Piece, None]:
        for number in range(1, MOST_ROUNDS + 1):
            is_last = number == MOST_ROUNDS
            text, calls = "", list[ToolCall]()
            asking = model.ask(may_call=not is_last, has_spoken=self._has_spoken)
            async with aclosing(asking) as parts:
                async for part in parts:
                    if isinstance(part, ToolCall):
                        calls.append(part)
                    else:
                        text, self._has_spoken = text + part, True
                        yield part
            has_words = bool(text.removeprefix(self._texts.patience))
            endings = [tool for call in calls if (tool := self._tool(call)) and tool.ends]
            if is_last and not has_words:
                logger.warning("The model calls tools in all of %d rounds", MOST_ROUNDS)
                yield self._texts.enough
            if is_last or not calls:
                return
            only_ends = len(endings) == len(calls)
            if only_ends and self._has_done and has_words:
                return  # not yet: what was done is being heard only now
            results = dict[int, str]()
            if only_ends and not self._has_done:
                if not endings[0].safe_ahead:
                    yield WhenDecided()
                ending = await self._run(endings[0], calls[0])
                if not ending.told:
                    if not has_words:
                        yield _words(endings[0], ending)
                    yield Farewell()
                    return
                results = dict.fromkeys(range(len(calls)), ending.told)
            else:
                async with aclosing(self._done(calls, results)) as pieces:
                    async for piece in pieces:
                        yield piece
            model.tell(text, [(call, results[index]) for index, call in enumerate(calls)])
            if text:
                yield " "

    async def _done(
        self, calls: Sequence[ToolCall], results: dict[int, str]
    ) -> AsyncGenerator[Piece, None]:
        """Do what may be done ahead, then what must wait; results: what the model is told."""
        todo = dict[int, Tool]()
        for index, call in enumerate(calls):
            tool = self._tool(call)
            if tool is None or tool.ends:
                results[index] = self._texts.not_yet if tool else self._texts.no_such_tool
            else:
                todo[index] = tool
        for is_ahead in (True, False):
            now = [index for index, tool in todo.items() if tool.safe_ahead == is_ahead]
            if not now:
                continue
            yield Busy() if is_ahead else WhenDecided()
            done = await asyncio.gather(*(self._run(todo[index], calls[index]) for index in now))
            self._has_done = True
            yield Busy()
            for index, each in zip(now, done, strict=True):
                tool, results[index] = todo[index], each.told
                for piece in each.pieces:
                    yield piece
                if each.note and not is_ahead:
                    self._notes.append(each.note)
                if not self._has_spoken and (words := _words(tool, each)):
                    self._has_spoken = True
                    yield words

    async def _run(self, tool: Tool, call: ToolCall) -> Done:
        try:
            async with asyncio.timeout(tool.deadline_s):
                return await tool.run(self._called, call.given)
        except TimeoutError:
            logger.warning("%s brought nothing in %g s", tool.name, tool.deadline_s)
            return Done(self._texts.nothing_came, says="")
        except Exception:  # it is told to the model, and the call goes on
            logger.exception("%s failed", tool.name)
            return Done(self._texts.not_done, says="")

    def _tool(self, call: ToolCall) -> Tool | None:
        return self._tools.get(call.name)


def _words(tool: Tool, done: Done) -> str:
    return tool.says if done.says is None else done.says
