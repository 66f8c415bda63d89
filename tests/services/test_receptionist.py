"""The embedded receptionist: whole conversations, and what its file may not get wrong."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from django.test import SimpleTestCase

from calls.language.hebrew import HEBREW
from calls.services import (
    By,
    CalledNumber,
    Expect,
    Farewell,
    HistoryLine,
    Message,
    PersonWanted,
    Piece,
)
from calls.services.known import Knowledge, KnownPassage, KnownQuestion, Looked
from calls.services.receptionist.writer import Dialogue, Moment, Receptionist, dialogue


def history(*said: str) -> list[HistoryLine]:
    return [HistoryLine(By.CALLER, text) for text in said]


def after(*said: str) -> Moment:
    return dialogue(HEBREW).moment(history(*said))


Written = list[Piece]
WAITS = CalledNumber(person_wait_s=30)
NOBODY_CAME = HEBREW.prompts["nobody_came"]


async def written(*said: str) -> Written:
    return [piece async for piece in Receptionist().write(history(*said))]


async def written_after(lines: list[HistoryLine], called: CalledNumber = WAITS) -> Written:
    return [piece async for piece in Receptionist(called).write(lines)]


def words_of(pieces: Written) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


class WriterTests(SimpleTestCase):
    async def test_an_empty_history_is_greeted_and_its_likely_answers_are_told_first(self) -> None:
        expect, *words = await written()
        assert isinstance(expect, Expect)
        self.assertIn("אשמח לקבוע תור", expect.phrases)
        self.assertEqual("".join(map(str, words)), "שלום, הגעתם למרפאת אלון. במה אפשר לעזור?")

    async def test_an_answer_streams_word_by_word(self) -> None:
        _expect, *words = await written("אשמח לקבוע תור")
        self.assertEqual(words, ["לאיזה ", "יום ", "לקבוע ", "את ", "התור?"])

    async def test_goodbye_ends_in_a_farewell_and_nothing_else_does(self) -> None:
        self.assertIsInstance((await written("תודה רבה להתראות"))[-1], Farewell)
        self.assertNotIn(Farewell(), await written("מה שעות הפתיחה"))

    async def test_free_words_and_numbers_are_not_chosen_from_a_list(self) -> None:
        for kind, said in (
            ("open", ("להשאיר הודעה",)),
            ("number", ("להשאיר הודעה", "נא לחזור אליי")),
        ):
            self.assertEqual((await written(*said))[0], Expect((), kind))


class KnownAnswerTests(SimpleTestCase):
    """Questions of the business's own, with their answers."""

    knowledge = Knowledge(
        questions=tuple(
            KnownQuestion.of(wording, "בחצר {day}, בלי תשלום.", HEBREW.search_keys)
            for wording in ("יש אצלכם חנייה", "איפה חונים")
        )
    )

    async def written(self, *said: str) -> Written:
        receptionist = Receptionist(CalledNumber(knowledge=self.knowledge))
        return [piece async for piece in receptionist.write(history(*said))]

    async def test_one_that_is_certainly_asked_is_answered_and_the_open_one_asked_again(
        self,
    ) -> None:
        for said in ("יש לכם חניה", "איפה אתם חונים", "והחנייה"):
            looked, _expect, *words = await self.written("לקבוע תור", said)
            passage = KnownPassage("יש אצלכם חנייה", "בחצר {day}, בלי תשלום.")
            if said.startswith("איפה"):
                passage = KnownPassage("איפה חונים", passage.words)
            with self.subTest(said):
                self.assertEqual(looked, Looked((passage,)))
                self.assertEqual(
                    "".join(map(str, words)), "בחצר {day}, בלי תשלום. לאיזה יום לקבוע את התור?"
                )

    async def test_what_is_not_certain_is_answered_as_without_it(self) -> None:
        for said in ("חנייה לנכים", "להשאיר הודעה", "כן", "לקבוע תור"):
            _expect, *words = await self.written(said)
            self.assertEqual(words, (await written(said))[1:], said)

    async def test_a_question_that_it_has_no_answer_to_is_not_known_and_a_message_offered(
        self,
    ) -> None:
        looked, _expect, *words = await self.written("איפה קונים משקפיים")
        self.assertEqual(looked, Looked())
        self.assertEqual("".join(map(str, words)), "אין לי מידע על זה, אבל אפשר להשאיר הודעה.")
        self.assertEqual(
            (await self.written("איפה קונים משקפיים", "מה"))[1:], (await written("מה"))[1:]
        )

    async def test_its_wordings_are_among_what_a_transcriber_chooses_from(self) -> None:
        expect, *_words = await self.written("כן")
        assert isinstance(expect, Expect)
        self.assertLessEqual({"איפה חונים", "אשמח לקבוע תור"}, set(expect.phrases))

    async def test_free_words_are_kept_whatever_they_ask(self) -> None:
        said = ("להשאיר הודעה", "יש אצלכם חנייה")
        self.assertEqual(await self.written(*said), await written(*said))


