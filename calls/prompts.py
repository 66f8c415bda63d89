"""The few sentences that the agent must always be able to say, and their prepared audio.

Rule: an apology needs no working service. Every prompt is shipped as a clip (`make_clips` makes
them, with the embedded voice); at start-up the configured voice replaces those that it can say.
"""

from __future__ import annotations

import logging
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from calls.services import ServiceFailed

logger = logging.getLogger(__name__)

CLIPS = Path(__file__).with_name("clips")
TEXTS = {
    "not_heard": "לא שמעתי, אפשר לחזור על זה?",
    "apology": "סליחה, הייתה תקלה קטנה. אפשר לחזור על זה?",
    "apology_goodbye": "סליחה, יש תקלה ואי אפשר להמשיך. כדאי להתקשר שוב מאוחר יותר. להתראות.",
    "time_up": "הגיע הזמן לסיים את השיחה. תודה שהתקשרתם, ולהתראות.",
    "moment": "רגע אחד.",
    "busy": "כל הקווים תפוסים כרגע. כדאי להתקשר שוב בעוד כמה דקות. להתראות.",
}

_clips: dict[str, bytes] = {}


def text(name: str) -> str:
    return TEXTS[name]


def clip(name: str) -> bytes:
    """8 kHz mu-law: in the configured voice if that could say it, else as shipped."""
    if name not in _clips:
        _clips[name] = shipped(name).read_bytes()
    return _clips[name]


def shipped(name: str) -> Path:
    return CLIPS / f"{name}.ulaw"


async def warm_up() -> None:
    """Have the configured voice say every prompt, once a process."""
    speaker = import_string(settings.SPEAKER)()
    for name, words in TEXTS.items():
        clip(name)
        try:
            _clips[name] = b"".join([chunk async for chunk in speaker.speak(words)])
        except ServiceFailed as error:
            logger.warning("Prompts stay in the shipped voice: %s: %s", speaker.name, error)
            return
