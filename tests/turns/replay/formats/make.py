"""How the samples beside this file were made: each by the code of the commit that it names.

    git archive COMMIT | tar x -C FOLDER && cd FOLDER
    python .../formats/make.py COMMIT fixed|adaptive|every_kind > .../formats/NN_name.jsonl

Rule: a sample is never made anew. A change of the format adds one, by the code that brought it.
The first line of a sample says where it is from; the others are the journal as it was written.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from typing import Any, get_args

FRAME_MS = 20
FIXED: dict[str, Any] = {
    "reply_refractory_ms": 400,
    "transcript_wait_ms": 300,
    "end_silence_short_ms": 200,
    "vad_hangover_ms": 60,
    "min_utterance_ms": 300,
}
ADAPTIVE: dict[str, Any] = {
    "endpointing": "adaptive",
    "end_silence_long_ms": 2600,
    "resume_ms": 100,
    "think_limit": 3,
    "barge_in_ms": 200,
    "false_interruption_ms": 600,
    "protect_ms": 500,
    "no_input_ms": 2000,
    "reply_limit_s": 20,
    "response_delay_min_ms": 0,
    "response_delay_max_ms": 0,
    "reply_refractory_ms": 400,
    "transcript_wait_ms": 300,
}
VALUES: dict[str, Any] = {
    "at_ms": 700,
    "revision": 3,
    "seed": 2**40 + 1,
    "turn": 2,
    "speech": 0b0111,
    "level_db": -31,
    "echo": 40,
    "until_ms": 680,
    "from_ms": 200,
    "text": "מה השעות",
    "final": True,
    "stability": 0.75,
    "reason": "refused",
    "farewell": True,
    "digit": "#",
    "spoke_from_ms": 200,
    "spoke_until_ms": 680,
    "why": "a reason",
    "delay_ms": 77,
    "limit_ms": 20_000,
    "prepared": True,
    "parts": {"hangover": 220, "silence": 500},
    "name": "not_heard",
    "may_resume": True,
}
"""What the lines of every_kind say, by field."""


def write(line: str) -> None:
    print(line)  # noqa: T201


class OldCall:
    """A call on a core of that day; its journal goes to standard output."""

    def __init__(self, knobs: dict[str, Any]) -> None:
        sys.path.insert(0, ".")
        self.events: Any = import_module("tuning.events")
        self.journal: Any = import_module("tuning.journal")
        self.core: Any = import_module("tuning.turns").TurnTaker()
        self.has_wall = "wall_ms" in inspect.signature(self.journal.dump).parameters
        self.voiced = getattr(self.events, "SPEECH", 0b1111)
        self.at_ms = 0
        profile = import_module("tuning.profile").Profile(**knobs)
        self.feed(self.events.CallBegan(0, 1, profile, 7))

    def feed(self, event: Any) -> list[str]:
        actions = self.core.feed(event)
        for each in (event, *actions):
            wall = (self.at_ms + 1.3,) if self.has_wall else ()
            write(self.journal.dump(each, *wall))
        return [type(each).__name__ for each in actions]

    def frames(self, ms: int, speech: int, level_db: int) -> list[str]:
        kinds = []
        for _frame in range(ms // FRAME_MS):
            self.at_ms += FRAME_MS
            kinds += self.feed(self.events.Heard(self.at_ms, speech, level_db))
        return kinds

    def voice(self, ms: int) -> None:
        self.frames(ms, self.voiced, -30)

    def silence(self, ms: int) -> list[str]:
        return self.frames(ms, 0, -70)

    def words(self, text: str, final: bool = True) -> None:
        self.feed(self.events.Transcribed(self.at_ms, self.at_ms, text, final, 0.9))

    def wait_for(self, kind: str) -> None:
        while kind not in self.silence(FRAME_MS):
            if self.at_ms > 60_000:
                raise SystemExit(f"no {kind}")

    def reply_begins(self) -> None:
        self.feed(self.events.ReplyBegan(self.at_ms, self.core.turn))

    def reply_ends(self, farewell: bool = False) -> None:
        self.feed(self.events.ReplyEnded(self.at_ms, self.core.turn, farewell))

    def hear_the_reply(self, ms: int, farewell: bool = False) -> None:
        self.reply_begins()
        self.silence(ms)
        self.reply_ends(farewell)

    def is_greeted(self) -> None:
        self.hear_the_reply(100)
        self.silence(500)


def fixed(call: OldCall) -> None:
    """An answer that comes late, a voice that nobody understood, a barge-in, a goodbye."""
    call.is_greeted()
    call.voice(600)
    call.words("אפשר לקבוע תור")
    call.wait_for("Reply")
    call.silence(1100)
    call.hear_the_reply(300)
    call.silence(500)
    call.voice(400)
    call.wait_for("Prompt")
    call.silence(100)
    call.reply_begins()
    call.silence(300)
    call.voice(500)
    call.words("תודה שלום")
    call.wait_for("Reply")
    call.silence(100)
    call.hear_the_reply(200, farewell=True)


def adaptive(call: OldCall) -> None:
    """A yes to a question, a false interruption, a sentence with a pause, a goodbye."""
    call.is_greeted()
    asked = import_module("tuning.finished").Asked("yes_no")
    call.feed(call.events.Asks(call.at_ms, call.core.turn, asked))
    call.voice(400)
    call.words("כן", final=False)
    call.wait_for("Reply")
    call.silence(100)
    call.reply_begins()
    call.silence(400)
    call.voice(300)
    call.wait_for("Resume")
    call.hear_the_reply(200)
    call.silence(500)
    call.voice(600)
    call.words("אני רוצה", final=False)
    call.silence(300)
    call.voice(500)
    call.words("אני רוצה לקבוע תור לרופא שיניים")
    call.wait_for("Reply")
    call.silence(100)
    call.hear_the_reply(200, farewell=True)


def every_kind(call: OldCall) -> None:
    """One line of each kind of event and action that there was: no call, only its words."""
    for kind in (*get_args(call.events.Event), *get_args(call.events.Action)):
        given = {each.name for each in fields(kind)} & VALUES.keys()
        values = {name: VALUES[name] for name in given}
        if "asked" in kind.__slots__:
            values["asked"] = import_module("tuning.finished").Asked("choice", ("מחר", "היום"))
        if "profile" in kind.__slots__:
            values["profile"] = call.core.profile
        write(call.journal.dump(kind(**values)))


CALLS: dict[str, tuple[dict[str, Any], Callable[[OldCall], None]]] = {
    "fixed": (FIXED, fixed),
    "adaptive": (ADAPTIVE, adaptive),
    "every_kind": (FIXED, every_kind),
}

if __name__ == "__main__":
    commit, name = sys.argv[1:]
    command = f"git archive {commit} | tar x, and there make.py {commit} {name}"
    write(json.dumps({"commit": commit, "made": command}))
    knobs, script = CALLS[name]
    script(OldCall(knobs))
