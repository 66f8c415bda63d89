"""What the business knows is looked up for an answer, and waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from django.test import SimpleTestCase, tag

from calls.language.hebrew import HEBREW
from calls.services import By, CalledNumber, HistoryLine
from calls.services.known import Knowledge, KnownPassage, KnownQuestion, Looked
from calls.services.known.lookup import Lookup
from calls.services.openai.writer import OpenAiWriter
from calls.services.tools import Done, Tool
from tests.services.openai_turns import said, served, words, written
from tests.virtual_time import VirtualTimeTestCase

PARKING = KnownPassage("חנייה", "בחצר, בלי תשלום.")


class Shelf:
    """Finds always the same, after so long, and remembers what was asked for."""

    def __init__(self, takes_s: float = 0.0, fails: bool = False) -> None:
        self.asked = list[str]()
        self._takes_s, self._fails = takes_s, fails

    async def search(self, words: str) -> Sequence[KnownPassage]:
        self.asked.append(words)
        await asyncio.sleep(self._takes_s)
        if self._fails:
            raise RuntimeError("the shelf was told to fail")
        return [PARKING]

    @property
    def knowledge(self) -> Knowledge:
        return Knowledge(search=self.search)


async def _nothing(called: CalledNumber, given: Mapping[str, Any]) -> Done:
    return Done()


def lookup(shelf: Shelf) -> Lookup:
    return Lookup(shelf.knowledge, HEBREW.search_keys)


class LookupTests(VirtualTimeTestCase):
    async def test_the_same_words_are_looked_up_once(self) -> None:
        shelf = Shelf()
        looking = lookup(shelf)
        for _reply in range(2):
            self.assertEqual(await looking.look(said("יש חנייה")), Looked((PARKING,)))
        await looking.look(said("יש חנייה לנכים"))
        self.assertEqual(shelf.asked, ["יש חנייה", "יש חנייה לנכים"])

    async def test_what_is_late_is_left_out_and_told_to_the_next_reply(self) -> None:
        looking = lookup(Shelf(takes_s=0.2))
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        self.assertEqual(await looking.look(said("יש חנייה")), Looked(is_late=True))
        self.assertAlmostEqual(loop.time() - began_s, 0.15, places=2)
        await asyncio.sleep(0.2)
        self.assertEqual(await looking.look(said("יש חנייה")), Looked((PARKING,)))

    async def test_a_search_that_fails_leaves_the_reply_without(self) -> None:
        looking = lookup(Shelf(fails=True))
        with self.assertLogs("calls.services.known.lookup", "ERROR"):
            self.assertEqual(await looking.look(said("יש חנייה")), Looked())

    async def test_words_that_name_nothing_are_looked_up_with_what_was_said_before(self) -> None:
        shelf = Shelf()
        history = [
            HistoryLine(By.CALLER, "ניקוי שיניים"),
            HistoryLine(By.CALLER, "אצל שיננית"),
            HistoryLine(By.AGENT, "בשמחה."),
            HistoryLine(By.CALLER, "ומה עם זה"),
        ]
        await lookup(shelf).look(history)
        self.assertEqual(shelf.asked, ["ניקוי שיניים אצל שיננית ומה עם זה"])

    async def test_where_nothing_is_named_or_known_nothing_is_looked_up(self) -> None:
        shelf = Shelf()
        self.assertIsNone(await lookup(shelf).look(said("כן", "מתי?", "לא")))
        self.assertIsNone(await Lookup(Knowledge(), HEBREW.search_keys).look(said("יש חנייה")))
        self.assertEqual(shelf.asked, [])


class CertaintyTests(SimpleTestCase):
    knowledge = Knowledge(
        questions=(
            KnownQuestion.of("כמה עולה ניקוי אבנית", "280 שקלים.", HEBREW.search_keys),
            KnownQuestion.of("מתי יש יוגה", "בשני.", HEBREW.search_keys),
        )
    )

    def is_certain(self, asked: str) -> bool:
        return self.knowledge.certain(asked, HEBREW.search_keys) is not None

    def test_the_same_words_in_other_forms_are_the_same_question(self) -> None:
        for asked in ("כמה עולה ניקוי אבנית", "שלום, כמה עולה אצלכם ניקוי האבנית", "מתי היוגה"):
            self.assertTrue(self.is_certain(asked), asked)

    def test_a_word_more_or_less_is_another_question(self) -> None:
        for asked in ("כמה עולה ניקוי", "כמה עולה ניקוי אבנית לילדים", "ניקוי אבנית", "כמה", ""):
            self.assertFalse(self.is_certain(asked), asked)

    def test_another_question_word_is_another_question(self) -> None:
        for asked in ("איפה היוגה", "מי מעביר יוגה", "יש יוגה"):
            self.assertFalse(self.is_certain(asked), asked)


@tag("protocol")
class PromptTests(SimpleTestCase):
    async def test_the_model_is_told_what_was_found_and_the_call_is_told_first(self) -> None:
        shelf = Shelf()
        async with served() as server:
            writer = OpenAiWriter(CalledNumber(knowledge=shelf.knowledge))
            looked, *rest = await written("יש חנייה", by=writer)
            await written("יש חנייה", "יש.", "תודה", by=writer)
        self.assertEqual(looked, Looked((PARKING,)))
        self.assertTrue(words(rest))
        first, second = (str(request["messages"][0]["content"]) for request in server.requests)
        found = HEBREW.instructions.found.format(found="חנייה\nבחצר, בלי תשלום.")
        self.assertEqual(first, f"{second}\n\n{found}" if found not in second else second)
        self.assertTrue(first.endswith(found))

    async def test_what_is_late_is_not_waited_for(self) -> None:
        async with served() as server:
            writer = OpenAiWriter(CalledNumber(knowledge=Shelf(takes_s=60.0).knowledge))
            looked, *rest = await written("יש חנייה", by=writer)
        self.assertEqual(looked, Looked(is_late=True))
        self.assertTrue(words(rest))
        self.assertNotIn("בחצר", str(server.requests[0]["messages"][0]))

    async def test_what_knows_something_is_no_unknown_business(self) -> None:
        """Neither where it is closed nor where it has tools."""
        texts, know = HEBREW.instructions, Knowledge(told="יש חנייה בחצר.")
        own = Tool("look", {}, _nothing, safe_ahead=True, deadline_s=1.0)
        for called, added in (
            (CalledNumber(knowledge=know, takes_message=True), texts.only_message),
            (CalledNumber(knowledge=know, own_tools=(own,)), texts.outside.rules),
        ):
            told = OpenAiWriter(called).messages(said("שלום"), with_verdict=False)[0]["content"]
            self.assertIn(added, told)
            self.assertIn("יש חנייה בחצר.", told)
            self.assertNotIn(texts.business, told)

    async def test_little_knowledge_is_told_whole_in_every_request(self) -> None:
        async with served() as server:
            writer = OpenAiWriter(CalledNumber(knowledge=Knowledge(told="יש חנייה בחצר.")))
            pieces = await written("שלום", by=writer)
        self.assertEqual(pieces[0], Looked(is_told=True))
        self.assertIn("<<<\nיש חנייה בחצר.\n>>>", server.requests[0]["messages"][0]["content"])