class ConversationTests(SimpleTestCase):
    def test_an_appointment_is_booked_in_four_answers(self) -> None:
        said = ("אשמח לקבוע תור", "ביום שלישי", "בתשע בבוקר", "כן")
        self.assertEqual(after(*said[:3]).say, "תור ביום שלישי בתשע בבוקר. לאשר?")
        booked = after(*said)
        self.assertEqual(booked.say, "נרשם. נתראה ביום שלישי בתשע בבוקר. אפשר לעזור בעוד משהו?")
        self.assertEqual(booked.notes, {"day": "ביום שלישי", "time": "בתשע בבוקר"})

    def test_no_books_nothing_and_another_day_asks_again(self) -> None:
        said = ("לקבוע תור", "ביום ראשון", "בשש בערב")
        self.assertIn("לא נרשם", after(*said, "לא").say)
        self.assertEqual(after(*said, "לשנות את היום").question, "day")

    def test_an_appointment_is_cancelled(self) -> None:
        said = after("אפשר לבטל תור", "ביום חמישי", "כן").say
        self.assertTrue(said.startswith("נרשם: התור ביום חמישי בוטל."))

    def test_a_question_in_between_is_answered_and_the_open_one_asked_again(self) -> None:
        moment = after("לקבוע תור", "ביום שני", "מה שעות הפתיחה")
        self.assertEqual(moment.question, "time")
        self.assertIn("משמונה בבוקר עד שבע בערב. באיזו שעה נוח?", moment.say)
        self.assertEqual(moment.notes, {"day": "ביום שני"})

    def test_a_message_is_taken_with_a_keyed_number(self) -> None:
        moment = after("להשאיר הודעה", "נא לחזור אליי", "0541234567")
        self.assertEqual(moment.say, "המספר הוא 0541234567. נכון?")
        kept = after("להשאיר הודעה", "נא לחזור אליי", "0541234567", "כן")
        self.assertEqual(kept.notes, {"message": "נא לחזור אליי", "phone": "0541234567"})
        self.assertTrue(kept.say.startswith("תודה, ההודעה נרשמה."))

    def test_a_spoken_number_is_understood_digit_by_digit(self) -> None:
        said = "אפס חמש ארבע אחת שתיים שלוש, ארבע חמש שש שבע"
        self.assertEqual(after("0", "הודעה", said).notes["phone"], "0541234567")

    def test_half_a_number_is_asked_for_again_and_hash_skips_it(self) -> None:
        self.assertEqual(after("0", "הודעה", "054").question, "phone")
        self.assertIn("בלי מספר", after("0", "הודעה", "#").say)

    def test_a_message_may_mention_what_would_be_an_answer_elsewhere(self) -> None:
        text = "אשמח לקבוע תור ולשמוע מה שעות הפתיחה"
        self.assertEqual(after("להשאיר הודעה", text).notes, {"message": text})

    def test_keys_answer_as_words_do(self) -> None:
        self.assertEqual(after("1", "3", "1", "1").notes["day"], "ביום שלישי")


class PersonTests(SimpleTestCase):
    async def test_who_asks_for_a_person_has_one_called_and_the_question_stays_open(self) -> None:
        pieces = await written_after(history("לקבוע תור", "אפשר לדבר עם נציג?"))
        self.assertEqual(words_of(pieces), HEBREW.prompts["person_called"])
        self.assertEqual(pieces[-1], PersonWanted())
        assert isinstance(pieces[0], Expect)
        self.assertIn("ביום ראשון", pieces[0].phrases)
        after = await written_after(history("לקבוע תור", "אפשר לדבר עם נציג?", "ביום שני"))
        self.assertTrue(words_of(after).startswith("באיזו שעה נוח?"))
        self.assertNotIn(PersonWanted(), after)

    async def test_where_nobody_can_be_called_a_message_is_offered(self) -> None:
        pieces = await written("נציג בבקשה")
        self.assertTrue(words_of(pieces).startswith("אי אפשר להעביר את השיחה לנציג"))
        self.assertIn("להשאיר הודעה", words_of(pieces))
        self.assertNotIn(PersonWanted(), pieces)

    async def test_after_nobody_came_what_is_said_is_the_message_and_it_is_kept(self) -> None:
        lines = [*history("לקבוע תור", "נציגה"), HistoryLine(By.AGENT, NOBODY_CAME)]
        for said, asked in (
            ("מדברת דנה, לגבי התור שלי", "לאיזה מספר לחזור?"),
            ("0541234567", "המספר הוא 0541234567. נכון?"),
        ):
            lines.append(HistoryLine(By.CALLER, said))
            self.assertIn(asked, words_of(await written_after(lines)))
        pieces = await written_after([*lines, HistoryLine(By.CALLER, "כן")])
        self.assertIn(Message("", "0541234567", "מדברת דנה, לגבי התור שלי"), pieces)

    async def test_half_of_that_prompt_is_enough(self) -> None:
        lines = [HistoryLine(By.CALLER, "נציג"), HistoryLine(By.AGENT, "אין כרגע נציג פנוי.")]
        pieces = await written_after([*lines, HistoryLine(By.CALLER, "אני רוצה לקבוע תור")])
        self.assertTrue(words_of(pieces).startswith("לאיזה מספר לחזור?"))

    async def test_who_asks_again_instead_of_leaving_a_message_has_a_person_called(self) -> None:
        lines = [HistoryLine(By.CALLER, "נציג"), HistoryLine(By.AGENT, NOBODY_CAME)]
        self.assertIn(
            PersonWanted(), await written_after([*lines, HistoryLine(By.CALLER, "אני רוצה נציג")])
        )

    def test_a_message_may_speak_of_a_person(self) -> None:
        text = "אני רוצה לדבר עם מישהו על החשבון של חודש שעבר"
        self.assertEqual(after("להשאיר הודעה", text).notes, {"message": text})

    def test_a_message_without_a_number_is_kept_too(self) -> None:
        moment = after("להשאיר הודעה", "נא לחזור אליי", "#")
        self.assertEqual(moment.does, Message("", "", "נא לחזור אליי"))


