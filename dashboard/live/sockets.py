"""The sockets of the live pages: calls in progress as they are now, and nothing older.

Rule: a page that has just connected starts empty and is filled by the calls' own answers, so that a
call that ended unnoticed never stays on a page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, TypedDict
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from calls.models import Call
from dashboard.address import LARGEST_KEY, key_in
from dashboard.lab.trial_news import PERMISSION, trials_now
from dashboard.live.live_turns import LAST_TURNS, latest_turns
from dashboard.live.page_socket import PageSocket
from dashboard.people.personal import shown_words
from hevoice import bus
from tuning.models import TimingProfile


class Snapshot(TypedDict):
    """A call in progress, as reported by calls.voice.live."""

    pk: int
    caller: str
    called: str
    number: str
    """Its name."""
    process: str
    started_at: str
    profile: str
    profile_pk: int
    revision: int
    runs_candidate: bool
    """`revision` is the trial's number: nothing of it is published."""
    is_tried: bool
    """By knobs that are tried in this call, on top of `revision`."""
    trial: int
    """The number of the trial on whose side it is; 0: on none."""
    state: str
    silence_ms: int
    asked_ms: int
    listeners: list[str]
    wanted: dict[str, Any] | None
    """Who has been called to it, and not come yet: why, waited_s, left_s; None: nobody."""
    held_by: str
    """Who speaks with the caller in the agent's place, or is about to; "": nobody."""
    held_s: float
    """For how long."""
    takes_whispers: bool
    """The agent can follow a whisper."""
    seconds: float
    turns: int
    spoke_until_ms: int | None
    """Where the caller's last speech ended, by the clock of their audio; None: long ago."""
    last: dict[str, Any] | None


class CallsSocket(PageSocket):
    """Keeps track of the calls in progress; its subclasses decide what to show of them."""

    groups: Sequence[str] = ("live",)

    async def connect(self) -> None:
        self.calls: dict[int, Snapshot] = {}
        await super().connect()
        await bus.tell("calls", {"type": "snapshot.wanted"})


async def ask_call(
    socket: AsyncWebsocketConsumer, pk: int, *, listens: bool = False, stops: bool = False
) -> None:
    """Ask the process in which a call is in progress for what is told only when asked for."""
    who = socket.scope["user"].get_username()
    asks = {"channel": socket.channel_name, "who": who, "listens": listens, "stops": stops}
    await bus.tell("calls", {"type": "call.asked", "call": pk} | asks)


