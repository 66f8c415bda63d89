"""An address and a body in which {parameters} stand for what a caller said. Pure.

Rule: what is filled in stays inside its place. In an address it is one piece of the path or of the
query, never a host, a slash or a dot-dot; in a body, which is JSON, it is a value, never a quote
that ends one. `{name}` alone in a string is the value with its own type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")
_SECRET = re.compile(
    r"(.*[_.-])?(api|access|auth|app|client|secret|subscription|session|user)?"
    r"(key|token|secret|password|passwd|pwd|signature)",
    re.IGNORECASE,
)
"""What a part of a query is called whose value is one."""
_UP = re.compile(r"\.{1,2}")


class Unfit(ValueError):
    """It cannot be filled in; for the model."""


def places_in(text: str) -> set[str]:
    return set(PLACE.findall(text))


def is_address(text: str) -> bool:
    """Whether it names a scheme and a host that no parameter changes, and no password."""
    try:
        parts = urlsplit(PLACE.sub("x", text))
        fixed, port = urlsplit(text.partition("{")[0]), parts.port
    except ValueError:
        return False
    has_place = bool(PLACE.search(text.partition("://")[2].partition("/")[0].partition("?")[0]))
    is_http = parts.scheme in {"http", "https"} and parts.scheme == fixed.scheme
    is_plain = not any(map(str.isspace, text)) and "#" not in text
    is_host = "@" not in parts.netloc and parts.netloc.isascii()
    return bool(is_http and parts.hostname and is_plain and is_host and not has_place and port != 0)


def secret_in(text: str) -> str:
    """The name of what looks like a secret in an address: its value is written there, and is not
    filled in. "": there is none."""
    for name, value in parse_qsl(urlsplit(PLACE.sub("", text)).query):
        if value and _SECRET.fullmatch(name):
            return name
    return ""


def address(template: str, given: Mapping[str, Any]) -> str:
    """Raises Unfit."""

    def fill(found: re.Match[str]) -> str:
        value = given.get(found[1])
        written = "" if value is None else _written(value)
        if _UP.fullmatch(written):
            raise Unfit(f"{found[1]} is no value")
        return quote(written, safe="")

    return _ascii(PLACE.sub(fill, template))


def _ascii(text: str) -> str:
    """Letters of other alphabets in an address, as they are sent."""
    return quote(text, safe="%/:?&=+,;~@!$'()*[]#-._")


def is_body(template: str) -> bool:
    try:
        json.loads(template)
    except ValueError:
        return False
    return True


def body(template: str, given: Mapping[str, Any]) -> bytes:
    """The JSON that is sent; no template: the parameters as they are."""
    filled = _filled(json.loads(template), given) if template.strip() else dict(given)
    return json.dumps(filled, ensure_ascii=False).encode()


def _filled(value: Any, given: Mapping[str, Any]) -> Any:
    match value:
        case dict():
            return {name: _filled(each, given) for name, each in value.items()}
        case list():
            return [_filled(each, given) for each in value]
        case str() if found := PLACE.fullmatch(value):
            return given.get(found[1])
        case str():
            return PLACE.sub(lambda found: _written(given.get(found[1], "")), value)
    return value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
