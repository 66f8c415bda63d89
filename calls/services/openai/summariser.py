"""The model of the settings writes what was agreed: one structured answer, held to a schema."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import httpx2
from django.conf import settings

from calls.services import ServiceFailed, ServiceLate
from calls.services.openai.api import aclose, api

MOST_TOKENS = 4000
"""Of the answer: a full form is half of it."""


class OpenAiSummariser:
    """calls.services.summarising.Summariser."""

    deadline_s = 20.0

    def __init__(self) -> None:
        self.model = settings.OPENAI_MODEL
        self.name = f"OpenAI {self.model}"

    async def summarise(self, rules: str, told: str, schema: Mapping[str, Any]) -> Any:
        asked = {
            "messages": [
                {"role": "system", "content": rules},
                {"role": "user", "content": told},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "agreed", "strict": True, "schema": schema},
            },
            "max_completion_tokens": MOST_TOKENS,
            # A schema that is new to OpenAI takes it longer than a caller would be kept waiting.
            "timeout": httpx2.Timeout(self.deadline_s, connect=2),
        }
        try:
            async with asyncio.timeout(self.deadline_s):
                return await self._written(asked)
        except TimeoutError:
            raise ServiceLate(f"{self.name} had not written within {self.deadline_s:g} s") from None

    async def _written(self, asked: dict[str, Any]) -> Any:
        text = refusal = finish = ""
        async with aclosing(api().chunks(self.model, **asked)) as chunks:
            async for chunk in chunks:
                for choice in chunk.get("choices") or ():
                    delta = choice.get("delta") or {}
                    text += delta.get("content") or ""
                    refusal += delta.get("refusal") or ""
                    finish = choice.get("finish_reason") or finish
        if refusal:
            raise ServiceFailed(f"{self.name} declined to write what was agreed: {refusal[:200]}")
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            why = finish or "it broke off"
            raise ServiceFailed(f"{self.name} wrote no valid JSON ({why})") from None

    async def aclose(self) -> None:
        await aclose()