class LiveConsumer(CallsSocket):
    """The page of calls in progress: one row per call, and the details of the one that is open."""

    groups: Sequence[str] = ("live", bus.TRIALS)
    looked_at = 0

    async def connect(self) -> None:
        self.told: dict[int, dict[str, Any]] = {}
        """The turns of the opened call, by number, as the call tells them."""
        await super().connect()

    async def begin(self) -> None:
        await self.show("dashboard/live/_live_calls.html", count=0, is_fresh=True)

    async def trial_changed(self, message: dict[str, Any]) -> None:
        may_view = await database_sync_to_async(self.scope["user"].has_perm)(PERMISSION)
        news = await database_sync_to_async(trials_now)()
        more = {"trials_now": news, "may_view_trials": may_view}
        await self.show("dashboard/lab/_trial_news.html", is_oob=True, **more)

    async def live_call(self, message: dict[str, Any]) -> None:
        call: Snapshot = message["call"]
        before = self.calls.get(call["pk"])
        is_new = before is None
        self.calls[call["pk"]] = call
        place = self._place(call) if is_new else "true"
        await self.show("dashboard/live/_live_call.html", call=call, place=place, is_new=is_new)
        if is_new:
            await self._count()
        if _why_wanted(before) != _why_wanted(call):
            await self._show_wanted()
        last = call["last"]
        if call["pk"] == self.looked_at and last and last != self.told.get(last["number"]):
            self.told[last["number"]] = last
            self.told.pop(last["number"] - LAST_TURNS, None)
            await self._show_turns()

    async def live_ended(self, message: dict[str, Any]) -> None:
        if call := self.calls.pop(message["call"], None):
            found = Call.objects.select_related("talk_link").filter(pk=message["call"])
            own = await found.afirst() or Call()
            own.ended_why = message["ended_why"]  # which may not be written yet
            if own.duration:  # longer than at its last snapshot
                call["seconds"] = own.duration.total_seconds()
            await self.show("dashboard/live/_live_ended.html", call=call, ended=own)
            await self._count()
            if _why_wanted(call):
                await self._show_wanted()
        if message["call"] == self.looked_at:
            await self._show_turns(is_over=True)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """The page says which call it has opened, or wants everything anew."""
        try:
            asked = json.loads(text_data or "")
        except (ValueError, RecursionError):
            return
        match asked:
            case {"look": int(pk)} if 0 < pk <= LARGEST_KEY:
                await self._look(pk)
            case {"again": True}:
                await self.begin()
                self.calls, self.told = {}, {}
                await self._show_wanted()
                if self.looked_at:
                    await self._show_turns()
                await bus.tell("calls", {"type": "snapshot.wanted"})

    async def _look(self, pk: int) -> None:
        if pk != self.looked_at:
            await self._look_away()
            self.looked_at, self.told = pk, {}
            await self.channel_layer.group_add(f"details.{pk}", self.channel_name)
            await self.ask()

    async def ask(self) -> None:
        if self.looked_at:
            await ask_call(self, self.looked_at)

    async def disconnect(self, code: int) -> None:
        await self._look_away()

    async def _look_away(self) -> None:
        if self.looked_at:
            await self.channel_layer.group_discard(f"details.{self.looked_at}", self.channel_name)
            await ask_call(self, self.looked_at, stops=True)

    async def call_details(self, message: dict[str, Any]) -> None:
        details = {name: message[name] for name in ("levels", "echo")}
        partial = shown_words(message["partial"], sees=self.sees_personal, goes_on=True)
        details["partial"] = partial
        await self.send(text_data=json.dumps(details))

    async def _show_turns(self, *, is_over: bool = False) -> None:
        read = database_sync_to_async(latest_turns)
        turns = await read(self.looked_at, self.told, is_over=is_over)
        await self.show(
            "dashboard/live/_live_turns.html", turns=turns, is_oob=True, is_over=is_over
        )

    async def _show_wanted(self) -> None:
        """Who waits longest stands first."""
        wanted = [call for call in self.calls.values() if call.get("wanted")]
        wanted.sort(key=lambda call: -(call["wanted"] or {})["waited_s"])
        await self.show("dashboard/live/_wanted.html", wanted=wanted, is_oob=True)

    def _place(self, call: Snapshot) -> str:
        """Where a new row goes: the newest call stands first."""
        older = [
            other
            for other in self.calls.values()
            if (other["started_at"], other["pk"]) < (call["started_at"], call["pk"])
        ]
        if not older:
            return "beforeend:#live-calls"
        return f"beforebegin:#live-{max(older, key=lambda other: other['started_at'])['pk']}"

    async def _count(self) -> None:
        await self.show("dashboard/live/_live_calls.html", count=len(self.calls))


class ProfilesConsumer(CallsSocket):
    """The profile pages: how many of a profile's calls have adopted its newest revision.

    The query string names the profiles that the page shows (of=1&of=2).
    """

    groups = ("live", bus.PROFILES)

    async def begin(self) -> None:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("of", [])
        pks = [pk for raw in asked if (pk := key_in(raw)) is not None]
        self.newest = await database_sync_to_async(_newest_revisions)(pks)
        for pk in self.newest:
            await self._show_taken(pk)

    async def live_call(self, message: dict[str, Any]) -> None:
        call: Snapshot = message["call"]
        before = self.calls.get(call["pk"])
        self.calls[call["pk"]] = call
        if before is None or before["revision"] != call["revision"]:
            await self._show_taken(call["profile_pk"])

    async def live_ended(self, message: dict[str, Any]) -> None:
        if ended := self.calls.pop(message["call"], None):
            await self._show_taken(ended["profile_pk"])

    async def profile_changed(self, message: dict[str, Any]) -> None:
        self.newest |= await database_sync_to_async(_newest_revisions)(list(self.newest))
        for pk in self.newest:
            await self._show_taken(pk)

    async def _show_taken(self, pk: int) -> None:
        if pk not in self.newest:
            return
        calls = [call for call in self.calls.values() if call["profile_pk"] == pk]
        calls = [call for call in calls if not call.get("runs_candidate")]
        calls = [call for call in calls if not call.get("is_tried")]
        waiting = [call for call in calls if call["revision"] != self.newest[pk]]
        await self.show(
            "dashboard/live/_taken.html",
            pk=pk,
            newest=self.newest[pk],
            count=len(calls),
            taken=len(calls) - len(waiting),
            waiting=waiting,
            processes=sorted(
                (name, sum(call["process"] == name for call in calls if call not in waiting), total)
                for name, total in Counter(call["process"] for call in calls).items()
            ),
        )


def _why_wanted(call: Snapshot | None) -> str:
    wanted = call.get("wanted") if call else None
    return wanted["why"] if wanted else ""


def _newest_revisions(pks: list[int]) -> dict[int, int]:
    return {one.pk: one.newest.number for one in TimingProfile.objects.filter(pk__in=pks)}
