"""The life of this process: it is warmed up before the first call and drained before it ends.

After SIGTERM it takes no new calls, and running calls have up to DRAIN_SECONDS to finish. The rest
are then ended, and the carrier plays an apology. A second SIGTERM does not wait.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from django.utils.module_loading import import_string

from calls.http_tools import tool_use
from calls.models import Call
from calls.process import readiness
from calls.process.server_process import ServerProcess, this_process
from calls.records import recovery, unwritten
from calls.services import vendors
from calls.services.phrase_cache import phrases
from calls.services.tool_use import acts
from calls.telephony.phone_number import PhoneNumber
from calls.voice import live, prompts
from hevoice import bus

logger = logging.getLogger(__name__)

DRAIN_CHECK_S = 0.2
END_S = 10.0
"""How long the ends of the last calls may take to be written."""
REPORT_S = 30.0
"""How often the Services page hears of this process."""

_is_warm = _is_over = False
_started_at = timezone.now()
_tasks: set[asyncio.Task[None]] = set()


def status() -> ServerProcess.Status:
    if _is_over:
        return ServerProcess.Status.ENDED
    if live.is_draining:
        return ServerProcess.Status.DRAINING
    if not _is_warm:
        return ServerProcess.Status.STARTING
    return ServerProcess.Status.FAILED if readiness.failures else ServerProcess.Status.OK


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
    for job in (live.follow(), warm_up(), _report_on()):
        _keep(loop.create_task(job))


def _keep(task: asyncio.Task[None]) -> None:
    _tasks.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[None]) -> None:
    _tasks.discard(task)
    if not task.cancelled() and (error := task.exception()):
        logger.error("A part of the process broke", exc_info=error)


async def warm_up() -> None:
    """Make what is expensive before the first caller would wait for it."""
    global _is_warm
    await _recover_records(is_starting=True)
    works = await asyncio.gather(*(readiness.try_out(role) for role in vendors.ROLES))
    await prompts.warm_up()
    await asyncio.to_thread(import_string(settings.VAD))  # the first of a process loads its model
    # What start-up made stays: looking through it again would stop every call for 100 ms.
    gc.collect()
    gc.freeze()
    _is_warm = True
    logger.info("Warmed up: %s", status())
    await _report()
    _keep(asyncio.create_task(_prepare_numbers()))
    for role, does_work in zip(vendors.ROLES, works, strict=True):
        if not does_work:
            _keep(asyncio.create_task(_recover(role)))


async def _recover_records(is_starting: bool = False) -> None:
    try:
        await database_sync_to_async(recovery.recover, thread_sensitive=False)(is_starting)
    except (DatabaseError, OSError) as error:
        logger.error("What dead processes left waits: %s", error)


async def _prepare_numbers() -> None:
    """What each number says word for word, in its own voice, while calls are taken already."""
    found = PhoneNumber.objects.prefetch_related("http_tools")
    try:
        numbers = await database_sync_to_async(lambda: list(found))()
    except DatabaseError as error:
        logger.error("The numbers' own phrases are spoken when they are needed: %s", error)
        return
    await prompts.warm_up(number.as_called() for number in numbers)


async def _recover(role: str) -> None:
    await readiness.try_until_it_works(role)
    await _report()


async def _report_on() -> None:
    while True:
        await _report()
        await asyncio.sleep(REPORT_S)
        await _recover_records()


async def _report() -> None:
    """Tell the Services page, in a thread that no call waits for."""
    await bus.check()
    try:
        await database_sync_to_async(_write, thread_sensitive=False)(_now())
    except DatabaseError as error:
        logger.warning("The Services page does not hear of this process: %s", error)


def _write(fields: dict[str, Any]) -> None:
    ServerProcess.report(this_process(), **fields)
    remove_long_gone()


def remove_long_gone() -> None:
    """End the calls of processes that have not been heard of for long, wherever they ran."""
    gone = ServerProcess.long_gone()
    for call in Call.objects.filter(ended_at=None, process__in=gone.values("name")):
        call.close(Call.Ended.LOST)
    gone.delete()


def _now() -> dict[str, Any]:
    return {
        "version": settings.VERSION,
        "started_at": _started_at,
        "status": status(),
        "calls": len(live.calls),
        "unwritten": len(unwritten.reasons),
        "news_failure": bus.failure,
        "services": readiness.standings(),
        "phrase_hits": phrases().hits,
        "phrase_misses": phrases().misses,
        "phrase_saved_ms": phrases().saved_ms,
    }


async def _drain() -> None:
    global _is_over
    seconds = 0 if live.is_draining else settings.DRAIN_SECONDS
    live.is_draining = True
    logger.info("SIGTERM: %d calls may go on for up to %d s", len(live.calls), seconds)
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    while live.calls and loop.time() < until_s:  # noqa: ASYNC110  (a look now and then will do)
        await asyncio.sleep(DRAIN_CHECK_S)
    for call in live.calls.values():
        call.end("shutdown")
    # A record that cannot be written must not keep the process alive: it is in the spool.
    await live.all_over(END_S)
    await acts.all_done(END_S)
    await tool_use.all_kept(END_S)
    await unwritten.all_written(END_S)
    _is_over = True
    await asyncio.wait([loop.create_task(_report())], timeout=END_S)
    sys.modules["twisted.internet.reactor"].stop()
