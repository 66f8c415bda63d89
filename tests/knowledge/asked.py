"""The businesses of this folder as numbers that know their texts, and how many of the questions
find the passage that answers them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from calls.knowledge.known_text import KnownText
from calls.knowledge.search import found
from calls.telephony.phone_number import PhoneNumber

FOLDER = Path(__file__).parent
BUSINESSES = sorted((FOLDER / "businesses").glob("*.md"))


def a_number(name: str = "מרפאה", digits: int = 1) -> PhoneNumber:
    return PhoneNumber.objects.create(number=f"+97235550{digits:03}", name=name)


def businesses() -> dict[str, PhoneNumber]:
    """By the names of their texts."""
    numbers = {}
    for digits, path in enumerate(BUSINESSES, 1):
        numbers[path.stem] = number = a_number(path.stem, digits)
        KnownText(number=number, name=path.name, text=path.read_text("utf-8")).save()
    return numbers


def questions(kind: str) -> list[tuple[str, str, str]]:
    """(business, question, words of the passage that answers it); kind: tuned or unseen."""
    rows = tomllib.loads((FOLDER / f"questions_{kind}.toml").read_text("utf-8"))
    return [
        (business, question, words)
        for business, asked in rows.items()
        for question, words in asked.items()
    ]


def answered(kind: str, numbers: dict[str, PhoneNumber]) -> int:
    """How many have their passage among the first three."""
    return sum(
        any(words in passage.words for passage in found(numbers[business].pk, question))
        for business, question, words in questions(kind)
    )
