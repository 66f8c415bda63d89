"""A system's answer as JSON, and as the one line that a model is told of it. Pure.

Rules: nothing in an answer ends that line, turns its direction or is hidden in it. What nests too
deeply is no JSON. Of an answer that was cut, what is whole of it counts.
"""

from __future__ import annotations

import json
import re

TOO_DEEP = '"…"'
"""Instead of what nests so deeply that it can be read and not be written."""
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)
_CLOSES = {"[": "]", "{": "}"}
_UNSEEN = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]")
"""What ends a line, turns its direction, cannot be sent or is not seen, and JSON would leave."""


def parsed(text: str, *, is_cut: bool = False) -> object | None:
    """None: it is no JSON."""
    try:
        made: object = json.loads(_whole_of(text) if is_cut else text)
    except (ValueError, RecursionError):
        return None
    return made


def _whole_of(text: str) -> str:
    """What is whole of a JSON that was cut somewhere, closed."""
    until, open_ones = 0, list[str]()
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in _CLOSES:
            open_ones.append(_CLOSES[token])
        elif token in ("]", "}"):
            if not open_ones or open_ones.pop() != token:
                return ""
        elif token != ",":
            continue
        until = found.start() if token == "," else found.end()
    return text[:until] + "".join(reversed(open_ones))


def on_one_line(data: object) -> str:
    try:
        written = json.dumps(data, ensure_ascii=False)
    except RecursionError:
        written = TOO_DEEP
    return _UNSEEN.sub(_escaped, written)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
