"""What processes tell each other: published profiles, and the state of calls in progress.

Rule: telling never fails and never delays. If the layer is gone (Redis has stopped), only the news
is lost: a call reads the newest revision whenever its record is written, and a live page that hears
nothing says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

TELL_S = 1.0
MOST_UNDER_WAY = 20
"""News that is not told yet; what is more is lost, for something newer will follow."""
GONE = (RedisError, OSError)
"""What a layer that is gone raises; a TimeoutError is an OSError."""
PROFILES = "profiles"
"""The group that hears of published revisions."""
TRIALS = "trials"
"""The group that hears of trials that start and end."""

failure = ""
"""Why the last news could not be told; empty: it could."""
_under_way: WeakKeyDictionary[asyncio.AbstractEventLoop, set[asyncio.Task[None]]] = (
    WeakKeyDictionary()
)


async def subscribed(*groups: str) -> str:
    """A new channel that hears what these groups are told. Raises GONE."""
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(TELL_S):
            channel: str = await layer.new_channel()
            for group in groups:
                await layer.group_add(group, channel)
    except GONE as error:
        lost(error)
        raise
    return channel


async def tell(group: str, message: dict[str, Any]) -> bool:
    """Whether it was told in time."""
    return await _apart(partial(get_channel_layer().group_send, group, message))


async def tell_one(channel: str, message: dict[str, Any]) -> bool:
    return await _apart(partial(get_channel_layer().send, channel, message))


async def _apart(send: Callable[[], Awaitable[None]]) -> bool:
    """In a task of its own, which nobody cancels: redis-py swallows a cancellation that comes
    while it connects, and whoever was cancelled would go on for ever."""
    under_way = _under_way.setdefault(asyncio.get_running_loop(), set())
    if len(under_way) >= MOST_UNDER_WAY:
        return False
    task = asyncio.create_task(_noted(send))
    under_way.add(task)
    task.add_done_callback(under_way.discard)
    await asyncio.wait([task], timeout=TELL_S)
    if not task.done():
        lost(TimeoutError(f"no answer within {TELL_S:g} s"))
    return task.done() and not failure


async def _noted(send: Callable[[], Awaitable[None]]) -> None:
    try:
        await send()
    except GONE as error:
        lost(error)
    else:
        found()


async def check() -> None:
    """Find out whether news can be told, although there may be none."""
    await tell("nobody", {})


def lost(error: Exception) -> None:
    global failure
    if not failure:
        logger.error("Redis is gone, live pages stand still: %s", _in_words(error))
    failure = _in_words(error)


def found() -> None:
    global failure
    if failure:
        logger.warning("Redis is back")
    failure = ""


def _in_words(error: Exception) -> str:
    return f"{error}" or type(error).__name__
