"""An event loop whose clock stands still while there is work, and jumps to the next timer when not.

What takes ten seconds on a telephone takes milliseconds here, and always goes the same way: no two
timers come in another order because the machine was busy. Threads take real time: while one works
for the loop, the clock waits for it.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from django.test import TransactionTestCase

Result = TypeVar("Result")

THREAD_S = 0.005
"""Real time after which the loop looks again whether a thread has finished."""
PATIENCE_S = 2.0
"""A thread that takes longer may itself be waiting for the clock."""


class _Selector(selectors.DefaultSelector):
    """Never waits for a timer: has the clock jump instead."""

    loop: VirtualTimeLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self.loop.threads and time.monotonic() < self.loop.patient_until_s:
            return super().select(THREAD_S)
        if timeout is None:
            if ready := super().select(PATIENCE_S):
                return ready
            raise RuntimeError("no timer is left, and nothing else happens")
        self.loop.now_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now_s = 0.0
        self.threads = 0
        """So many jobs are with threads."""
        self.patient_until_s = 0.0
        """Real time until which the clock waits for them."""
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Any, *args: Any
    ) -> asyncio.Future[Any]:
        self.threads += 1
        self.patient_until_s = time.monotonic() + PATIENCE_S
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: asyncio.Future[Any]) -> None:
        self.threads -= 1


def run(job: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end in no time, beginning at zero."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(job)


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return VirtualTimeLoop()


class VirtualTimeTestCase(TransactionTestCase):
    """Its async tests run in virtual time."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        asyncio.set_event_loop_policy(_Policy())
        cls.addClassCleanup(asyncio.set_event_loop_policy, None)
