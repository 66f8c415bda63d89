"""What became of calls under several profiles, as a part of a replay keeps it until its end.

Rule: the words are left out: they are in the calls themselves.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from tuning.lab.tried import CallTried, TurnTried

KEPT = tuple(each.name for each in fields(TurnTried) if each.name != "said")
Sides = list[CallTried]
"""One call: under the live profile, and under each candidate."""


def packed(calls: Iterable[tuple[int, Sides]]) -> bytes:
    """calls: by primary key."""
    rows = [[pk, [_row(each) for each in sides]] for pk, sides in calls]
    return gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), compresslevel=1)


def unpacked(stored: bytes) -> list[tuple[int, Sides]]:
    rows = json.loads(gzip.decompress(stored))
    return [(pk, [_tried(each) for each in sides]) for pk, sides in rows]


def _row(call: CallTried) -> list[Any]:
    turns = [[getattr(turn, name) for name in KEPT] for turn in call.turns]
    return [call.dropped, call.stopped, turns]


def _tried(row: list[Any]) -> CallTried:
    dropped, stopped, turns = row
    made = [TurnTried(said="", **dict(zip(KEPT, turn, strict=True))) for turn in turns]
    return CallTried(made, dropped, stopped)
