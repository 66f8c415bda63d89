"""What the judge of completion looks at, as names: the question, and the caller's words so far.

Pure. Each name says what it is and what was found there ("last:רוצה"); the same words give the
same names. Punctuation, vowel marks and case are not looked at: recognisers differ in them. What
is known of Hebrew words besides their letters stands in hebrew/completion_words.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

_MARKS = re.compile(r"[\u0591-\u05C7\"'״׳`´’‘“”]")
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"[^.!?…]*[.!?…]*")
LISTED = (Path(__file__).parent.parent / "hebrew" / "completion_words.toml").read_text("utf-8")
LISTS = tomllib.loads(LISTED)


def _by_word(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind, listed in table.items():
        for word in dict.fromkeys(_MARKS.sub("", listed).split()):
            found[word] = (*found.get(word, ()), kind)
    return found


KINDS, TOPICS = _by_word(LISTS["kinds"]), _by_word(LISTS["topics"])
DIGITS = {
    word: digit for digit, words in enumerate(LISTS["digits"]["words"]) for word in words.split()
}
ATTACHED = "ושהבלמכ"
LONGEST_CHARS, LONGEST_WORDS = 600, 60
"""Of what is longer only the end is read."""
NEAR = 4
"""Words before the end whose kinds and order count."""
EXPECTED = {"phone": 10, "identity": 9}
"""Digits."""


def words(text: str) -> list[str]:
    return _WORD.findall(_MARKS.sub("", text[-LONGEST_CHARS:].casefold()))[-LONGEST_WORDS:]


@lru_cache(maxsize=256)
def last_question(question: str) -> tuple[tuple[str, ...], bool]:
    """The words of the last question, or of the last sentence where nothing is asked; is it one?"""
    sentences = [each for each in _SENTENCE.findall(question[-LONGEST_CHARS:]) if words(each)]
    asked = [each for each in sentences if "?" in each]
    chosen = asked or sentences
    return (tuple(words(chosen[-1])) if chosen else ()), bool(asked)


@lru_cache(maxsize=8192)
def kinds(word: str) -> tuple[str, ...]:
    """What a word is; with the letters before it, where it is known only without them."""
    if word.isdecimal():
        return (f"figures{min(len(word), 11)}",)
    if known := _known(word):
        return known
    for length in (1, 2):
        if len(word) > length + 1 and set(word[:length]) <= set(ATTACHED):
            rest = word[length:]
            if known := _known(rest):
                return tuple(f"{word[:length]}+{kind}" for kind in known)
    return (_ending(word),)


def _known(word: str) -> tuple[str, ...]:
    return (("digit",) if word in DIGITS else ()) + KINDS.get(word, ())


def _ending(word: str) -> str:
    """By its form: a past tense, an infinitive, a plural, or a letter that may be attached."""
    if len(word) > 3 and word.endswith(("תי", "נו")):
        return "past"
    if len(word) > 3 and word.startswith("ל"):
        return "ל-"
    if word.endswith(("ים", "ות")):
        return f"{word[0] if word[0] in ATTACHED else ''}-plural"
    return f"{word[0] if word[0] in ATTACHED else ''}-{word[-1] if word[-1] in 'התי' else ''}"


def is_number(word: str) -> bool:
    return word.isdecimal() or any(
        kind.rpartition("+")[2] in ("digit", "tens", "teen", "hundred", "part")
        for kind in kinds(word)
    )


def digits_in(said: Sequence[str]) -> int:
    """About how many digits have been dictated: "חמישים ושלוש" are two."""
    count, is_after_tens = 0, False
    for word in said:
        bare = {kind.rpartition("+")[2] for kind in kinds(word)}
        if word.isdecimal():
            count += len(word)
        elif "digit" in bare:
            count += not is_after_tens
        elif bare & {"tens", "teen", "hundred"}:
            count += 2
        is_after_tens = "tens" in bare
    return count


def features(question: str, text: str) -> list[str]:
    """May hold the same name twice."""
    asked, is_question = last_question(question)
    said = words(text)
    return [*_end(said), *_all(said), *_asked(asked, is_question, said)]


def _end(said: list[str]) -> Iterator[str]:
    """The last words: themselves, their letters, their kinds."""
    *_, fourth, third, second, last = ["<", "<", "<", "<", *said]
    yield from (f"last:{last}", f"two:{second} {last}", f"three:{third} {second} {last}")
    yield from (f"second:{second}", f"third:{third}", f"around:{third} _ {last}")
    yield from (f"ends{n}:{last[-n:]}" for n in (1, 2, 3, 4))
    yield from (f"begins{n}:{last[:n]}" for n in (1, 2, 3))
    yield f"edges:{last[:1]}-{last[-2:]}"
    yield f"length:{min(len(last), 8)}"
    yield f"edges2:{second[-2:]} {last[:1]}-{last[-2:]}"
    yield f"after:{second} {last[:1]}-{last[-2:]}"
    letters = f"<{second} {last}>"
    for size in (3, 4, 5):
        yield from (f"letters:{letters[at : at + size]}" for at in range(len(letters) - size + 1))
    tail = " ".join(said[-NEAR:])
    yield from (f"tail:{tail[-size:]}" for size in range(4, 13))
    kind4, kind3, kind2, kind1 = (kinds(word) for word in (fourth, third, second, last))
    yield from (f"kind:{one}" for one in kind1)
    yield from (f"kind second:{two}" for two in kind2)
    yield from (f"kinds:{two} {one}" for two in kind2 for one in kind1)
    yield from (f"kind after:{second} {one}" for one in kind1)
    yield from (f"kind before:{two} {last}" for two in kind2)
    yield f"kinds3:{kind3[0]} {kind2[0]} {kind1[0]}"
    yield f"kinds4:{kind4[0]} {kind3[0]} {kind2[0]} {kind1[0]}"
    yield f"words, kind:{third} {second} {kind1[0]}"


def _all(said: list[str]) -> Iterator[str]:
    """All words, wherever they stand, and how many."""
    size = _size(len(said))
    yield from (f"word:{word}" for word in set(said))
    yield from (f"before:{word}" for word in set(said[:-1]))
    known = {kind for word in said[:-1] for kind in kinds(word)}
    yield from (f"kind before the last:{kind}" for kind in known)
    if said:
        yield from (f"first:{said[0]}", f"first two:{' '.join(said[:2])}")
        yield f"first kind:{kinds(said[0])[0]} {size}"
        yield f"last, size:{kinds(said[-1])[0]} {size}"
    yield f"size:{size}"


def _asked(asked: tuple[str, ...], is_question: bool, said: list[str]) -> Iterator[str]:
    """The question, and how what was said answers it."""
    size, last = _size(len(said)), kinds(said[-1])[0] if said else ""
    shape = " ".join(kinds(word)[0] for word in said) if len(said) < NEAR else size
    topics = {topic for word in asked for topic in TOPICS.get(word, ())} or {"none"}
    first, first_two = " ".join(asked[:1]), " ".join(asked[:2])
    yield f"question:{is_question}"
    yield from (f"asked first:{first}", f"asked first:{first} {size}", f"asked last:{asked[-1:]}")
    yield from (f"asked two:{first_two}", f"asked two:{first_two} {size}")
    for word in set(asked):
        yield from (f"asked:{word}", f"asked:{word} {size}", f"asked:{word} then {last}")
    for topic in topics:
        yield from (f"topic:{topic} {size}", f"topic:{topic} then {last}", f"topic:{topic} {shape}")
    yield f"topics:{' '.join(sorted(topics))} {size}"
    if said and any(map(is_number, said)):
        yield from _numbers(asked, topics, said)


def _numbers(asked: tuple[str, ...], topics: set[str], said: list[str]) -> Iterator[str]:
    """How many digits, and how many were asked for."""
    count, is_last = digits_in(said), is_number(said[-1])
    run = next((at for at, word in enumerate(reversed(said)) if not is_number(word)), len(said))
    yield from (f"digits:{min(count, 12)} {is_last}", f"run:{min(run, 11)}")
    is_named = not {"ספרות", "הספרות"}.isdisjoint(asked)
    named = next((DIGITS[word] for word in asked if word in DIGITS), 0) if is_named else 0
    for topic in topics:
        yield f"digits, topic:{topic} {min(count, 12)} {is_last}"
        if expected := named or EXPECTED.get(topic, 0):
            yield f"missing:{max(-3, min(expected - count, 6))} {is_last}"
            yield f"missing, topic:{topic} {max(-3, min(expected - count, 9))} {is_last}"
    yield from (f"digits, asked:{word} {min(count, 12)} {is_last}" for word in set(asked))


def _size(count: int) -> str:
    edges = (6, 8, 11, 15)
    return f"{count}" if count < edges[0] else f"{next((e for e in edges if count < e), 99)}-"
