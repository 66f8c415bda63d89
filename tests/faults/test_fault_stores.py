"""Twenty calls in progress, and what is behind them breaks: no caller hears of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from django.db import connection
from django.test import TransactionTestCase, tag

from calls.models import Turn
from calls.voice import prompts
from hevoice import stores
from tests.faults.fault_calls import ANSWER, ASKS, Callers, calls_in_progress
from tests.servers.redis import RedisServer

USUAL_S = 2.0
"""The longest silence of a usual turn."""
WRITTEN_S = 10.0


@contextmanager
def a_database_that_takes_nothing() -> Iterator[None]:
    """Another has locked it: whoever writes waits."""
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    try:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


@tag("protocol")
class StoreFaultTests(TransactionTestCase):
    async def ask(self, callers: Callers) -> None:
        self.assertLess(median(await callers.ask()), USUAL_S)
        late = f"{prompts.text('moment')} "  # on a busy machine some are
        self.assertEqual({text.removeprefix(late) for text in callers.answered()}, {ANSWER})

    async def assert_written(self, callers: Callers, asked: int) -> None:
        """Every turn of every call, and its end; the journals replay."""
        for line in callers.lines:
            said = [turn.said for turn in await line.turns() if turn.said]
            self.assertEqual(said, [ASKS] * asked)

    async def test_redis_is_gone_and_comes_back(self) -> None:
        with RedisServer() as redis:
            layers = stores.channel_layers(redis.url)
            async with calls_in_progress(CHANNEL_LAYERS=layers) as callers:
                redis.stop()
                await self.ask(callers)
                redis.start()
                await self.ask(callers)
            await self.assert_written(callers, asked=2)

    async def test_the_database_takes_nothing_and_then_all(self) -> None:
        async with calls_in_progress() as callers:
            with a_database_that_takes_nothing():
                await self.ask(callers)
                self.assertFalse(await Turn.objects.filter(said=ASKS).aexists())
            await self.ask(callers)
        async with asyncio.timeout(WRITTEN_S):
            await self.assert_written(callers, asked=2)
