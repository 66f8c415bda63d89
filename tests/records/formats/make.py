"""How the lines of a spool beside this file were made: by the code of the commit they name.

    git archive COMMIT | tar x -C FOLDER && cd FOLDER
    python .../tests/records/formats/make.py COMMIT > .../tests/records/formats/NN_name.jsonl

Rule: a sample is never made anew. A change of the format adds one, by the code that brought it.
The first line of a sample says where it is from; the others are a file of var/spool/ of that day.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

import django

CALL_SID, PROCESS = "CA00000000000000000000000000000001", "elsewhere:1"
TURN: dict[str, Any] = {
    "said": "אפשר לקבוע תור",
    "answered": "בשמחה, מתי?",
    "outcome": "completed",
    "chosen_from": 5,
    "span_ms": 1200,
    "policy_ms": 340,
    "wait_parts": {"longest": 2600, "answered": -2260},
    "is_prepared": True,
    "thought": 1,
    "tokens": 12,
    "characters": 11,
    "spoken_ms": 900,
    "speech_began_ms": 1000.0,
    "speech_ended_ms": 2200.0,
    "decided_ms": 2540.0,
    "asked_ms": 2400.0,
    "first_token_ms": 2450.0,
    "first_sentence_ms": 2460.0,
    "first_byte_ms": 2500.0,
    "ready_ms": 2500.0,
    "first_audio_ms": 2541.0,
    "heard_ms": 2700.0,
    "ended_ms": 3600.0,
}
FIELDS: dict[str, Any] = {"frames_in": 180, "frames_dropped": {"queue full": 2}}


def write(line: str) -> None:
    print(line)  # noqa: T201


def make() -> None:
    """Two stretches of a call: its beginning; a turn that was closed and one that goes on."""
    record_line = import_module("calls.record_line")
    events, turns = import_module("tuning.events"), import_module("calls.turn_record")
    knobs = import_module("tuning.profile").Profile()
    first = [
        (1.3, events.CallBegan(0, 1, knobs, 7)),
        (1.3, events.Prompt(0, "greeting", "greeting")),
        (21.3, events.Heard(20, 0, -70)),
    ]
    parts = [
        record_line.Part(entries=first),
        record_line.Part(
            entries=[(41.3, events.Heard(40, 15, -31))],
            turns={1: turns.TurnRecord(1, 1, "finished words", **TURN)},
            fields=FIELDS,
            open_turn=turns.TurnRecord(2, 1, "short silence", "תודה"),
        ),
    ]
    for number, part in enumerate(parts):
        write(record_line.encode(CALL_SID, number, part, PROCESS).text.decode())


if __name__ == "__main__":
    (commit,) = sys.argv[1:]
    sys.path.insert(0, ".")
    os.environ["DJANGO_SETTINGS_MODULE"] = "hevoice.settings"
    django.setup()
    write(json.dumps({"commit": commit, "made": f"git archive {commit} | tar x; make.py {commit}"}))
    make()
