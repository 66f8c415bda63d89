"""The few sentences that the agent must always be able to say, and their prepared audio.

Rule: an apology needs no working service. Every prompt of a language is shipped as a clip
(`make_clips` makes them, with the embedded voice); at start-up the configured voices say them, and
what else is said word for word, and that is kept in the phrase cache.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from calls.language.language import Language, spoken
from calls.services import NO_NUMBER, CalledNumber, ServiceFailed
from calls.services.phrase_cache import key_of, phrases
from calls.voice.sentences import Sentences

logger = logging.getLogger(__name__)


def text(name: str) -> str:
    """Where no conversation is."""
    return spoken().prompts[name]


def clip(language: Language, name: str, voice: str) -> bytes:
    """8 kHz mu-law: in this voice (a Speaker's name) if that could say it, else as shipped."""
    ready = phrases().find(key_of(voice, language.prompts[name]))
    return _shipped(language.clip(name)) if ready is None else ready


@cache
def _shipped(clip: Path) -> bytes:
    return clip.read_bytes()


async def warm_up(called_numbers: Iterable[CalledNumber] = (NO_NUMBER,)) -> None:
    """Have each number's voice say every prompt, and what its writer says word for word."""
    for called in called_numbers:
        language = called.language
        for name in language.prompts:
            _shipped(language.clip(name))
        speaker = import_string(settings.SPEAKER)(called)
        writer = import_string(settings.WRITER)(called)
        said = [
            sentence
            for whole in (*writer.fixed_phrases(), called.person_notice)
            for sentence in _sentences(whole, language)
        ]
        try:
            await phrases().keep(
                speaker, [*language.prompts.values(), *said], called.pronunciations
            )
        except ServiceFailed as error:
            logger.warning("Prompts stay in the shipped voice: %s: %s", speaker.name, error)


def _sentences(whole: str, language: Language) -> list[str]:
    """As a conversation hands them to its speaker."""
    sentences = Sentences(language)
    return [*sentences.add(whole), *sentences.rest()]
