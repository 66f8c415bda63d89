"""A stretch of a call's record as one line of text: what the spool holds and the database takes.

Rule: the lines of a call are numbered, and the database knows by number which of them it has
(JournalPart.number to .last). So anyone who finds a line may write it again; it counts only once.
"""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from calls.models import Call, JournalPart, Turn
from calls.records.turn_in_progress import TurnInProgress
from tuning.models import Revision
from tuning.turns import journal
from tuning.turns.events import Action, Event

GZIP_LEVEL = 6
"""A third of the time that the highest takes, for a twentieth more bytes."""
_UNPACKED = {"turns", "open_turn", "fields"}
"""What a line of the first format may have beside, or instead of, its journal."""


@dataclass(slots=True)
class RecordPart:
    """What has happened in a call since its last line."""

    entries: list[tuple[float, Event | Action]] = field(default_factory=list)
    """Of the journal, each with its wall time."""
    turns: dict[int, TurnInProgress] = field(default_factory=dict)
    """Those that were closed or amended."""
    fields: dict[str, Any] = field(default_factory=dict)
    """Of the call's own row."""
    open_turn: TurnInProgress | None = None
    """The one that goes on, as it stands: should the process die, that is what is known of it."""
    is_due: bool = False
    """The database is to have it now."""

    def __bool__(self) -> bool:
        return bool(self.entries or self.turns or self.fields)


@dataclass(frozen=True, slots=True)
class RecordLine:
    call_sid: str
    number: int
    text: bytes
    """JSON without a line break."""

    @property
    def key(self) -> tuple[str, int]:
        return self.call_sid, self.number

    @property
    def values(self) -> dict[str, Any]:
        """What encode() put in."""
        return _unpacked(json.loads(self.text))

    @property
    def at(self) -> datetime:
        """When it was gathered."""
        return datetime.fromisoformat(json.loads(self.text)["at"])


def encode(call_sid: str, number: int, part: RecordPart, process: str) -> RecordLine:
    head = {"call": call_sid, "number": number, "process": process, "at": timezone.now()}
    body: dict[str, Any] = {}
    if part.entries:
        body["entries"] = [journal.dump(entry, wall_ms) for wall_ms, entry in part.entries]
    if part.turns:
        body["turns"] = [asdict(turn) for turn in part.turns.values()]
    if part.open_turn:
        body["open_turn"] = asdict(part.open_turn)
    if part.fields:
        body["fields"] = part.fields
    packed = b64encode(zlib.compress(_json(body))).decode()
    return RecordLine(call_sid, number, _json(head | {"body": packed}))


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def decode(text: bytes) -> RecordLine:
    """Raises ValueError, KeyError, TypeError or zlib.error for what is no line."""
    values = _unpacked(json.loads(text))
    return RecordLine(str(values["call"]), int(values["number"]), text)


def _unpacked(head: dict[str, Any]) -> dict[str, Any]:
    if "entries" in head:  # the first format packed only the journal: tests/records/formats
        entries = zlib.decompress(b64decode(head["entries"])).decode().split("\n")
        return head | {"entries": entries}
    if _UNPACKED & head.keys():
        return head
    body: dict[str, Any] = json.loads(zlib.decompress(b64decode(head.pop("body"))))
    return head | body


def write(call_sid: str, lines: Sequence[RecordLine], is_orphaned: bool = False) -> Revision | None:
    """Bring what the database does not have yet of these lines, which are in order.

    is_orphaned: their process died, and so did the call, unless another has taken it over.
    Returns the newest revision of the call's profile; None if the call has been forgotten.
    """
    call = Call.objects.filter(call_sid=call_sid).first()
    if call is None:
        return None
    new = [line.values for line in _missing(call, lines)]
    parts = [_journal_part(call, run) for run in _unbroken(new)]  # before the database is locked
    with transaction.atomic():
        JournalPart.objects.bulk_create(parts)
        for turn in _turns(new):
            number, turn["revision_id"] = turn.pop("number"), turn.pop("revision")
            Turn.objects.update_or_create(call=call, number=number, defaults=turn)
        fields: dict[str, Any] = {}
        for values in new:
            fields |= values.get("fields", {})
        if call.settled_at and new:  # it was settled without these
            fields |= {"settled_at": None, "settling_at": None}
        if fields:
            Call.objects.filter(pk=call.pk).update(**fields)
        if is_orphaned and lines:
            last = lines[-1].values
            own = Call.objects.filter(pk=call.pk, ended_at=None, process=last["process"])
            own.update(ended_at=last["at"], ended_why=Call.Ended.LOST)
        return Revision.objects.filter(profile=call.profile_id).latest()


def _missing(call: Call, lines: Sequence[RecordLine]) -> list[RecordLine]:
    if not lines:
        return []
    there = call.journal_parts.filter(last__gte=lines[0].number).values_list("number", "last")
    return [line for line in lines if not any(a <= line.number <= b for a, b in there)]


def _unbroken(lines: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    numbered = enumerate(lines)
    for _offset, run in groupby(numbered, key=lambda each: each[1]["number"] - each[0]):
        yield [values for _index, values in run]


def _journal_part(call: Call, lines: list[dict[str, Any]]) -> JournalPart:
    entries = [entry for values in lines for entry in values.get("entries", ())]
    text = gzip.compress("\n".join(entries).encode(), GZIP_LEVEL)
    return JournalPart(call=call, number=lines[0]["number"], last=lines[-1]["number"], lines=text)


def _turns(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest of each number."""
    turns: dict[int, dict[str, Any]] = {}
    for values in lines:
        turns |= {turn["number"]: turn for turn in values.get("turns", ())}
    if lines and (turn := lines[-1].get("open_turn")):
        turns.setdefault(turn["number"], turn)
    for turn in turns.values():  # of before there were openers
        turn.setdefault("first_content_ms", turn["first_audio_ms"])
    return list(turns.values())
