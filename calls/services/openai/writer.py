"""A Writer on OpenAI's chat completions, or on any server that speaks them.

Rule: callers wait for a first token and between tokens so long and no longer. If nothing came, the
fallback model is asked once; then the failure is the core's to answer, with an apology.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from calls.services import (
    NO_BRIEF,
    Brief,
    Farewell,
    Line,
    Message,
    Piece,
    ServiceFailed,
    ServiceLate,
    Standing,
    instructions,
)
from calls.services.deadlines import within
from calls.services.instructions import SAY_GOODBYE, TAKE_MESSAGE
from calls.services.openai.api import AccountRefused, api

logger = logging.getLogger(__name__)

Json = dict[str, Any]
TRIED_TOKENS = 16
"""Of the answer at start-up, which is only asked to see whether one is refused."""
MOST_TOKENS = 500
"""Of one answer: about a minute of speech, which nobody listens to."""


@dataclass(slots=True)
class ToolCall:
    """What the model asks to have done; comes in pieces."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    def add(self, delta: Json) -> None:
        function = delta.get("function") or {}
        self.id += delta.get("id") or ""
        self.name += function.get("name") or ""
        self.arguments += function.get("arguments") or ""

    def text(self, name: str) -> str:
        """One argument; empty if the model did not write what it was asked to."""
        try:
            given = json.loads(self.arguments)
        except ValueError:
            return ""
        value = given.get(name) if isinstance(given, dict) else None
        return str(value or "").strip()

    def as_asked(self) -> Json:
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


class OpenAiWriter:
    """One call's."""

    first_s, next_s = 2.5, 2.0
    """Deadlines for the first token, and for each one after it."""

    def __init__(self, brief: Brief = NO_BRIEF) -> None:
        self.name = f"OpenAI {settings.OPENAI_MODEL}"
        business = brief.business or settings.BUSINESS_PROMPT
        business = instructions.only_message(business) if brief.takes_message else business
        self._business = instructions.with_moment(business, timezone.localtime())
        self._greeting = brief.opening(settings.GREETING or instructions.GREETING)
        self._kept: list[Message] = []

    @classmethod
    async def warm_up(cls) -> None:
        """Warm connections, and try each model as a call will: with tools, and the effort asked."""
        await api().warm()
        asked = {
            "messages": instructions.messages("", [Line(True, instructions.GREETING)]),
            "tools": instructions.TOOLS,
            "max_completion_tokens": TRIED_TOKENS,
        }
        for model in filter(None, (settings.OPENAI_MODEL, settings.OPENAI_FALLBACK_MODEL)):
            async with aclosing(api().chunks(model, **asked)) as chunks:
                async for _chunk in chunks:
                    pass

    @classmethod
    def standing(cls) -> Standing:
        return Standing(settings.OPENAI_MODEL, settings.OPENAI_MODEL)

    def fixed_phrases(self) -> Sequence[str]:
        return self._greeting, instructions.PATIENCE, instructions.NOTED, instructions.FAREWELL

    async def write(self, history: Sequence[Line]) -> AsyncGenerator[Piece, None]:
        if not history:
            api().warm_soon()  # the greeting leaves time for what the first answer will need
            yield self._greeting
            return
        messages = instructions.messages(self._business, history, self._kept)
        has_spoken = False
        for tool_choice in ("auto", "none"):  # the second round words what the first one did
            asked = {"messages": messages, "tools": instructions.TOOLS, "tool_choice": tool_choice}
            text, tools = "", dict[int, ToolCall]()
            async with aclosing(self._answer(asked, has_spoken)) as answer:
                async for part in answer:
                    if isinstance(part, str):
                        text, has_spoken = text + part, True
                        yield part
                    else:
                        tools.setdefault(part.get("index", 0), ToolCall()).add(part)
            calls = list(tools.values())
            if not any(call.name == TAKE_MESSAGE for call in calls):
                break
            messages.append(
                {
                    "role": "assistant",
                    "content": text or None,
                    "tool_calls": [call.as_asked() for call in calls],
                }
            )
            for call in calls:
                message, result = _done(call)
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
                if message:
                    self._kept.append(message)
                    yield message
                    if not has_spoken:
                        has_spoken = True
                        yield instructions.NOTED
            if text:
                yield " "
        for call in calls:
            if call.name == SAY_GOODBYE:
                if not text.removeprefix(instructions.PATIENCE):
                    yield call.text("farewell") or instructions.FAREWELL
                yield Farewell()

    async def _answer(self, asked: Json, has_spoken: bool) -> AsyncGenerator[str | Json, None]:
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
            yield instructions.PATIENCE
        try:
            async with aclosing(self._in_time(settings.OPENAI_FALLBACK_MODEL, asked)) as parts:
                async for part in parts:
                    yield part
        except ServiceFailed as second:
            raise type(second)(f"{first}; then {second}") from None

    def _in_time(self, model: str, asked: Json) -> AsyncGenerator[str | Json, None]:
        parts = _parts(model, asked)
        return within(parts, first_s=self.first_s, next_s=self.next_s, what=f"OpenAI {model}")


def _done(call: ToolCall) -> tuple[Message | None, str]:
    """What a tool call brings, and what the model is told of it."""
    if call.name != TAKE_MESSAGE:
        return None, instructions.FIRST_READ_BACK
    message = Message(call.text("name"), call.text("number"), call.text("reason"))
    if not message.reason and not message.number:
        return None, instructions.NOT_KEPT
    return message, instructions.KEPT


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
