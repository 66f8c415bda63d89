"""How a number wants words said that its voice would say wrongly. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping


def pronounced(text: str, pronunciations: Mapping[str, str]) -> str:
    """The text with every listed word, or run of words, as the list says that it sounds.

    Whole words only, in any case; a Latin word also right behind a Hebrew prefix (בHeVoice).
    """
    sounds = {written.casefold(): said for written, said in pronunciations.items() if written}
    if not sounds:
        return text
    longest_first = sorted(sounds, key=len, reverse=True)
    listed = "|".join(_whole(written) for written in longest_first)
    return re.sub(listed, lambda found: sounds[found[0].casefold()], text, flags=re.IGNORECASE)


def _whole(written: str) -> str:
    letter = "[A-Za-z0-9_]" if written.isascii() else r"\w"
    return rf"(?<!{letter}){re.escape(written)}(?!{letter})(?![\"״׳'][א-ת])"
