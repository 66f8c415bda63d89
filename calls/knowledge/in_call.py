"""What a number's business knows, made ready for one of its calls.

Rules: up to SMALL characters all of it stands in the instructions, where the provider's cache
serves it, and nothing is searched; of more, passages are found. Searches run in one thread of
their own, which keeps its connection: no other work of the process waits for them, nor they for it.
One, because each more that computes makes the voice loop wait 5 ms longer for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import InterfaceError, OperationalError, connection
from django.db.models import Sum
from django.db.models.functions import Length

from calls.knowledge.known_text import KnownAnswer, KnownText
from calls.knowledge.search import words_found
from calls.language.language import spoken
from calls.services.known import NOTHING_KNOWN, Knowledge, KnownPassage, KnownQuestion

SMALL = 4000
"""Characters: some 2,000 tokens, which a provider reads in less than a search's worth of time."""

_searches = ThreadPoolExecutor(1, thread_name_prefix="knowledge")


def knowledge_of(number: int | None) -> Knowledge:
    """Of the number with this primary key, as it stands now; None: of no number."""
    if number is None:
        return NOTHING_KNOWN
    kept = list(KnownAnswer.objects.filter(number=number))
    keys = spoken().search_keys
    questions = tuple(
        KnownQuestion.of(wording, " ".join(each.answer.split()), keys)
        for each in kept
        for wording in each.wordings
    )
    texts = KnownText.objects.filter(number=number)
    in_texts = texts.aggregate(sum=Sum(Length("text")))["sum"] or 0
    if in_texts + sum(len(each.questions) + len(each.answer) for each in kept) > SMALL:
        return Knowledge(questions=questions, search=_searching(number))
    told = [each.text.strip() for each in texts]
    for each in kept:
        told += [f"{part.heading}\n{part.words}" for part in each.cuts()]
    return Knowledge("\n\n".join(told), questions)


def _searching(number: int) -> Callable[[str], Awaitable[Sequence[KnownPassage]]]:
    async def search(words: str) -> Sequence[KnownPassage]:
        return await asyncio.get_running_loop().run_in_executor(_searches, _found, number, words)

    return search


def _found(number: int, words: str) -> list[KnownPassage]:
    try:
        passages = words_found(number, words)
    except (OperationalError, InterfaceError):
        connection.close()  # the database may have been away, and this connection with it
        passages = words_found(number, words)
    return [KnownPassage(heading, told) for heading, told in passages]