class UnderstandingTests(SimpleTestCase):
    def test_words_around_a_phrase_and_punctuation_do_not_matter(self) -> None:
        for said in ("שלום, אשמח לקבוע תור בבקשה.", "לְקְבּוֹעַ תּוֹר", "לקבוע  תור!"):
            with self.subTest(said):
                self.assertEqual(after(said).question, "day")

    def test_the_longest_phrase_wins(self) -> None:
        asked = after("אפשר לבטל תור", "ביום רביעי", "לא לבטל את התור")
        self.assertIn("נשאר", asked.say)

    def test_a_single_word_counts_only_where_it_comes_first(self) -> None:
        said = ("לקבוע תור", "ביום שני", "בשש בערב")
        self.assertEqual(after(*said, "כן, מצוין").question, "menu")
        self.assertEqual(after(*said, "אני עוד לא יודע").missed, 1)

    def test_what_is_not_understood_gets_a_hint_then_the_keypad(self) -> None:
        first, second, third = (after(*["מזג האוויר"] * times) for times in (1, 2, 3))
        self.assertTrue(first.say.startswith("לא הבנתי. אפשר לקבוע תור"))
        self.assertIn("אפשר להקיש", second.say)
        self.assertIn("להשאיר הודעה", second.say)
        self.assertEqual(second.say, third.say)
        self.assertEqual(after("מזג האוויר", "לקבוע תור", "ומה").missed, 1)

    def test_every_question_can_be_answered_and_every_road_leads_to_goodbye(self) -> None:
        for name, question in dialogue(HEBREW).questions.items():
            with self.subTest(name):
                self.assertLessEqual(len(question.phrases), 13)
                self.assertEqual(len(question.phrases), len(set(question.phrases)))
                keys = [answer.key for answer in question.answers if answer.key]
                self.assertEqual(len(keys), len(set(keys)))
                self.assertTrue(
                    question.ends or (question.hint and question.keypad) or question.keep
                )
                ways_out = [answer.then for answer in question.answers]
                self.assertIn("goodbye", ways_out)

    def test_every_answer_at_every_question_reached_can_be_spoken(self) -> None:
        roads: list[tuple[str, ...]] = [()]
        seen = set()
        while roads:
            road = roads.pop(0)
            moment = after(*road)
            where = (moment.question, *sorted(moment.notes))
            if where in seen or dialogue(HEBREW).questions[moment.question].ends:
                continue
            seen.add(where)
            self.assertNotRegex(moment.say, "[{}]")
            answers = dialogue(HEBREW).questions[moment.question].answers
            roads += [(*road, answer.hear[0]) for answer in answers] + [(*road, "0541234567")]
        self.assertEqual(
            {question for question, *_ in seen} | {"goodbye"}, set(dialogue(HEBREW).questions)
        )

    def test_the_callers_lines_decide_whatever_else_was_said(self) -> None:
        lines = history("לקבוע תור", "ביום שני")
        with_agent = [
            HistoryLine(By.AGENT, "שלום, הגע"),
            lines[0],
            HistoryLine(By.AGENT, "לאיזה יום"),
            lines[1],
        ]
        self.assertEqual(dialogue(HEBREW).moment(with_agent), dialogue(HEBREW).moment(lines))


class FileTests(SimpleTestCase):
    def _refusal(self, good: str, bad: str) -> str:
        text = HEBREW.dialogue.read_text()
        self.assertIn(good, text)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "dialogue.toml"
            path.write_text(text.replace(good, bad, 1))
            with self.assertRaises(ValueError) as refused:
                Dialogue(replace(HEBREW, dialogue=path))
        return str(refused.exception)

    def test_an_answer_that_leads_nowhere_is_named(self) -> None:
        self.assertIn("godbye", self._refusal('then = "goodbye"', 'then = "godbye"'))

    def test_a_group_that_does_not_exist_is_named(self) -> None:
        self.assertIn("wishs", self._refusal('answers = ["wishes"]', 'answers = ["wishs"]'))
