"""A Writer on OpenAI's chat completions, or on any server that speaks them.

Rule: the waits for a first token and between tokens are limited. If no token came, the fallback
model is asked once; if that fails too, the core answers with an apology.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import ClassVar

from django.conf import settings
from django.utils import timezone

from calls.services import (
    NO_NUMBER,
    Availability,
    CalledNumber,
    HistoryLine,
    Piece,
    ServiceFailed,
    ServiceLate,
    instructions,
)
from calls.services.deadlines import within
from calls.services.openai.api import AccountRefused, api
from calls.services.tool_rounds import Rounds
from calls.services.tools import Json, Tool, ToolCall, tools_in

logger = logging.getLogger(__name__)

TRIED_TOKENS = 16
"""Of the answer at start-up, which is only asked to see whether one is refused."""
MOST_TOKENS = 500
"""Of one answer: about a minute of speech, which nobody listens to."""


class OpenAiWriter:
    """One call's writer."""

    first_s, next_s = 2.5, 2.0
    """Deadlines for the first token, and for each one after it."""
    more_tools: ClassVar[Sequence[Tool]] = ()
    """Besides those that every writer has."""

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.name = f"OpenAI {settings.OPENAI_MODEL}"
        texts = self.texts = called.language.instructions
        self.tools = (*tools_in(called.language), *self.more_tools)
        self.openers = called.openers
        business = called.business or settings.BUSINESS_PROMPT
        if called.takes_message:
            business = instructions.only_message(texts, business)
        business = instructions.with_openers(texts, business, self.openers)
        self._business = instructions.with_moment(texts, business, timezone.localtime())
        self._greeting = called.opening(settings.GREETING or texts.greeting)
        self._called, self._notes = called, list[str]()

    @classmethod
    async def warm_up(cls) -> None:
        """Warm connections, and try each model as a call will: with tools, and the effort asked."""
        await api().warm()
        writer = cls()
        history = [HistoryLine(True, writer.texts.greeting)]
        asked = {
            "messages": instructions.messages(writer.texts, "", history),
            "tools": [tool.as_function for tool in writer.tools],
            "max_completion_tokens": TRIED_TOKENS,
        }
        for model in filter(None, (settings.OPENAI_MODEL, settings.OPENAI_FALLBACK_MODEL)):
            async with aclosing(api().chunks(model, **asked)) as chunks:
                async for _chunk in chunks:
                    pass

    @classmethod
    def availability(cls) -> Availability:
        return Availability(settings.OPENAI_MODEL, settings.OPENAI_MODEL)

    def fixed_phrases(self) -> Sequence[str]:
        says = (tool.says for tool in self.tools if tool.says)
        return self._greeting, self.texts.patience, *says, self.texts.enough, *self.openers

    async def write(self, history: Sequence[HistoryLine]) -> AsyncGenerator[Piece, None]:
        if not history:
            api().warm_soon()  # the greeting leaves time for what the first answer will need
            yield self._greeting
            return
        messages = instructions.messages(self.texts, self._business, history, self._notes)
        rounds = Rounds(self.tools, self._called, self._notes)
        async with aclosing(rounds.reply(_Chat(self, messages))) as pieces:
            async for piece in pieces:
                yield piece

    async def answer(self, asked: Json, has_spoken: bool) -> AsyncGenerator[str | Json, None]:
        """Text and pieces of tool calls, of the model or else of the fallback model."""
        has_begun = False
        try:
            async with aclosing(self._in_time(settings.OPENAI_MODEL, asked)) as parts:
                async for part in parts:
                    has_begun = True
                    yield part
            return
        except AccountRefused:
            raise
        except ServiceFailed as error:
            if has_begun or not settings.OPENAI_FALLBACK_MODEL:
                raise
            first = error
        logger.warning("%s; asking %s instead", first, settings.OPENAI_FALLBACK_MODEL)
        if isinstance(first, ServiceLate) and not has_spoken:
            yield self.texts.patience
        try:
            async with aclosing(self._in_time(settings.OPENAI_FALLBACK_MODEL, asked)) as parts:
                async for part in parts:
                    yield part
        except ServiceFailed as second:
            raise type(second)(f"{first}; then {second}") from None

    def _in_time(self, model: str, asked: Json) -> AsyncGenerator[str | Json, None]:
        parts = _parts(model, asked)
        return within(parts, first_s=self.first_s, next_s=self.next_s, what=f"OpenAI {model}")


class _Chat:
    """calls.services.tool_rounds.Model: the messages of one reply, added to from round to round."""

    def __init__(self, writer: OpenAiWriter, messages: list[Json]) -> None:
        self._writer, self._messages = writer, messages
        self._tools = [tool.as_function for tool in writer.tools]

    async def ask(
        self, *, may_call: bool, has_spoken: bool
    ) -> AsyncGenerator[str | ToolCall, None]:
        asked = {
            "messages": self._messages,
            "tools": self._tools,
            "tool_choice": "auto" if may_call else "none",
        }
        calls = dict[int, ToolCall]()
        async with aclosing(self._writer.answer(asked, has_spoken)) as parts:
            async for part in parts:
                if isinstance(part, str):
                    yield part
                else:
                    _add(calls.setdefault(part.get("index", 0), ToolCall()), part)
        for call in calls.values():
            yield call

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        calls = [_as_asked(call) for call, _result in results]
        self._messages.append({"role": "assistant", "content": text or None, "tool_calls": calls})
        for call, result in results:
            self._messages.append({"role": "tool", "tool_call_id": call.id, "content": result})


def _add(call: ToolCall, delta: Json) -> None:
    """A tool call comes in pieces."""
    function = delta.get("function") or {}
    call.id += delta.get("id") or ""
    call.name += function.get("name") or ""
    call.arguments += function.get("arguments") or ""


def _as_asked(call: ToolCall) -> Json:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


async def _parts(model: str, asked: Json) -> AsyncGenerator[str | Json, None]:
    """What counts as a token: words, and pieces of tool calls."""
    is_empty, finish = True, ""
    stream = api().chunks(
        model,
        **asked,
        max_completion_tokens=MOST_TOKENS,
        stream_options={"include_usage": True},
    )
    async with aclosing(stream) as chunks:
        async for chunk in chunks:
            if usage := chunk.get("usage"):
                logger.debug("%s: %s", model, usage)
            for choice in chunk.get("choices") or ():
                finish = choice.get("finish_reason") or finish
                delta = choice.get("delta") or {}
                parts = [delta.get("content"), *(delta.get("tool_calls") or ())]
                for part in filter(None, parts):
                    is_empty = False
                    yield part
    if is_empty:
        raise ServiceFailed(f"OpenAI {model} answered nothing ({finish or 'no reason given'})")
