"""Vocalised Hebrew (with niqqud) to Israeli phonemes, and on to espeak-ng's notation. Pure.

espeak-ng's own Hebrew loses the vowels of plain words and spells vowel marks aloud, so it is given
phonemes instead. Rule: a letter is read from itself and its neighbours; what that cannot tell
stands in the word itself (qamats qatan for o, U+05AB over the stressed syllable).

A phoneme is one character, a key of ESPEAK; a stressed vowel has "'" before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

VOWELS = {
    "\u05b1": "e",  # hataf segol
    "\u05b2": "a",  # hataf patah
    "\u05b3": "o",  # hataf qamats
    "\u05b4": "i",  # hiriq
    "\u05b5": "e",  # tsere
    "\u05b6": "e",  # segol
    "\u05b7": "a",  # patah
    "\u05b8": "a",  # qamats
    "\u05b9": "o",  # holam
    "\u05ba": "o",  # holam haser for vav
    "\u05bb": "u",  # qubuts
    "\u05c7": "o",  # qamats qatan
}
SHEVA, DAGESH, SIN_DOT, STRESS, GERESH = "\u05b0", "\u05bc", "\u05c2", "\u05ab", "'׳"
TSERE, SEGOL, PATAH = "\u05b5", "\u05b6", "\u05b7"
CONSONANTS = dict(zip("אבגדהוזחטיכךלמםנןסעפףצץקרשת", "?vgdhvzxtyxxlmmnns?ffcckrSt", strict=True))
WITH_DAGESH = {"ב": "b", "כ": "k", "ך": "k", "פ": "p"}
WITH_GERESH = {"ג": "J", "ז": "Z", "צ": "C", "ץ": "C"}
GUTTURALS, THROATY = "אהע", "חעה"
SAID_WITH_E = "למנרי"
"""Letters whose sheva at the start of a word, or doubled, is said as e."""
PREFIXED_WITH_E = "ובכ"

ESPEAK = {
    **{same: same for same in "abdefghiklmnopstuvzSZ?"},
    "x": "X",
    "c": "ts",
    "y": "j",
    # Israelis say it in the throat, but over a telephone espeak's tap is clearer: Whisper picked
    # the right answer 116 times of 128, with the uvular one 111 times.
    "r": "r",
    "J": "dZ",
    "C": "tS",
    "'": "'",
}
"""Every phoneme in espeak-ng's notation."""

_MARK = "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
MARKS = re.compile(f"[{_MARK}]")
"""Vowel, stress and chant marks; not the hyphen (maqaf) that stands among them."""
WORD = re.compile(rf"[א-ת][א-ת{_MARK}]*(?:['׳\"״][א-ת{_MARK}]+)*")
"""A word; quotation marks belong to it inside only (צ׳ק, ת״א)."""
_KEPT = re.compile(rf"{WORD.pattern}|[A-Za-z0-9]+|[.,:;?!–-]")


@dataclass(slots=True)
class Letter:
    """A letter with its marks; `vowel` is the mark itself, sheva included."""

    char: str
    vowel: str = ""
    dagesh: bool = False
    sin: bool = False
    geresh: bool = False
    stressed: bool = False

    @property
    def is_bare(self) -> bool:
        return not self.vowel and not self.dagesh

    @property
    def consonant(self) -> str:
        if self.geresh and self.char in WITH_GERESH:
            return WITH_GERESH[self.char]
        if self.dagesh and self.char in WITH_DAGESH:
            return WITH_DAGESH[self.char]
        return "s" if self.sin else CONSONANTS[self.char]


def letters(word: str) -> list[Letter]:
    found: list[Letter] = []
    for char in word:
        if char in CONSONANTS:
            found.append(Letter(char))
        elif found:
            letter = found[-1]
            letter.dagesh |= char == DAGESH
            letter.sin |= char == SIN_DOT
            letter.geresh |= char in GERESH
            letter.stressed |= char == STRESS
            if char == SHEVA or char in VOWELS:
                letter.vowel = char
    return found


def phonemes(word: str) -> str:
    """One vocalised word, stress included: בּוֹקֶר -> b'oker."""
    spelled = letters(word)
    sounds = "".join(_sound(spelled, index) for index in range(len(spelled)))
    return _stressed(re.sub(r"\?(?!'?[aeiou])", "", sounds), spelled)


def to_espeak(text: str) -> str:
    """Vocalised text for espeak-ng: words as [[phonemes]], punctuation and Latin as they are."""
    return " ".join(
        "[[" + "".join(ESPEAK[sound] for sound in phonemes(token)) + "]]"
        if WORD.match(token)
        else token
        for token in _KEPT.findall(text)
    )


