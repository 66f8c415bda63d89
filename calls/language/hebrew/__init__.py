"""Hebrew: the language that is shipped."""

from pathlib import Path

from calls.language.completion import judge
from calls.language.completion.judge import Verdict
from calls.language.hebrew.instructions import INSTRUCTIONS
from calls.language.hebrew.lexicon import vocalise
from calls.language.hebrew.personal import PERSONAL
from calls.language.hebrew.phonemes import to_espeak
from calls.language.hebrew.search_keys import asks, index_keys, question_keys
from calls.language.hebrew.speakable import speakable
from calls.language.hebrew.texts import NOTICES, OPENERS, PROMPTS
from calls.language.language import Language
from calls.language.search_keys import SearchKeys
from tuning.turns import words

_FOLDER = Path(__file__).parent


def phonetic(text: str) -> str:
    """Numbers in words, words in phonemes: espeak-ng's own Hebrew loses the vowels."""
    return to_espeak(vocalise(speakable(text)))


def judged(question: str, text: str) -> Verdict:
    """Read when it is first asked for."""
    return judge.stored().judge(question, text)


HEBREW = Language(
    code="he",
    name="Hebrew",
    locale="he-IL",
    letters=frozenset("אבגדהוזחטיכךלמםנןסעפףצץקרשת"),
    # ת.ז., בת.ד., לגב., רח., and the letter of a point
    abbreviations=r"[ובלהכמש]{0,2}(?:(?:[א-ת]\.)+[א-ת]|גב|רח|שד|פרופ)|[א-ת]|מס|עמ",
    hello="שלום",
    words=words.from_toml((_FOLDER / "words.toml").read_text("utf-8")),
    personal=PERSONAL,
    prompts=PROMPTS,
    clips=_FOLDER / "clips",
    openers=OPENERS,
    notices=NOTICES,
    instructions=INSTRUCTIONS,
    dialogue=_FOLDER / "dialogue.toml",
    speakable=speakable,
    phonetic=phonetic,
    judge=judged,
    search_keys=SearchKeys(index_keys, question_keys, asks),
)
