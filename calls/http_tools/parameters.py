"""What a tool is given: a JSON Schema that a model is told, and what it wrote, held against it.

Rule: parameters are flat: texts, numbers and choices, each by a name of its own. That is what a
caller says in a sentence, what a form shows, and what every model fills in reliably.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
MOST, LONGEST_TEXT = 20, 500
"""Parameters of a tool; characters of a text that a model writes for one."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
NO_PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {},
    "required": [],
    "additionalProperties": False,
}


def problems_of(schema: Any) -> Iterator[tuple[Promise, dict[str, Any]]]:
    """What keeps it from being the parameters of a tool: words, and what stands in them."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        yield _('The schema must be an object with "type": "object".'), {}
        return
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        yield _('"properties" must be an object, and "required" a list of names.'), {}
        return
    if len(properties) > MOST:
        yield _("At most %(most)d parameters."), {"most": MOST}
    for name, each in properties.items():
        if not NAME.fullmatch(name):
            yield _("%(name)s: use Latin letters, digits and _ in names."), {"name": name[:40]}
        if not isinstance(each, dict) or each.get("type") not in TYPES:
            allowed = ", ".join(TYPES)
            yield (
                _("%(name)s: the type must be one of %(types)s."),
                {"name": name, "types": allowed},
            )
        elif "enum" in each and not _are_choices(each["enum"], TYPES[each["type"]]):
            yield _('%(name)s: "enum" must list values of its type.'), {"name": name}
    for name in required:
        if name not in properties:
            yield _("%(name)s is required, but no parameter."), {"name": f"{name}"[:40]}


def _are_choices(choices: Any, types: tuple[type, ...]) -> bool:
    return isinstance(choices, list) and bool(choices) and all(_is(each, types) for each in choices)


def _is(value: Any, types: tuple[type, ...]) -> bool:
    """True is no whole number here."""
    is_number = not isinstance(value, float) or math.isfinite(value)  # JSON has no other
    return isinstance(value, types) and (isinstance(value, bool) == (bool in types)) and is_number


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether a model can be held to it by its server: nothing is left out, nothing added."""
    names = set(schema.get("properties", {}))
    return names == set(schema.get("required", ())) and not schema.get("additionalProperties", True)


def with_text(schema: Mapping[str, Any], name: str, description: str) -> dict[str, Any]:
    """And one more that must be given."""
    added = {name: {"type": "string", "description": description}}
    return {
        **schema,
        "properties": {**schema.get("properties", {}), **added},
        "required": [*schema.get("required", ()), name],
    }


def unfit(schema: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """What is wrong with what a model wrote, for the model; "": nothing."""
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if given.get(name) in (None, ""):
            return f"{name} is missing"
    for name, value in given.items():
        if name not in properties:
            return f"there is no {_storable(name[:40])}"
        wanted = properties[name]
        if value is None and name not in schema.get("required", ()):
            continue
        if not _is(value, TYPES[wanted["type"]]):
            return f"{name} must be a {wanted['type']}"
        if "enum" in wanted and value not in wanted["enum"]:
            return f"{name} must be one of {', '.join(map(str, wanted['enum']))}"
        if isinstance(value, str) and _storable(value) != value:
            return f"{name} is no text"
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            return f"{name} is too long"
    return ""


def storable(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same, without what no database keeps: a NUL, half of a character. What is no plain value,
    or no number of JSON's, becomes a text."""
    return {_storable(name): _storable(value) for name, value in given.items()}


def _storable(value: Any) -> Any:
    if isinstance(value, (dict, list)) or (isinstance(value, float) and not math.isfinite(value)):
        return json.dumps(value)
    return _UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value


def sample(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Values to try a tool with."""
    of_type = {"string": "", "integer": 1, "number": 1, "boolean": True}
    return {
        name: each["enum"][0] if each.get("enum") else of_type[each["type"]]
        for name, each in schema.get("properties", {}).items()
    }
