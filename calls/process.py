"""This process's life: warmed up before the first call, drained before it ends.

SIGTERM: no new calls; running ones finish for up to DRAIN_SECONDS; then the rest are ended, which
Twilio follows with an apology. A second SIGTERM does not wait.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.module_loading import import_string

from calls import live, prompts
from calls.models import Call
from calls.services import ServiceFailed

logger = logging.getLogger(__name__)

DRAIN_CHECK_S = 0.2
END_S = 10.0
"""How long the ends of the last calls may take to be written."""

status = "starting"
"""starting, ok, or failed (see `failures`)."""
failures: list[str] = []
"""What warming up met, for a person to act on."""
_tasks: set[asyncio.Task[None]] = set()


def begin() -> None:
    """Warm up and watch for SIGTERM as soon as the server's event loop runs."""
    reactor = sys.modules.get("twisted.internet.reactor")  # daphne's
    if reactor is not None:
        reactor.callWhenRunning(_begin_on_loop)


def _begin_on_loop() -> None:
    loop = asyncio.get_event_loop()

    def terminate(*_: object) -> None:
        loop.call_soon_threadsafe(lambda: _keep(loop.create_task(_drain())))

    signal.signal(signal.SIGTERM, terminate)
    _keep(loop.create_task(live.follow()))
    _keep(loop.create_task(warm_up()))


def _keep(task: asyncio.Task[None]) -> None:
    _tasks.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        logger.error("A part of the process broke", exc_info=error)


async def warm_up() -> None:
    """Make what is expensive before the first caller would wait for it."""
    global status
    await database_sync_to_async(Call.close_lost)()
    for path in (settings.TRANSCRIBER, settings.WRITER, settings.SPEAKER):
        try:
            await import_string(path).warm_up()
        except ServiceFailed as error:
            failures.append(f"{error}")
            logger.error("%s: %s", path, error)
        except Exception as error:
            failures.append(f"{path}: {error!r}")
            logger.exception("%s cannot be used", path)
    await prompts.warm_up()
    # What start-up made stays: looking through it again would stop every call for 100 ms.
    gc.collect()
    gc.freeze()
    status = "failed" if failures else "ok"
    logger.info("Warmed up: %s", status)


async def _drain() -> None:
    seconds = 0 if live.is_draining else settings.DRAIN_SECONDS
    live.is_draining = True
    logger.info("SIGTERM: %d calls may go on for up to %d s", len(live.calls), seconds)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    while live.calls and loop.time() < until_s:  # noqa: ASYNC110  (a look now and then will do)
        await asyncio.sleep(DRAIN_CHECK_S)
    ending = [loop.create_task(call.end("shutdown")) for call in live.calls.values()]
    if ending:  # a record that cannot be written must not keep the process alive
        await asyncio.wait(ending, timeout=END_S)
    sys.modules["twisted.internet.reactor"].stop()
