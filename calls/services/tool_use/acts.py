"""What tools have done in a call that cannot be undone, and what they are still doing.

Rules: an act that has begun is run to its end: neither a caller who interrupts the reply that waits
for it stops it, nor one who hangs up. What comes of it is told to the next reply. While a reply
that was broken off has begun it, the same act (tool and arguments) is not begun again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from calls.language.language import Instructions
from calls.services.tools import Done, ToolCall

_living: set[asyncio.Task[Done]] = set()
"""Those of the process: they outlive their calls."""


async def all_done(limit_s: float) -> None:
    """Wait, but no longer than this, until none is being done."""
    if living := set(_living):
        await asyncio.wait(living, timeout=limit_s)


@dataclass(eq=False, slots=True)
class Act:
    name: str
    arguments: str
    shown: str
    """Its arguments, without what must not be kept."""
    doing: asyncio.Task[Done]
    is_noted: bool = False


class Acts:
    """Of one call."""

    def __init__(self, texts: Instructions) -> None:
        self._texts = texts
        self._notes: list[str] = []
        self._given_up: list[Act] = []
        """Their replies were broken off."""

    @property
    def notes(self) -> list[str]:
        """What the model is told of all that was done, and is being done."""
        text = self._texts.outside.being_done
        being_done = [
            text.format(name=each.name, arguments=each.shown)
            for each in self._given_up
            if not each.doing.done()
        ]
        return [*self._notes, *being_done]

    def begin(
        self, call: ToolCall, work: Coroutine[Any, Any, Done], unkept: Collection[str] = ()
    ) -> Act:
        """Or join it, where a reply that was broken off has begun it."""
        arguments = _written(call.given)
        shown = _written({name: call.given[name] for name in call.given.keys() - set(unkept)})
        for each in self._given_up:
            if (each.name, each.arguments) == (call.name, arguments):
                work.close()
                self._given_up.remove(each)
                return each
        doing = asyncio.create_task(work)
        _living.add(doing)
        doing.add_done_callback(_living.discard)
        return Act(call.name, arguments, shown, doing)

    def note(self, act: Act) -> None:
        """It is done: later replies are told."""
        if not act.is_noted and (note := act.doing.result().note):
            self._notes.append(note)
        act.is_noted = True

    def given_up(self) -> list[Act]:
        """Whoever is told of these need not do them again."""
        return [each for each in self._given_up if each.doing.done()]

    def give_up(self, acts: list[Act]) -> None:
        """The reply that began them was broken off."""
        for act in acts:
            self._given_up.append(act)
            act.doing.add_done_callback(partial(self._end_untold, act))

    def _end_untold(self, act: Act, doing: asyncio.Task[Done]) -> None:
        if not doing.cancelled() and not doing.result().pieces:  # which would have been kept
            self.note(act)

    def were_told(self, acts: list[Act]) -> None:
        """A reply that knew of them is complete."""
        self._given_up = [each for each in self._given_up if each not in acts]


def _written(given: Mapping[str, Any]) -> str:
    return json.dumps(given, ensure_ascii=False, sort_keys=True)
