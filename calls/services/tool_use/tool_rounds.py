"""A reply in which a language model may use tools: it asks, is given results, and asks again.

Rules: any tools, in any order, several at once, but a limited number of rounds, the last of which
is for words only. A tool that must wait for the decision waits for it here; one that only looks
things up does not. The caller always gets some answer, even if the model keeps asking or a tool
fails. While a tool takes long, and then until the model words what came of it, whoever reads is
told so, again and again, with words to fill the wait; what cannot be undone is run to its end
(acts.py). One verdict stands before all that a reply says (calls.services.verdicts), and a model
that gives nothing but that is asked again, without. After one that asks to wait nothing follows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from calls.services import (
    Busy,
    CalledNumber,
    Farewell,
    Outside,
    Piece,
    Requested,
    ServiceFailed,
    WhenDecided,
)
from calls.services.tool_use.acts import Act, Acts
from calls.services.tools import Done, Tool, ToolCall, in_hand
from calls.services.verdicts import Verdict, VerdictReader

logger = logging.getLogger(__name__)

MOST_ROUNDS = 4
TICK_S = 0.1
"""How often whoever reads is told that a tool is still waited for."""

Part = TypeVar("Part")


class Model(Protocol):
    """A language model at one point of a call; vendors differ in how it is asked and given
    results."""

    def ask(
        self, *, may_call: bool, has_spoken: bool, with_verdict: bool
    ) -> AsyncGenerator[str | ToolCall | Requested, None]:
        """Each request; its words as they come; each tool as soon as it is called: what is asked of
        it is complete in the end. has_spoken: nothing needs to be said while it is waited for."""

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        """What it said last, and what came of each tool that it called."""


class Rounds:
    """acts: what is done in the call, for later turns; this adds to them."""

    def __init__(self, tools: Sequence[Tool], called: CalledNumber, acts: Acts) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._called, self._acts = called, acts
        self._begun: list[Act] = []
        self._texts = called.language.instructions
        self._has_spoken = self._has_done = self._asks_verdict = False
        self._meanwhile: tuple[str, ...] = ()
        """Of the tool that was waited for last."""
        self.verdict = VerdictReader()

    async def reply(
        self, model: Model, *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        is_complete, known = False, self._acts.given_up()
        try:
            async with aclosing(self._reply(model, with_verdict=with_verdict)) as pieces:
                async for piece in pieces:
                    yield piece
            is_complete = True
        finally:
            if not is_complete:
                self._acts.give_up(self._begun)
            elif not self.verdict.asks_to_wait:
                self._acts.were_told(known)

    async def _reply(
        self, model: Model, *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        self._asks_verdict = with_verdict
        if not with_verdict:
            list(self.verdict.end())  # told to nobody; a sign written all the same is dropped
        for number in range(1, MOST_ROUNDS + 1):
            is_last = number == MOST_ROUNDS
            text, calls = "", list[ToolCall]()
            async with aclosing(self._said(model, calls, may_call=not is_last)) as parts:
                async for part in parts:
                    if isinstance(part, str):
                        text += part
                    yield part
            if self.verdict.asks_to_wait:
                return
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
                async with aclosing(self._done(number, calls, results)) as pieces:
                    async for piece in pieces:
                        yield piece
            model.tell(text, [(call, results[index]) for index, call in enumerate(calls)])
            if text:
                yield " "

    async def _said(
        self, model: Model, calls: list[ToolCall], *, may_call: bool
    ) -> AsyncGenerator[str | Verdict | Requested | Busy, None]:
        """What it says, asked again if that is nothing but a verdict. calls: are added."""
        verdict, has_words = self.verdict, False
        with_verdict = self._asks_verdict
        asking = model.ask(
            may_call=may_call,
            has_spoken=self._has_spoken or verdict.verdict is None,
            with_verdict=with_verdict,
        )
        async with aclosing(asking), aclosing(_filled(asking, self._meanwhile)) as parts:
            try:
                async for part in parts:
                    found: Iterator[Verdict | str] | Iterator[Verdict]
                    match part:
                        case Requested() | Busy():
                            yield part
                            continue
                        case ToolCall():
                            calls.append(part)
                            found = verdict.end()
                        case str():
                            found = verdict.read(part)
                    for each in found:
                        if isinstance(each, str):
                            self._has_spoken = has_words = True
                        yield each
                    if verdict.asks_to_wait and (calls or verdict.goes_on):
                        return  # one that ends of its own accord leaves its connection open
            except ServiceFailed:
                if not verdict.asks_to_wait:
                    raise
        for each in verdict.end():
            yield each
        if with_verdict and not has_words and not calls and not verdict.asks_to_wait:
            self._asks_verdict = False
            async with aclosing(self._said(model, calls, may_call=may_call)) as again:
                async for said in again:
                    yield said

    async def _done(
        self, number: int, calls: Sequence[ToolCall], results: dict[int, str]
    ) -> AsyncGenerator[Piece, None]:
        """Do what may be done ahead, then what must wait; results: what the model is told.
        number: of the round."""
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
            work = {index: self._run(todo[index], calls[index], number) for index in now}
            acts = dict[int, Act]()
            if is_ahead:
                doing = {index: asyncio.create_task(each) for index, each in work.items()}
            else:
                acts = {
                    index: self._acts.begin(calls[index], work[index], todo[index].unkept)
                    for index in now
                }
                self._begun += acts.values()
                doing = {index: act.doing for index, act in acts.items()}
            meanwhile = next((words for index in now if (words := todo[index].meanwhile)), ())
            if meanwhile:
                self._meanwhile = meanwhile
                yield Outside()
            try:
                async with aclosing(_wait(doing.values(), meanwhile)) as waiting:
                    async for busy in waiting:
                        yield busy
            finally:
                if is_ahead:
                    for each in doing.values():
                        each.cancel()
            if meanwhile:
                yield Outside(is_over=True)
            self._has_done = True
            yield Busy()
            for index in now:
                tool, done = todo[index], doing[index].result()
                results[index] = done.told
                for piece in done.pieces:
                    yield piece
                if not is_ahead:
                    self._acts.note(acts[index])
                if (done.must_say or not self._has_spoken) and (said := _words(tool, done)):
                    self._has_spoken = True
                    yield said

    async def _run(self, tool: Tool, call: ToolCall, number: int = 0) -> Done:
        # Some servers call the first tool of every answer the same.
        in_hand.set(replace(in_hand.get(), call=f"{number}-{call.id}"))
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


async def _filled(
    parts: AsyncGenerator[Part, None], meanwhile: tuple[str, ...]
) -> AsyncGenerator[Part | Busy, None]:
    """The same; where there are words for it, the wait for the first of its own is told."""
    is_waiting = bool(meanwhile)
    while is_waiting:
        coming = asyncio.ensure_future(anext(parts, None))
        try:
            async for busy in _wait([coming], meanwhile):
                yield busy
        finally:
            if not coming.done():  # or its generator could not be closed
                coming.cancel()
                await asyncio.wait([coming])
        if (part := coming.result()) is None:
            return
        is_waiting = not isinstance(part, str)
        yield part
    async for each in parts:
        yield each


async def _wait(
    doing: Collection[asyncio.Future[Any]], meanwhile: tuple[str, ...]
) -> AsyncGenerator[Busy, None]:
    """Until all is done; where there are words for the wait, they are offered again and again."""
    while (await asyncio.wait(doing, timeout=TICK_S if meanwhile else None))[1]:
        yield Busy(meanwhile)


def _words(tool: Tool, done: Done) -> str:
    return tool.says if done.says is None else done.says
