"""What was heard, as the embedded receptionist compares it."""

from __future__ import annotations

import re

from tuning.turns.completion import VOWEL_MARKS


def plain(text: str) -> str:
    """Words and single spaces: no capitals, no vowel marks, no punctuation."""
    text = VOWEL_MARKS.sub("", text.casefold())
    return " ".join(re.findall(r"\w+", re.sub("[\"'׳״]", "", text)))
