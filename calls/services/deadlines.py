"""How long a service may take before its reply counts as late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TypeVar

from calls.services import ServiceLate

Part = TypeVar("Part")


async def within(
    parts: AsyncGenerator[Part, None], *, first_s: float, next_s: float, what: str
) -> AsyncGenerator[Part, None]:
    """The parts as they come; ServiceLate when the first or a later one takes too long."""
    limit_s = first_s
    async with aclosing(parts) as stream:
        while True:
            try:
                async with asyncio.timeout(limit_s):
                    part = await anext(stream)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise ServiceLate(f"{what} was silent for {limit_s:g} s") from None
            yield part
            limit_s = next_s
