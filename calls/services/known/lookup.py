"""The searches of one call in what the business knows.

Little of it is told to a model whole, and a turn says so; of more, what answers the caller's words
is looked up when a reply is begun. Rules: looking up keeps no reply waiting longer than WITHIN_S;
what is not there by then is left out, and told to the next reply to the same words. A search that
fails is logged, and the reply is written without.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from calls.language.search_keys import SearchKeys
from calls.services.known import Knowledge, KnownPassage, Looked

if TYPE_CHECKING:
    from calls.services import HistoryLine

logger = logging.getLogger(__name__)

WITHIN_S = 0.15
"""A search takes a hundredth of that, and the last of forty at one moment a half. It is more than a
caller notices, and still better than to hear that nobody knows what the business does."""


class Lookup:
    """The searches of one call; the last one's result is kept."""

    def __init__(self, knowledge: Knowledge, keys: SearchKeys) -> None:
        self._search, self._keys = knowledge.search, keys
        self._is_told = bool(knowledge.told)
        self._words = ""
        self._found: asyncio.Future[tuple[KnownPassage, ...]] | None = None

    async def look(self, history: Sequence[HistoryLine]) -> Looked | None:
        """For an answer to the last line; None: there is nothing to look up."""
        if self._is_told:
            return Looked(is_told=True)
        words = self._asked(history)
        if self._search is None or not words:
            return None
        if self._found is None or words != self._words:
            self._words = words
            self._found = asyncio.ensure_future(self._passages(self._search, words))
        await asyncio.wait([self._found], timeout=WITHIN_S)
        if not self._found.done():
            logger.info("What the business knows was not found within %g s", WITHIN_S)
            return Looked(is_late=True)
        return Looked(self._found.result())

    def _asked(self, history: Sequence[HistoryLine]) -> str:
        """What the caller said last; where that names nothing, what they said before it, too."""
        words = ""
        for said in _turns_of_caller(history):
            words = f"{said} {words}".strip()
            if self._keys.of_question(words):
                return words
        return ""

    async def _passages(
        self, search: Callable[[str], Awaitable[Sequence[KnownPassage]]], words: str
    ) -> tuple[KnownPassage, ...]:
        try:
            return tuple(await search(words))
        except Exception:
            logger.exception("What the business knows could not be searched")
            return ()


def _turns_of_caller(history: Sequence[HistoryLine]) -> Iterator[str]:
    """The newest two, each with all its lines in a row."""
    lines = list(history)
    for _turn in range(2):
        said = list(takewhile(lambda line: line.is_callers, reversed(lines)))
        yield " ".join(line.text for line in reversed(said))
        del lines[len(lines) - len(said) :]
        while lines and not lines[-1].is_callers:
            lines.pop()
