"""A call under way in real time, for those who step in to it."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any, ClassVar

from calls.services import NO_NUMBER, CalledNumber, ServiceFailed, Transcript
from tests.fakes import FakeTranscriber, tuned
from tests.phone import PhoneCall, conversation_of, services
from tests.voice.test_conversation import LONG, RememberingWriter

CALLER, PERSON = ("יש לי שאלה על החשבון", "מצוין תודה"), ("שלום מדברת דנה", "קבענו ליום שני")


class TwoTranscribers(FakeTranscriber):
    """The first of a call hears the caller; those after it, persons."""

    delay_s = 0.0
    made: ClassVar[list[TwoTranscribers]] = []
    person: ClassVar[Sequence[str]] = PERSON
    person_fails = False
    is_closed = False

    def __init__(self, called: CalledNumber = NO_NUMBER) -> None:
        super().__init__(called)
        self._is_persons = bool(self.made)
        self._words = cycle(self.person if self._is_persons else CALLER)
        self.made.append(self)

    def _next(self, until_ms: int) -> Transcript:
        return Transcript(next(self._words), until_ms, final=True)

    async def transcripts(self) -> AsyncIterator[Transcript]:
        if self._is_persons and self.person_fails:
            raise ServiceFailed("told to fail")
        async for transcript in super().transcripts():
            yield transcript

    async def aclose(self) -> None:
        self.is_closed = True
        await super().aclose()


def heard_of(phone: PhoneCall, since: int = 0) -> bytes:
    """What the agent, or a person, sent."""
    return b"".join(
        b64decode(each["media"]["payload"])
        for each in phone.sent[since:]
        if each["event"] == "media"
    )


@asynccontextmanager
async def greeted(answer: Sequence[str] = LONG, **attributes: Any) -> AsyncIterator[PhoneCall]:
    """In real time, and the caller has heard the greeting. attributes: of the transcribers."""
    RememberingWriter.asked.clear()
    TwoTranscribers.made.clear()
    transcriber = tuned(TwoTranscribers, **attributes)
    with services(transcriber=transcriber, writer=tuned(RememberingWriter, answer=answer)):
        async with PhoneCall(speed=1) as phone:
            await phone.until_quiet()
            yield phone


@asynccontextmanager
async def answered(**attributes: Any) -> AsyncIterator[PhoneCall]:
    """The same, and is hearing a long answer."""
    async with greeted(**attributes) as phone:
        await phone.say("MMMMM_______")
        await phone.until(lambda: conversation_of("CA1").turns.state == "speaking")
        await phone.say("_" * 10)
        yield phone


@asynccontextmanager
async def silent(phone: PhoneCall) -> AsyncIterator[None]:
    """The line goes on, and the caller says nothing."""
    saying = asyncio.create_task(phone.say("_" * 1000))
    try:
        yield
    finally:
        saying.cancel()
