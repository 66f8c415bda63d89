"""A system's answer as JSON, and as the one line that a model is told of it. Pure.

Rules: nothing in an answer ends that line, turns its direction or is hidden in it. What nests
deeper than data does is no JSON. Of an answer that was cut, what is whole of it counts.
"""

from __future__ import annotations

import json
import re

MOST_DEPTH = 100
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_CLOSES = {"[": "]", "{": "}"}
_UNSEEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
"""What ends a line, turns its direction, cannot be sent or is not seen, and JSON would leave."""


def parsed(text: str, *, is_cut: bool = False) -> object | None:
    """None: it is no JSON."""
    until, open_ones, left_open = 0, list[str](), ""
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in _CLOSES:
            open_ones.append(_CLOSES[token])
            if len(open_ones) > MOST_DEPTH:
                return None
        elif token in ("]", "}"):
            if not open_ones or open_ones.pop() != token:
                return None
        elif token != ",":
            continue
        until = found.start() if token == "," else found.end()
        left_open = "".join(reversed(open_ones)) if is_cut else ""
    try:
        made: object = json.loads(text[:until] + left_open if is_cut else text)
    except ValueError:
        return None
    return made


def on_one_line(data: object) -> str:
    return _UNSEEN.sub(_escaped, json.dumps(data, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
