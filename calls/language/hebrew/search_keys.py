"""By what a Hebrew text is found: the keys of its words. Pure.

A text and a question are read alike, and meet where they share a key. Each word has its form
(without vowel marks, final letters or doubled yods and vavs), the form behind the letters that are
attached to it (ה, ו, ב, ל, מ, ש, כ and what they make together), and its skeleton: what is left
without endings, without the letters that stand for vowels, and without the first letters of a
reflexive verb. So "לבטל", "הביטול" and "מבטלים" meet in ~בטל.
Rules: whatever may be an attached letter is tried, because a form that nobody wrote is found by
nobody; the further a key is from the word, the less it weighs. Words that stand in any text
(stop_words.txt) have no keys. A question for a price, or a time, meets every text that has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from tuning.turns.completion import VOWEL_MARKS

STOP_WORDS = Path(__file__).with_name("stop_words.txt")
WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+")
QUOTES = re.compile("[\"'׳״’”]")
FINAL = str.maketrans("ךםןףץ", "כמנפצ")
ATTACHED = re.compile(r"(?:ו?(?:כש|לכש|מש|ש)?[בלמכ]?ה?|ו?[בלמכ]ש?)\Z")
"""What may be attached, all of it."""
MOST_ATTACHED, LEAST_LEFT = 4, 2
ENDINGS = (
    *("", "ה", "ת", "י", "ו", "כ", "ימ", "ות", "ית", "יה", "ונ", "נו", "תי", "כמ", "כנ", "המ"),
    *("תמ", "יות", "יימ", "ניימ", "נית", "ונימ", "תיימ"),
)
"""Of nouns, verbs and their owners, with no final letters."""
REFLEXIVE = re.compile("(?:ל?ה|מ|י|נ)ת")
VOWELS = re.compile("[וי]")
FORM, BEHIND_ATTACHED, SKELETON, SHORT_SKELETON, KIND = 1.0, 0.85, 0.5, 0.25, 0.5
"""What keys weigh, by what they are; a kind is a price or a time."""
PRICE, TIME = "@price", "@time"
HAS_PRICE = re.compile('שקל|ש["״]?ח|₪|חינם|ללא תשלום|בלי תשלום|ללא עלות')
HAS_TIME = re.compile(r"\b\d{1,2}:\d\d\b")
ASKS_PRICE = re.compile("כמה (?:זה )?(?:עול|יעל|על[הו]ת|יוצא|משלמ)|מחיר|עלות|בכמה")
ASKS_TIME = re.compile(
    "(?:באיזו|באיזה|איזה|עד|מאיזו|איזו) שעה|שעות|מתי (?:אתם |אפשר )?(?:פתוח|סגור)"
)

QUESTION_WORDS = {
    "מתי": "when", "איפה": "where", "היכנ": "where", "לאנ": "where", "מאיפה": "from where",
    "כמה": "how much", "מי": "who", "למי": "who", "איכ": "how", "כיצד": "how", "למה": "why",
    "מדוע": "why", "איזה": "which", "איזו": "which", "אילו": "which",
}  # fmt: skip
"""By which questions about the same thing differ, though a search does not need them."""


def index_keys(text: str) -> set[str]:
    """Of a text that is to be found."""
    keys = {key for word in _words(text) for key in keys_of(word)}
    if HAS_PRICE.search(text):
        keys.add(PRICE)
    if HAS_TIME.search(text):
        keys.add(TIME)
    return keys


def question_keys(text: str) -> list[Mapping[str, float]]:
    """Of each word of a question, what each of its keys weighs."""
    asked = [keys_of(word) for word in dict.fromkeys(_words(text))]
    kinds = ((ASKS_PRICE, PRICE), (ASKS_TIME, TIME))
    return asked + [{key: KIND} for asks, key in kinds if asks.search(text)]


def asks(text: str) -> frozenset[str]:
    """What kind of question it is, by its question words."""
    plain = map(_plain, WORD.findall(_unmarked(text)))
    kinds = (QUESTION_WORDS.get(word) or QUESTION_WORDS.get(word[1:], "") for word in plain)
    return frozenset(filter(None, kinds))


@lru_cache(maxsize=50_000)
def keys_of(word: str) -> Mapping[str, float]:
    """Of one plain word, as `_words` has them."""
    keys = {word: FORM}
    if word[0].isdigit():
        return keys
    forms = _behind_attached(word)
    for form in forms:
        keys.setdefault(form, BEHIND_ATTACHED)
    for form in (word, *forms):
        for skeleton in _skeletons(form):
            keys.setdefault(f"~{skeleton}", SKELETON if len(skeleton) > 2 else SHORT_SKELETON)
    return keys


def _behind_attached(word: str) -> list[str]:
    ends = range(1, min(MOST_ATTACHED, len(word) - LEAST_LEFT) + 1)
    return [word[end:] for end in ends if ATTACHED.match(word[:end])]


def _skeletons(form: str) -> set[str]:
    found = set[str]()
    for ending in ENDINGS:
        stem = form.removesuffix(ending)
        if len(stem) < LEAST_LEFT or (ending and stem == form):
            continue
        whole = stem[0] + VOWELS.sub("", stem[1:])
        found |= {whole, REFLEXIVE.sub("", whole, count=1) if REFLEXIVE.match(whole) else whole}
    return {each for each in found if len(each) >= LEAST_LEFT}


def _words(text: str) -> list[str]:
    return [word for word in map(_plain, WORD.findall(_unmarked(text))) if _is_telling(word)]


def _unmarked(text: str) -> str:
    return QUOTES.sub("", VOWEL_MARKS.sub("", text.casefold()))


def _plain(word: str) -> str:
    word = word.replace(",", "") if word[0].isdigit() else word.translate(FINAL)
    return word.replace("יי", "י").replace("וו", "ו")


def _is_telling(word: str) -> bool:
    if word[0].isdigit():
        return True
    stop_words = _stop_words()
    is_stop = word in stop_words or (word[0] in "ושכ" and word[1:] in stop_words)
    return len(word) >= LEAST_LEFT and not is_stop


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(map(_plain, _unmarked(STOP_WORDS.read_text("utf-8")).split()))
