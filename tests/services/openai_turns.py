"""Turns written by the real OpenAI client against the local server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from django.test import override_settings

from calls.services import By, HistoryLine, Piece, Requested
from calls.services.openai.api import aclose
from calls.services.openai.writer import OpenAiWriter
from calls.services.verdict_keeping import VerdictKeeping
from calls.services.verdicts import Verdict
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
    return [
        HistoryLine(By.AGENT if number % 2 else By.CALLER, text)
        for number, text in enumerate(texts)
    ]


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


class Watch:
    """A clock that is set by hand."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def a_writer(clock: Watch | None = None, tried_s: float = 4.0) -> type[OpenAiWriter]:
    """One of a process of its own."""

    class Writer(OpenAiWriter):
        keeping = VerdictKeeping(clock or Watch())
        verdicts_tried_s = tried_s

    return Writer


async def asked(*texts: str, by: OpenAiWriter | None = None) -> list[Piece]:
    return await written(*texts, by=by or a_writer()(), with_verdict=True)


def has_markers(request: dict[str, object]) -> bool:
    return all(verdict.value in f"{request['messages']}" for verdict in Verdict)


@asynccontextmanager
async def exact(**settings: str) -> AsyncIterator[OpenAiServer]:
    """A local OpenAI whose model is never wrong."""
    async with served(**settings) as server:
        server.verdicts.wrong_share = 0.0
        yield server
