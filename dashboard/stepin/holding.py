"""Taking over a call: one person's microphone, from their browser to the process of the call.

Rules: whether somebody holds a call is decided by the call alone; this socket asks it and passes on
what it says. The answer may take a while: the caller may have to be told first. No sound of the
person reaches the caller before the audit has a row of it. Who hands back says so, and who leaves
before the answer takes the question back; of one who is lost, the call misses the sound and goes on
by itself, unless their page is back before that (`?again`).

The page sends its microphone as binary messages of 8 kHz mu-law, all the time, and to hand back
{"hand_back": note}. It is told {"event": "granted"}, {"event": "refused", "by": who holds it,
"why": in words} and {"event": "over", "why": "handed back", "lost" or "call over"}.
"""

from __future__ import annotations

import json
import time
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from calls.audio.codec import FRAME_BYTES
from calls.telephony.pace import Pace
from dashboard.live.call_socket import CallSocket
from dashboard.live.close_codes import FLOODED
from dashboard.models import AuditEvent
from dashboard.stepin.line_views import PERMISSION
from hevoice import bus

LONGEST_NOTE = 300
"""Characters."""
LONGEST_SOUND = 50 * FRAME_BYTES
"""A second; the page sends 40 ms at a time."""
NORMAL = 1000


class HoldConsumer(CallSocket):
    """One who wants to speak to the caller, and does while the call lets them."""

    permissions = (PERMISSION,)
    action = AuditEvent.Action.TAKE_OVER
    holds_through = ""
    """The channel of the call's process, from its yes on."""
    is_asking = False
    how = "lost"
    """It ended, unless somebody says otherwise."""

    async def dispatch(self, message: dict[str, Any]) -> None:
        """The person's sound does not wait, as Channels has it, until a thread has looked after
        database connections."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        else:
            await super().dispatch(message)

    async def begin(self) -> None:
        self.is_again = self.scope["query_string"] == b"again"
        self.is_asking = not self.is_again  # it holds the call as it is
        await self.tell_call("take_over", who=self.name, again=self.is_again)

    @property
    def name(self) -> str:
        return str(self.scope["user"].get_username())

    async def tell_call(self, what: str, **more: Any) -> bool:
        asks = {"type": f"call.{what}", "call": self.pk, "channel": self.channel_name}
        return await bus.tell("calls", asks | more)

    # What the page sends.

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if bytes_data:
            await self.hear(bytes_data)
        elif self.holds_through:
            try:
                asked = json.loads(text_data or "")
            except (ValueError, RecursionError):
                return
            match asked:
                case {"hand_back": str(note)}:
                    await self.tell_call("hand_back", note=note.strip()[:LONGEST_NOTE])

    async def hear(self, sound: bytes) -> None:
        if not self.holds_through:
            return
        self.pace.took(len(sound) / FRAME_BYTES, time.monotonic())
        if self.pace.is_flood or len(sound) > LONGEST_SOUND:
            await self.close(code=FLOODED)
        else:
            voice = {"call": self.pk, "channel": self.channel_name, "audio": sound}
            await bus.tell_one(self.holds_through, {"type": "call.voice"} | voice)

    # What the call answers.

    async def hold_granted(self, message: dict[str, Any]) -> None:
        self.is_asking = False
        if not self.holds_through:
            await self.note_beginning(**({"again": True} if self.is_again else {}))
            self.pace = Pace(time.monotonic())
            self.holds_through = message["channel"]
            await self.say(event="granted")

    async def hold_refused(self, message: dict[str, Any]) -> None:
        self.is_asking = False
        by = message["by"]
        await self.note(refused=True, **({"held_by": by} if by else {}))
        with translation.override(self.scope["url_route"]["kwargs"]["language"]):
            why = gettext(message["why"])
        await self.say(event="refused", by=by, why=why)
        await self.close(code=NORMAL)

    async def hold_over(self, message: dict[str, Any]) -> None:
        await self._over(message["why"])
        await self.close(code=NORMAL)

    async def live_ended(self, message: dict[str, Any]) -> None:
        if message["call"] == self.pk and self.holds_through:
            await self._over("call over")
        await super().live_ended(message)

    async def _over(self, why: str) -> None:
        self.how, self.holds_through = why, ""
        await self.say(event="over", why=why)

    async def say(self, **message: Any) -> None:
        await self.send(text_data=json.dumps(message))

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        self.holds_through = ""
        if self.is_asking:
            await self.tell_call("hand_back", note="")
        await self.note_end(how=self.how)
