"""Which passages answer a question best. Pure.

A passage has what each word of the question is worth: by the rarest and closest key that they
share, the rarer among the number's passages the more. No word counts twice, so a long passage gains
nothing by repeating itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from heapq import nsmallest

Keys = Sequence[Mapping[str, float]]
"""Of each word of a question, what each of its keys weighs."""


def best(
    asked: Keys, holders: Mapping[str, Collection[int]], passages: int, most: int
) -> list[int]:
    """The passages, the best first, by their numbers.

    holders: which passages have a key. passages: how many there are.
    """
    scores = defaultdict[int, float](float)
    for keys in asked:
        worth = dict[int, float]()
        for key, weight in keys.items():
            having = holders.get(key, ())
            rarity = math.log(1 + (passages - len(having) + 0.5) / (len(having) + 0.5))
            for passage in having:
                worth[passage] = max(worth.get(passage, 0.0), weight * rarity)
        for passage, score in worth.items():
            scores[passage] += score
    return nsmallest(most, scores, key=lambda passage: (-scores[passage], passage))
