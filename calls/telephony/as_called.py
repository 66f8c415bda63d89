"""What a call wants of the services: what its number says, what that knows, and who calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings

from calls.agreed.last_call import last_call_of
from calls.http_tools import caller_name
from calls.knowledge.in_call import knowledge_of
from calls.services import CalledNumber
from calls.services.known import NOTHING_KNOWN, Knowledge
from calls.telephony import call_variables


class AsCalled:
    """A part of calls.models.Call."""

    call_sid: Any
    number: Any
    number_id: Any
    caller: Any
    is_after_hours: Any
    via: Any
    Via: Any
    knowledge: Knowledge = NOTHING_KNOWN
    """What the number knew when the call began."""
    last_call = ""
    """What the caller's last one was about."""

    def recall(self: Any) -> None:
        """What is known as the call begins."""
        self.knowledge, self.last_call = knowledge_of(self.number_id), last_call_of(self)

    caller_name = ""
    """As a tool of the number told it in time."""

    @property
    def told_number(self) -> str:
        """The telephone that calls; "": its number is withheld, or a browser calls."""
        is_telephone = self.via == self.Via.TELEPHONE
        return call_variables.number_of(self.caller) if is_telephone else ""

    async def learn_name(self) -> None:
        """For no longer than caller_name.WITHIN_S."""
        if self.number and self.told_number:
            tools = self.number.http_tools.all()
            self.caller_name = await caller_name.name_of(self.told_number, tools, self.call_sid)

    @property
    def as_called(self) -> CalledNumber:
        """One of us, and who dialled no number, waits for a person as the settings say."""
        called, number = CalledNumber(), self.number
        if number:
            called = number.as_called(
                takes_message=self.is_after_hours,
                caller=self.told_number,
                name=self.caller_name,
                last_call=self.last_call,
            )
            called = replace(called, knowledge=self.knowledge)
        if number is None or self.via == self.Via.BROWSER:
            called = replace(called, person_wait_s=settings.PERSON_WAIT_S)
        return called
