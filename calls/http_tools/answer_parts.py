"""Which parts of a system's answer the model gets. Pure.

A path is a little of JSON path (RFC 9535): `$.slots[*].time`, `$['free days'][0]`; names, places
and `[*]`, and nothing else. Rule: no library, because those that there are bring filters and
searches at any depth, which nobody needs to pick a few fields and which an answer can make slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

MOST_PARTS = 200
"""Of one path."""
_STEP = re.compile(r"\.(\w[\w-]*|\*)|\[(-?\d+|\*)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


def steps_of(path: str) -> list[str | int] | None:
    """`*` stands for all; None: it is no path."""
    rest, steps = path.strip(), list[str | int]()
    if not rest.startswith("$"):
        return None
    rest = rest[1:]
    while rest:
        if not (found := _STEP.match(rest)):
            return None
        name, place, *quoted = found.groups()
        if place not in (None, "*"):
            steps.append(int(place))
        else:
            steps.append(next(each for each in (name, place, *quoted) if each is not None))
        rest = rest[found.end() :]
    return steps


def picked(answer: Any, paths: Iterable[str]) -> dict[str, Any]:
    """By path: its value, or the list of its values where it has a `*`; what is not there, not."""
    found = dict[str, Any]()
    for path in paths:
        steps = steps_of(path) or []
        values = [each for each, _n in zip(_at(answer, steps), range(MOST_PARTS), strict=False)]
        if values:
            found[path] = values if "*" in steps else values[0]
    return found


def _at(value: Any, steps: list[str | int]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    match value, step:
        case dict(), "*":
            inside = list(value.values())
        case list(), "*":
            inside = value
        case dict(), str() if step in value:
            inside = [value[step]]
        case list(), int() if -len(value) <= step < len(value):
            inside = [value[step]]
        case _:
            return
    for each in inside:
        yield from _at(each, rest)
