"""The few sentences that the agent must always be able to say, and their prepared audio.

Rule: an apology needs no working service. Every prompt is shipped as a clip (`make_clips` makes
them, with the embedded voice); at start-up the configured voices say them, and what else is said
word for word, and that is kept in the phrase cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from calls.services import NO_NUMBER, CalledNumber, ServiceFailed
from calls.services.phrase_cache import key_of, phrases
from calls.voice.sentences import Sentences

logger = logging.getLogger(__name__)

CLIPS = Path(__file__).with_name("clips")
TEXTS = {
    "not_heard": "לא שמעתי, אפשר לחזור על זה?",
    "no_input": "אתם עדיין על הקו?",
    "no_input_goodbye": "לא שמעתי תשובה, אז נסיים כאן. אפשר להתקשר שוב בכל זמן. להתראות.",
    "apology": "סליחה, הייתה תקלה קטנה. אפשר לחזור על זה?",
    "apology_goodbye": "סליחה, יש תקלה ואי אפשר להמשיך. כדאי להתקשר שוב מאוחר יותר. להתראות.",
    "time_up": "הגיע הזמן לסיים את השיחה. תודה שהתקשרתם, ולהתראות.",
    "moment": "רגע אחד.",
    "busy": "כל הקווים תפוסים כרגע. כדאי להתקשר שוב בעוד כמה דקות. להתראות.",
}


def text(name: str) -> str:
    return TEXTS[name]


def clip(name: str, voice: str) -> bytes:
    """8 kHz mu-law: in this voice (a Speaker's name) if that could say it, else as shipped."""
    ready = phrases().find(key_of(voice, TEXTS[name]))
    return _shipped(name) if ready is None else ready


def shipped(name: str) -> Path:
    return CLIPS / f"{name}.ulaw"


@cache
def _shipped(name: str) -> bytes:
    return shipped(name).read_bytes()


async def warm_up(called_numbers: Iterable[CalledNumber] = (NO_NUMBER,)) -> None:
    """Have each number's voice say every prompt, and what its writer says word for word."""
    for name in TEXTS:
        _shipped(name)
    for called in called_numbers:
        speaker = import_string(settings.SPEAKER)(called)
        writer = import_string(settings.WRITER)(called)
        said = [sentence for whole in writer.fixed_phrases() for sentence in _sentences(whole)]
        try:
            await phrases().keep(speaker, [*TEXTS.values(), *said], called.pronunciations)
        except ServiceFailed as error:
            logger.warning("Prompts stay in the shipped voice: %s: %s", speaker.name, error)


def _sentences(whole: str) -> list[str]:
    """As a conversation hands them to its speaker."""
    sentences = Sentences()
    return [*sentences.add(whole), *sentences.rest()]
