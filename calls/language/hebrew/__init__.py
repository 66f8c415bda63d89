"""Hebrew: the language that is shipped."""

from pathlib import Path

from calls.language.language import Language
from tuning.turns import words

_FOLDER = Path(__file__).parent

HEBREW = Language(
    code="he",
    name="Hebrew",
    locale="he-IL",
    words=words.from_toml((_FOLDER / "words.toml").read_text("utf-8")),
)