def _sound(spelled: list[Letter], index: int) -> str:
    """What one letter adds to the word, "'" before its vowel if that is marked as stressed."""
    letter = spelled[index]
    is_last = index == len(spelled) - 1
    stress = "'" if letter.stressed else ""
    if _is_vowel_vav(spelled, index):
        return stress + _vowel(spelled, index)
    if letter.is_bare and index:
        if letter.char == "ה" and is_last:
            return ""
        if letter.char == "ו" and spelled[index - 1].char == "ו":
            return ""
        if letter.char == "י" and not _is_consonant_yod(spelled, index):
            return _glide(spelled, index)
    if is_last and _is_furtive(spelled, index):
        return "ax" if letter.char == "ח" else "a"
    return letter.consonant + stress + _vowel(spelled, index)


def _vowel(spelled: list[Letter], index: int) -> str:
    letter = spelled[index]
    if _is_vowel_vav(spelled, index):
        return "u" if letter.dagesh else "o"
    if letter.vowel == SHEVA:
        return "e" if _is_said_sheva(spelled, index) else ""
    return VOWELS.get(letter.vowel, "")


def _is_vowel_vav(spelled: list[Letter], index: int) -> bool:
    """A vav that only carries the vowel of the letter before it (or begins a word as u)."""
    letter = spelled[index]
    if letter.char != "ו" or (index and spelled[index - 1].vowel):
        return False
    is_u = letter.dagesh and not letter.vowel
    is_o = index > 0 and not letter.dagesh and VOWELS.get(letter.vowel) == "o"
    return is_u or is_o


def _is_said_sheva(spelled: list[Letter], index: int) -> bool:
    """Whether a sheva is said as e: begins the word, or breaks up three consonants."""
    letter = spelled[index]
    if index == len(spelled) - 1:
        return False
    after = spelled[index + 1]
    if index == 0 or (index == 1 and _is_vowel_vav(spelled, 0)):
        is_cluster = letter.char in "בכ" and after.char in "רל"
        is_light = letter.char in SAID_WITH_E + PREFIXED_WITH_E or after.char in GUTTURALS
        return is_light and not is_cluster
    is_doubled = letter.dagesh and letter.char in SAID_WITH_E
    before = spelled[index - 1]
    follows_silent = before.vowel == SHEVA and not _is_said_sheva(spelled, index - 1)
    return is_doubled or follows_silent or (after.char == letter.char and not after.is_bare)


def _is_consonant_yod(spelled: list[Letter], index: int) -> bool:
    """יוֹם, הָיוּ: a bare yod whose vowel stands on the vav after it."""
    has_vowel_vav = index + 1 < len(spelled) and _is_vowel_vav(spelled, index + 1)
    return has_vowel_vav and _vowel(spelled, index - 1) != "i"


def _glide(spelled: list[Letter], index: int) -> str:
    """A bare yod after a vowel: silent in שִׁי, y in חַי and כְּדַאי, silent again in אֵלָיו."""
    rest = spelled[index + 1 :]
    before = index - 1
    if spelled[before].vowel == TSERE:
        return "y" if rest else ""
    if spelled[before].char == "א" and spelled[before].is_bare and before:
        before -= 1
    is_before_last_vav = len(rest) == 1 and rest[0].char == "ו" and rest[0].is_bare
    return "y" if _vowel(spelled, before) in ("a", "o", "u") and not is_before_last_vav else ""


def _is_furtive(spelled: list[Letter], index: int) -> bool:
    """The a that is said before a word's last throaty letter: נוֹחַ, יוֹדֵעַ, הִגִּיעַ."""
    letter = spelled[index]
    if letter.char not in THROATY or letter.vowel != PATAH or not index:
        return False
    before = spelled[index - 1]
    return before.char == "י" or _vowel(spelled, index - 1) in ("e", "i", "o", "u")


def _stressed(sounds: str, spelled: list[Letter]) -> str:
    """Where no syllable is marked: the last one, or the one before in the regular patterns."""
    vowels = [found.start() for found in re.finditer("[aeiou]", sounds)]
    if "'" in sounds or not vowels:
        return sounds
    is_early = len(vowels) > 1 and _is_stressed_early(sounds, spelled)
    place = vowels[-2 if is_early else -1]
    return f"{sounds[:place]}'{sounds[place:]}"


def _is_stressed_early(sounds: str, spelled: list[Letter]) -> bool:
    """בּוֹקֶר, תֵּשַׁע, נוֹחַ, צׇהֳרַיִים, רָצִיתִי, אֲנַחְנוּ: stressed on the last syllable but one."""
    before, last = spelled[-2:]
    is_closed = last.vowel in ("", SHEVA)
    is_segolate = before.vowel == SEGOL and re.search("[eo][^aeiou]e[^aeiou]+$", sounds)
    is_throaty = (
        before.vowel == PATAH and last.char in THROATY and re.search("[eo][^aeiou]a[xh]?$", sounds)
    )
    is_suffixed = (before.char, last.char) in (("ת", "י"), ("נ", "ו")) and re.search(
        "[iu]$", sounds
    )
    return bool(
        sounds.endswith("ayim")
        or _is_furtive(spelled, len(spelled) - 1)
        or (is_closed and (is_segolate or is_throaty))
        or is_suffixed
    )
