"""Inventing what strangers might send, and trying it beside a call that must not suffer.

The seeds are kept: `derandomize` makes hypothesis invent the same examples in every run, so that a
failure on one machine is one on all; what was once found has a test of its own besides.
FUZZ_EXAMPLES=5000 looks further, with other examples each time; it prints how to get one again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.phone import PhoneCall, services

LATE_S = 0.1
"""How late 19 in 20 frames of the call beside may be heard, on a busy machine."""
ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
"""Halves of characters and NUL among it."""
AWKWARD = st.sampled_from(
    (
        *("", " ", "\x00", "a\x00b", "\ud800", "\n", "'\"<>&%", "%ff", "\u202e", "א" * 600),
        *("0", "-1", "1", "٣", "²", "1e400", "NaN", "9" * 19, "9" * 200, "9" * 5000, "x" * 70_000),
        *(
            "0001-01-01",
            "9999-12-31",
            "2026-02-30",
            "0001-01-01T00:00:00+14:00",
            "2026-13-45T00:00",
        ),
        *("0001-01-01T00:00:00+14:00~1", "9999-12-31T23:59:59-14:00~1", "2026-11-27T10:00~1"),
        *("2026-11-27T10:00:00+00:00~" + "9" * 30, "2026-11-27T10:00:00+00:00~x", "~", "~1"),
        *("https://evil.example/", "//evil.example", "javascript:alert(1)", "../../etc/passwd"),
    )
)
WORDS = AWKWARD | ANY_TEXT
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.just(10**200),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=8,
)
"""Whatever JSON can say."""


def examples(most: int) -> settings:
    further = int(os.environ.get("FUZZ_EXAMPLES", 0))
    return settings(
        max_examples=further or most,
        derandomize=not further,
        database=None,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How late everything on the event loop comes, each call's frames among it."""
    late_s: list[float] = []

    async def beat() -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + 0.01
            await asyncio.sleep(0.01)
            late_s.append(loop.time() - due_s)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0.05)
    try:
        yield late_s
    finally:
        beating.cancel()


Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def beside_a_call(fuzz: Callable[[Run], None]) -> list[float]:
    """Run `fuzz` in a thread; what it is given runs a coroutine here. How late the frames of a call
    in progress were meanwhile, in seconds."""
    loop = asyncio.get_running_loop()

    def run(job: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(job, loop).result(60)

    with services():
        async with PhoneCall("CAother", speed=1) as other, heartbeat() as late_s:
            fuzzing = asyncio.create_task(asyncio.to_thread(fuzz, run))
            while not fuzzing.done():
                await other.say("_")
            await fuzzing
            if other.close_code is not None:
                raise AssertionError("the call beside has ended")
    return late_s


def late_of_most_s(late_s: list[float]) -> float:
    return sorted(late_s)[len(late_s) * 95 // 100]
