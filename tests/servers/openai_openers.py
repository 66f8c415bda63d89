"""How the local OpenAI server's model begins an answer with an opener that it was told of. Pure.

It finds them as a reader would: short texts in quotation marks that end with a comma.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import replace

from tests.servers.openai_answers import Answer, Json

QUOTED = re.compile(r'"([^"\n]{1,24},)"')
USED_SHARE = 0.7
"""Of all that callers say: elsewhere no opener fits."""


def openers_in(messages: Sequence[Json]) -> list[str]:
    """Those that the instructions name."""
    return list(dict.fromkeys(QUOTED.findall(str(messages[0]["content"]))))


def begun(messages: Sequence[Json], answer: Answer) -> Answer:
    """The same, begun with an opener or not; the same words always get the same one, but never
    that of the answer before."""
    known, last = openers_in(messages), messages[-1]
    if not known or last["role"] != "user" or not answer.text or answer.text.startswith((*known,)):
        return answer
    said = [each["content"] or "" for each in messages if each["role"] == "assistant"]
    fitting = [each for each in known if not (said and said[-1].startswith(each))]
    chance = zlib.crc32(f"{last['content']}".encode())
    if chance % 1000 >= 1000 * USED_SHARE or not fitting:
        return answer
    return replace(answer, text=f"{fitting[chance // 1000 % len(fitting)]} {answer.text}")
