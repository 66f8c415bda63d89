"""A call's journal: every event and action in order, one JSON line each.

`wall_ms`, where a line has it, is when the driver handled the entry, in milliseconds on the
monotonic clock since the stream began. It is for measuring; replay reads only the entry. A call in
Hebrew does not name its language, as no call did before there was a choice; nor does a line say
that nothing was tried, or that nobody can be asked for or was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, get_args

from tuning.turns.completion import Asked
from tuning.turns.events import HEBREW, Action, Asks, CallBegan, Event, Retuned
from tuning.turns.profile import Profile

UNSAID = {"language": HEBREW, "tried": {}, "person_wait_s": 0, "awaited": "", "awaited_ms": 0}
"""What a line without it means."""
_encode = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: json.dumps would make a new encoder for every line."""
_KINDS: dict[str, type] = {kind.__name__: kind for kind in (*get_args(Event), *get_args(Action))}


def dump(entry: Event | Action, wall_ms: float | None = None) -> str:
    line: dict[str, Any] = {"kind": type(entry).__name__}
    if wall_ms is not None:
        line["wall_ms"] = round(wall_ms, 1)
    if isinstance(entry, CallBegan | Retuned | Asks):
        line |= asdict(entry)
        for name, meant in UNSAID.items():
            if line.get(name) == meant:
                del line[name]
    else:  # asdict copies deeply: too slow for fifty frames a second and call
        for name in type(entry).__slots__:
            line[name] = getattr(entry, name)
    return _encode(line)


def load(line: str) -> Event | Action:
    values: dict[str, Any] = json.loads(line)
    kind = _KINDS[values.pop("kind")]
    values.pop("wall_ms", None)
    if "profile" in values:
        values["profile"] = Profile.stored(values["profile"])
    if "asked" in values:
        asked = values["asked"]
        values["asked"] = Asked(**asked | {"phrases": tuple(asked["phrases"])})
    entry: Event | Action = kind(**values)
    return entry


def read(lines: Iterable[str]) -> Iterator[Event | Action]:
    return (load(line) for line in lines if line.strip())
