"""One object for each event loop: a client or a channel works only in the loop it was made in.

A process that serves calls has one loop; tests and commands have many, one after another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

Thing = TypeVar("Thing")


class PerLoop(Generic[Thing]):
    """Makes its object when first asked for it in the running loop."""

    def __init__(self, make: Callable[[], Thing]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[asyncio.AbstractEventLoop, Thing] = WeakKeyDictionary()

    def __call__(self) -> Thing:
        """The running loop's."""
        loop = asyncio.get_running_loop()
        if loop not in self._made:
            self._made[loop] = self._make()
        return self._made[loop]

    def take(self) -> Thing | None:
        """The running loop's, to be closed: the next use makes another. None: there is none."""
        return self._made.pop(asyncio.get_running_loop(), None)
