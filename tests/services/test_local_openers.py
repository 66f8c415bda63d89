"""The local OpenAI server begins answers with the openers that it is told of."""

from __future__ import annotations

from django.test import SimpleTestCase

from tests.servers.openai_answers import Answer, Json
from tests.servers.openai_openers import USED_SHARE, begun, openers_in
from tests.servers.openai_verdicts import Verdicts

KNOWN = ["בשמחה,", "בטח,", "הבנתי,"]
TOLD = 'מתחילים באחת מאלה: "בשמחה," "בטח," "הבנתי,"'
ANSWER = Answer("בתשע או בעשר?")


def messages(*texts: str, told: str = TOLD) -> list[Json]:
    said = [
        {"role": "assistant" if number % 2 else "user", "content": text}
        for number, text in enumerate(texts)
    ]
    return [{"role": "system", "content": told}, *said]


class OpenerTests(SimpleTestCase):
    def test_it_knows_those_that_the_instructions_name(self) -> None:
        self.assertEqual(openers_in(messages("שלום")), KNOWN)
        self.assertEqual(openers_in(messages("שלום", told='דוגמאות\n"מתי?" "מחר" ●')), [])

    def test_most_answers_begin_with_one_and_the_same_words_with_the_same(self) -> None:
        texts = [begun(messages(f"משפט {number}"), ANSWER).text for number in range(400)]
        openers = [text.removesuffix(ANSWER.text).strip() for text in texts]
        used = [each for each in openers if each]
        self.assertEqual(set(used), set(KNOWN))
        self.assertAlmostEqual(len(used) / len(texts), USED_SHARE, delta=0.1)
        self.assertEqual(texts[7], begun(messages("משפט 7"), ANSWER).text)

    def test_never_with_that_of_the_answer_before(self) -> None:
        for number in range(100):
            text = begun(messages("שלום", "בטח, מתי?", f"משפט {number}"), ANSWER).text
            self.assertFalse(text.startswith("בטח,"), text)

    def test_without_a_list_and_without_words_nothing_is_begun(self) -> None:
        for number in range(50):
            said = f"משפט {number}"
            self.assertEqual(begun(messages(said, told=""), ANSWER), ANSWER)
            self.assertEqual(begun(messages(said), Answer()), Answer())
            self.assertEqual(begun(messages(said), Answer("בטח, כן")), Answer("בטח, כן"))

    def test_a_verdict_stands_before_it(self) -> None:
        verdicts = Verdicts()
        verdicts.wrong_share = 0.0
        asked = messages("משפט 2", told=f"{TOLD} ● ◐ ○")
        opened = begun(asked, ANSWER)
        self.assertTrue(opened.text.startswith((*KNOWN,)))
        self.assertEqual(verdicts.answer(asked, opened).text, f"● {opened.text}")
