"""What a language is: all that a call in it says, tells and understands, as one object.

A folder beside this file makes one (`hebrew/` makes HEBREW), and the setting CALL_LANGUAGES names
it. Rule: nothing else of calls/ knows which languages there are; what needs one gets it from the
called number, or asks for the one that is `spoken`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from tuning.turns.words import LanguageWords


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Language:
    """One is made a process, and it is equal to itself only."""

    code: str
    """Its ISO 639 code, as journals name it."""
    name: str
    """In English."""
    locale: str
    """As BCP 47 has it, like he-IL: what services are asked for, where they are not told better.
    A vendor that calls it otherwise translates."""
    words: LanguageWords
    """What the core judges by."""


def spoken() -> Language:
    """The language of the calls that come in."""
    language: Language = import_string(settings.CALL_LANGUAGES[0])
    return language


def known(code: str) -> Language:
    """A language that is, or was, spoken here. Raises KeyError."""
    for path in settings.CALL_LANGUAGES:
        language: Language = import_string(path)
        if language.code == code:
            return language
    raise KeyError(f"no language {code!r} in CALL_LANGUAGES")


def words_of(code: str) -> LanguageWords:
    """As replay asks for them."""
    return known(code).words
