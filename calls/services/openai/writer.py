"""A Writer on OpenAI's chat completions, or on any server that speaks them.

Rule: the waits for a first token and between tokens are limited. If no token came, or none but
the sign that the caller has finished, the fallback model is asked once, under the same
instructions; if that fails too, the core answers with an apology.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import ClassVar

from django.conf import settings
from django.utils import timezone

from calls.services import (
    NO_NUMBER,
    Availability,
    By,
    CalledNumber,
    HistoryLine,
    Piece,
    Requested,
    ServiceFailed,
    ServiceLate,
    instructions,
)
from calls.services.deadlines import within
from calls.services.judging import Line, judge_lines
from calls.services.known import KnownPassage
from calls.services.known.lookup import Lookup
from calls.services.openai.api import MOST_TOKENS, SPARES, AccountRefused, api
from calls.services.openai.judge import OpenAiJudge
from calls.services.tool_use.acts import Acts
from calls.services.tool_use.tool_rounds import Rounds
from calls.services.tools import Json, Tool, ToolCall, tools_for
from calls.services.verdict_keeping import VerdictKeeping
from calls.services.verdicts import Verdict

logger = logging.getLogger(__name__)

TRIED_TOKENS = 16
"""Of an answer at start-up, which is only asked to see whether one is refused, or its beginning."""


class OpenAiWriter:
    """One call's writer."""

    first_s, next_s = 2.5, 2.0
    """Deadlines for the first token, and for each one after it."""
    verdicts_tried_s = 4.0
    """A start waits no longer to see whether verdicts are given: calls will show."""
    takes_whispers = True
    keeping: ClassVar = VerdictKeeping()
    """Of the process."""
    more_tools: ClassVar[Sequence[Tool]] = ()
    """Besides those that every writer has."""

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        self.name = f"OpenAI {settings.OPENAI_MODEL}"
        texts = self.texts = called.language.instructions
        self.tools = (*tools_for(called), *called.own_tools, *self.more_tools)
        self.openers = called.openers
        business = called.business or settings.BUSINESS_PROMPT
        # First: a business without a text of its own that knows something is no unknown one.
        business = instructions.with_knowledge(texts, business, called.knowledge)
        if called.takes_message:
            business = instructions.only_message(texts, business)
        if called.own_tools:
            business = instructions.with_own_tools(texts, business)
        business = instructions.with_openers(texts, business, self.openers)
        self._business = instructions.with_moment(texts, business, timezone.localtime())
        self._greeting = called.opening(settings.GREETING or texts.greeting)
        self._called, self._acts = called, Acts(texts)
        self._lookup = Lookup(called.knowledge, called.language.search_keys)

    @classmethod
    async def warm_up(cls) -> None:
        """Warm connections, and try each model as a call will: with tools, and the effort asked."""
        await api().warm()
        writer = cls()
        history = [HistoryLine(By.CALLER, writer.texts.greeting)]
        asked = {
            "messages": instructions.messages(writer.texts, "", history),
            "tools": [tool.as_function for tool in writer.tools],
            "max_completion_tokens": TRIED_TOKENS,
        }
        for model in filter(None, (settings.OPENAI_MODEL, settings.OPENAI_FALLBACK_MODEL)):
            async with aclosing(api().chunks(model, **asked)) as chunks:
                async for _chunk in chunks:
                    pass
        if settings.TURN_VERDICT == "model":
            await cls._try_verdicts(writer.texts.verdict_trial)

    @classmethod
    async def _try_verdicts(cls, lines: Sequence[tuple[str, str, str]]) -> None:
        """A trial that fails says nothing of the model, and keeps nobody from calling."""
        asked = [Line("", question, said, Verdict(sign)) for question, said, sign in lines]
        try:
            async with asyncio.timeout(cls.verdicts_tried_s):
                judged = await judge_lines(OpenAiJudge(TRIED_TOKENS), asked, at_once=SPARES)
        except Exception as error:  # late, refused, or answered as nobody does
            logger.info("Whether verdicts are given is not known yet: %r", error)
            return
        cls.keeping.tried(
            sum(each.is_given for each in judged), sum(each.is_missing for each in judged)
        )

    @classmethod
    def availability(cls) -> Availability:
        model, is_on = settings.OPENAI_MODEL, settings.TURN_VERDICT == "model"
        return Availability(model, model, no_verdicts=cls.keeping.missing if is_on else None)

    def fixed_phrases(self) -> Sequence[str]:
        says = (each for tool in self.tools for each in tool.phrases)
        return self._greeting, self.texts.patience, *says, self.texts.enough, *self.openers

    @property
    def gives_verdicts(self) -> bool:
        return settings.TURN_VERDICT == "model" and self.keeping.asks

    async def write(
        self, history: Sequence[HistoryLine], *, with_verdict: bool = False
    ) -> AsyncGenerator[Piece, None]:
        if not history:
            api().warm_soon()  # the greeting leaves time for what the first answer will need
            yield self._greeting
            return
        passages: Sequence[KnownPassage] = ()
        if looked := await self._lookup.look(history):
            passages = looked.passages
            yield looked
        chat = _Chat(self, history, passages)
        rounds = Rounds(self.tools, self._called, self._acts)
        async with aclosing(rounds.reply(chat, with_verdict=with_verdict)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Verdict) and chat.model == settings.OPENAI_MODEL:
                    self.keeping.count(rounds.verdict)
                yield piece

    def messages(
        self,
        history: Sequence[HistoryLine],
        passages: Sequence[KnownPassage] = (),
        *,
        with_verdict: bool,
    ) -> list[Json]:
        """What the model is told."""
        notes = [*self._acts.notes, *instructions.found(self.texts, passages)]
        return instructions.messages(
            self.texts, self._business, history, notes, with_verdict=with_verdict
        )


