"""Vocalised Hebrew to phonemes, and the words that the embedded voice knows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from django.test import SimpleTestCase
from heb_tts_normalizer import normalize

from calls.language.hebrew import HEBREW, lexicon
from calls.language.hebrew.phonemes import ESPEAK, WORD, phonemes, to_espeak
from calls.simulator import demo_numbers, utterances


class PhonemesTests(SimpleTestCase):
    def _are_said(self, **said: str) -> None:
        for word, sounds in said.items():
            with self.subTest(word):
                self.assertEqual(phonemes(word), sounds)

    def test_a_letter_with_dagesh_is_hard_and_without_it_soft(self) -> None:
        self._are_said(**{"בּוֹקֶר": "b'oker", "עֶרֶב": "?'erev", "כָּל": "k'al", "פְּתִיחָה": "ptix'a"})

    def test_sin_and_shin_are_told_apart_by_their_dot(self) -> None:
        self._are_said(**{"אֶשְׂמַח": "?esm'ax", "שָׁלוֹם": "Sal'om"})

    def test_a_vav_carries_o_or_u_or_is_v(self) -> None:
        self._are_said(**{"תּוֹר": "t'or", "שׁוּב": "S'uv", "וְאִי": "ve?'i", "תְּלוּנָה": "tlun'a"})

    def test_a_yod_after_a_vowel_is_silent_or_glides(self) -> None:
        self._are_said(
            **{
                "שְׁלִישִׁי": "SliS'i",
                "מָתַי": "mat'ay",
                "תָּלוּי": "tal'uy",
                "כְּדַאי": "ked'ay",
                "אֵלָיו": "?el'av",
                "יוֹם": "y'om",
            }
        )

    def test_qamats_qatan_is_o(self) -> None:
        self._are_said(**{"כׇּל": "k'ol", "צׇהֳרַיִים": "cohor'ayim"})

    def test_the_last_he_is_silent_and_a_glottal_stop_needs_a_vowel(self) -> None:
        self._are_said(**{"תּוֹדָה": "tod'a", "רִאשׁוֹן": "riS'on", "נִמְצָאִים": "nimca?'im"})

    def test_a_furtive_patah_is_said_before_its_letter(self) -> None:
        self._are_said(**{"נוֹחַ": "n'oax", "יוֹדֵעַ": "yod'ea", "לִקְבּוֹעַ": "likb'oa", "גָּבוֹהַּ": "gav'oa"})

    def test_a_sheva_is_said_where_three_consonants_would_meet(self) -> None:
        self._are_said(**{"נִרְשְׁמָה": "nirSem'a", "מְחִיר": "mex'ir", "שְׁקָלִים": "Skal'im"})

    def test_regular_patterns_move_the_stress_and_a_mark_sets_it(self) -> None:
        self._are_said(
            **{
                "דֶּרֶךְ": "d'erex",
                "תֵּשַׁע": "t'eSa",
                "שְׁנַיִים": "Sn'ayim",
                "רָצִיתִי": "rac'iti",
                "אֲנַחְנוּ": "?an'axnu",
                "שְׁמוֹ֫נֶה": "Sm'one",
            }
        )

    def test_geresh_makes_the_sounds_of_foreign_words(self) -> None:
        self._are_said(**{"צִ׳יפְּס": "C'ips", "גִּ'ינְס": "J'ins"})

    def test_espeak_gets_phonemes_punctuation_and_nothing_of_its_own_notation(self) -> None:
        self.assertEqual(to_espeak("שָׁלוֹם, [[x]] <b>?"), "[[Sal'om]] , x b ?")


class LexiconTests(SimpleTestCase):
    def test_every_word_of_dialogue_prompts_and_utterances_is_in_the_lexicon(self) -> None:
        dialogue = tomllib.loads(HEBREW.dialogue.read_text())
        asks = dialogue.pop("person")  # all other words of it are only heard
        demos = tomllib.loads(demo_numbers.LIST.read_text())
        texts = [
            *_texts(dialogue),
            *(each["answer"] for each in demos["knowledge"]["answers"]),
            asks["nobody"],
            *_texts(tomllib.loads(utterances.LIST.read_text())),
            *HEBREW.prompts.values(),
            *HEBREW.words.digits,
        ]
        said = {word for text in texts for word in WORD.findall(normalize(text))}
        self.assertGreater(len(said), 150)
        self.assertEqual(said - set(lexicon.words()), set())

    def test_every_word_of_the_lexicon_can_be_said_with_one_stress(self) -> None:
        for plain, word in lexicon.words().items():
            with self.subTest(plain):
                sounds = phonemes(word)
                self.assertLessEqual(set(sounds), set(ESPEAK))
                self.assertRegex(sounds, "^[^']*'[aeiou][^']*$")
                self.assertNotRegex(sounds, "[^aeiou'?]{4}")

    def test_no_word_stands_in_the_lexicon_twice(self) -> None:
        lines = [line for line in lexicon.VOCALISED.read_text().splitlines() if line[0] != "#"]
        self.assertEqual(len(lines), len(lexicon.words()))

    def test_plain_words_get_their_vowels_and_vocalised_words_keep_theirs(self) -> None:
        self.assertEqual(_said("שלום כָּאן"), "Sal'om k'an")

    def test_quotation_marks_and_hyphens_are_no_part_of_a_word(self) -> None:
        said = to_espeak(lexicon.vocalise('"תודה", יום־יום'))
        self.assertEqual(said, "[[tod'a]] , [[j'om]] [[j'om]]")

    def test_a_known_word_behind_a_prefix_is_recognised(self) -> None:
        with self.assertLogs("calls.language.hebrew.lexicon", "WARNING"):
            self.assertEqual(_said("מהמרפאה"), "mehamirpa?'a")

    def test_an_unknown_word_is_guessed_at_and_logged_once(self) -> None:
        with self.assertLogs("calls.language.hebrew.lexicon", "WARNING") as logged:
            self.assertEqual(_said("סניף סוכר"), "san'if sox'ar")
            _said("סניף")
        self.assertEqual(len(logged.records), 2)


def _said(text: str) -> str:
    return " ".join(phonemes(word) for word in lexicon.vocalise(text).split())


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield re.sub(r"\{\w+\}", "", data)
    elif isinstance(data, dict | list):
        for each in data.values() if isinstance(data, dict) else data:
            yield from _texts(each)
