"""Turns written by the real OpenAI client against the local server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from django.test import override_settings

from calls.services import HistoryLine, Piece, Requested
from calls.services.openai.api import aclose
from calls.services.openai.writer import OpenAiWriter
from tests.servers.openai import OpenAiServer

MODEL, FALLBACK = "gpt-6-luna", "gpt-5.4-mini"


@asynccontextmanager
async def served(**settings: str) -> AsyncIterator[OpenAiServer]:
    """A local OpenAI, and settings that lead to it."""
    async with OpenAiServer() as server:
        given = {"OPENAI_API_KEY": server.key, "OPENAI_BASE_URL": server.url} | settings
        with override_settings(**given):
            try:
                yield server
            finally:
                await aclose()


def said(*texts: str) -> list[HistoryLine]:
    """The caller begins."""
    return [HistoryLine(number % 2 == 0, text) for number, text in enumerate(texts)]


async def written(
    *texts: str, by: OpenAiWriter | None = None, with_verdict: bool = False
) -> list[Piece]:
    """All but how often a model was asked: the server's `requests` tell that."""
    writing = (by or OpenAiWriter()).write(said(*texts), with_verdict=with_verdict)
    return [piece async for piece in writing if not isinstance(piece, Requested)]


async def begun(writing: AsyncGenerator[Piece, None]) -> Piece:
    """Its first piece, from a model that was asked."""
    piece = await anext(writing)
    return await anext(writing) if isinstance(piece, Requested) else piece


def words(pieces: Sequence[Piece]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(3):
        while not is_so():
            await asyncio.sleep(0.005)
