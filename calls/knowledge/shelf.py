"""The passages of one text, found as a number's are, without a database."""

from __future__ import annotations

from collections import defaultdict

from calls.knowledge import ranking
from calls.knowledge.passages import Cut, cut
from calls.knowledge.search import MOST
from calls.language.language import Language


class Shelf:
    def __init__(self, text: str, language: Language) -> None:
        self._keys = language.search_keys
        self._cuts = cut(text)
        self._holders = defaultdict[str, list[int]](list)
        for place, part in enumerate(self._cuts):
            for key in self._keys.of_text(f"{part.heading}\n{part.words}"):
                self._holders[key].append(place)

    def found(self, words: str, most: int = MOST) -> list[Cut]:
        asked = self._keys.of_question(words)
        places = ranking.best(asked, self._holders, len(self._cuts), most)
        return [self._cuts[place] for place in places]
