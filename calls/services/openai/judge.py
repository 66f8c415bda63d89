"""The model of the settings, asked for verdicts: as in a call, but for one answer only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from django.conf import settings
from django.utils import timezone

from calls.language.language import spoken
from calls.services import HistoryLine, instructions
from calls.services.judging import Tokens
from calls.services.known import KnownPassage
from calls.services.openai.api import MOST_TOKENS, aclose, api
from calls.services.tools import ToolCall, tools_in


class OpenAiJudge:
    """calls.services.judging.Judge."""

    def __init__(self, most_tokens: int = MOST_TOKENS) -> None:
        """most_tokens: of one answer."""
        self.model, self.server = settings.OPENAI_MODEL, settings.OPENAI_BASE_URL
        self._most_tokens, language = most_tokens, spoken()
        self._texts = language.instructions
        self._tools = [tool.as_function for tool in tools_in(language)]
        self._business = instructions.with_moment(self._texts, "", timezone.localtime())

    async def warm_up(self) -> None:
        await api().warm()

    async def answer(
        self, history: Sequence[HistoryLine], found: Sequence[KnownPassage] | None = None
    ) -> AsyncGenerator[str | ToolCall | Tokens, None]:
        business, notes = self._business, instructions.found(self._texts, found or ())
        if found is not None:
            business = self._texts.looked_up
        stream = api().chunks(
            self.model,
            messages=instructions.messages(
                self._texts, business, history, notes, with_verdict=found is None
            ),
            tools=self._tools,
            tool_choice="auto",
            max_completion_tokens=self._most_tokens,
            stream_options={"include_usage": True},
        )
        async with aclosing(stream) as chunks:
            async for chunk in chunks:
                for choice in chunk.get("choices") or ():
                    delta = choice.get("delta") or {}
                    if text := delta.get("content"):
                        yield text
                    if delta.get("tool_calls"):
                        yield ToolCall()
                if usage := chunk.get("usage"):
                    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
                    yield Tokens(usage["prompt_tokens"], cached, usage["completion_tokens"])

    async def aclose(self) -> None:
        await aclose()