class _Chat:
    """tool_rounds.Model: the messages of one reply, added to from round to round."""

    def __init__(
        self,
        writer: OpenAiWriter,
        history: Sequence[HistoryLine],
        passages: Sequence[KnownPassage],
    ) -> None:
        self.model = ""
        """Which was asked last."""
        self._writer = writer
        self._told = {
            with_verdict: writer.messages(history, passages, with_verdict=with_verdict)
            for with_verdict in (False, True)
        }
        self._added: list[Json] = []
        self._tools = [tool.as_function for tool in writer.tools]

    async def ask(
        self, *, may_call: bool, has_spoken: bool, with_verdict: bool
    ) -> AsyncGenerator[str | ToolCall | Requested, None]:
        asked = {
            "messages": self._told[with_verdict] + self._added,
            "tools": self._tools,
            "tool_choice": "auto" if may_call else "none",
        }
        calls = dict[int, ToolCall]()
        async with aclosing(self._answer(asked, has_spoken)) as parts:
            async for part in parts:
                if not isinstance(part, dict):
                    yield part
                    continue
                index = part.get("index", 0)
                is_new = index not in calls
                _add(calls.setdefault(index, ToolCall()), part)
                if is_new:
                    yield calls[index]

    async def _answer(
        self, asked: Json, has_spoken: bool
    ) -> AsyncGenerator[str | Json | Requested, None]:
        """Text and pieces of tool calls, of the model or else of the fallback model."""
        has_begun = False
        try:
            yield self._request(settings.OPENAI_MODEL)
            async with aclosing(self._in_time(asked)) as parts:
                async for part in parts:
                    has_begun = has_begun or part not in ("", " ", Verdict.WHOLE.value)
                    yield part
            return
        except AccountRefused:
            raise
        except ServiceFailed as error:
            if has_begun or not settings.OPENAI_FALLBACK_MODEL:
                raise
            first = error
        logger.warning("%s; asking %s instead", first, settings.OPENAI_FALLBACK_MODEL)
        yield self._request(settings.OPENAI_FALLBACK_MODEL)
        if isinstance(first, ServiceLate) and not has_spoken:
            yield self._writer.texts.patience
        try:
            async with aclosing(self._in_time(asked)) as parts:
                async for part in parts:
                    yield part
        except ServiceFailed as second:
            raise type(second)(f"{first}; then {second}") from None

    def _request(self, model: str) -> Requested:
        self.model = model
        return Requested(model)

    def _in_time(self, asked: Json) -> AsyncGenerator[str | Json, None]:
        writer, what = self._writer, f"OpenAI {self.model}"
        parts = _parts(self.model, asked)
        return within(parts, first_s=writer.first_s, next_s=writer.next_s, what=what)

    def tell(self, text: str, results: Sequence[tuple[ToolCall, str]]) -> None:
        calls = [_as_asked(call) for call, _result in results]
        self._added.append({"role": "assistant", "content": text or None, "tool_calls": calls})
        for call, result in results:
            self._added.append({"role": "tool", "tool_call_id": call.id, "content": result})


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
