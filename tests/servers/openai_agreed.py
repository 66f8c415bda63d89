"""What the local OpenAI server writes of a call that is over, and which schemas it refuses. Pure.

It understands nothing: it repeats the first words of the caller and the last of the agent, and
takes a message's parts over. Everything else it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from calls.language.hebrew import HEBREW
from tests.servers.openai_answers import Answer, Json, Refused

CALLER, AGENT, PERSON = HEBREW.instructions.after_call.speakers


def agreed(asked: Json) -> Answer:
    told = str(asked["messages"][-1]["content"])
    said = {name: re.findall(rf"^{name}: (.+)$", told, re.M) for name in (CALLER, AGENT, PERSON)}
    message = re.search(r'^\{"name".*\}$', told, re.M)
    parts = json.loads(message[0]) if message else {}
    schema = asked["response_format"]["json_schema"]["schema"]["properties"]["values"]
    outcome = "person" if said[PERSON] else "message" if message else "done"
    wanted, answered = (said[CALLER] or [""])[0], (said[AGENT] or [""])[-1]
    writes = {
        "summary": f"הבקשה: {wanted.rstrip('.?')}. התשובה: {answered.rstrip('.?')}.",
        "outcome": outcome,
        "values": {name: parts.get(name) or None for name in schema["properties"]},
        "follow_ups": [f"לחזור אל {parts['name']}"] if parts.get("name") else [],
    }
    return Answer(json.dumps(writes, ensure_ascii=False))


def check_response_format(asked: Json) -> None:
    """Strict output needs a schema that leaves nothing open."""
    given = asked["response_format"]["json_schema"]
    for path, part in _objects(given["schema"], ()):
        where = f"In context={path}, "
        problem = ""
        if part.get("additionalProperties") is not False:
            problem = f"{where}'additionalProperties' is required to be supplied and to be false."
        elif set(part.get("required", ())) != set(part["properties"]):
            problem = (
                f"{where}'required' is required to be supplied and to be an array including every "
                "key in properties."
            )
        if problem:
            message = f"Invalid schema for response_format '{given['name']}': {problem}"
            raise Refused(400, message, param="response_format")


def _objects(part: Json, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    if part.get("type") == "object":
        yield path, part
        for name, each in part["properties"].items():
            yield from _objects(each, (*path, "properties", name))
