"""Place calls the way Twilio does, and print the results."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from calls.audio import riff
from calls.models import Call, Turn
from calls.process.log import masked
from calls.services import ServiceFailed
from calls.simulator import demo_numbers, own_words, printed, utterances
from calls.simulator.booking import demo
from calls.simulator.caller import Caller, Press, Say, Step
from calls.simulator.dialling import Dialled, place_call
from calls.simulator.media_stream import CallResult
from calls.telephony.e164 import argument
from calls.telephony.phone_number import PhoneNumber
from calls.telephony.twilio import signature

APART_S = 0.2
"""Of many calls, on average one begins so often."""
RECORDED_S = 15.0
NO_NUMBER = (
    "no phone number is open now, and UNKNOWN_NUMBER=refuse: `manage.py connect_number` adds one"
)
DEVELOPMENT_ONLY = (
    "this conversation needs a server of `make run` on this machine, without PUBLIC_HOST and "
    "TWILIO_AUTH_TOKEN: only that is opened to the booking system beside it"
)
NOT_OPENED = (
    "the server may not ask {hosts}: start it with `make run` on the port that is called, or with "
    "TOOL_HOSTS as docs/booking.md says"
)
PLAIN_CELLS = 140
"""Width of the tables when the output is not a terminal."""


class Command(BaseCommand):
    help = "Place calls at a running server, through Twilio's webhook and websocket protocol."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=1, help="how many at once")
        parser.add_argument(
            "--conversation", default="booking", help="in calls/simulator/utterances.toml"
        )
        parser.add_argument("--wav", type=Path, help="say this file instead, of any rate")
        webhook = f"http://127.0.0.1:{settings.PORT}/twilio/voice"
        parser.add_argument("--webhook", default=webhook)
        parser.add_argument(
            "--caller", type=argument, default="+972501234567", help="the number that calls"
        )
        parser.add_argument("--called", type=argument, help="the number called; else an open one")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["calls"] < 1:
            raise CommandError("--calls must be at least 1")
        steps = _steps(options["conversation"], options["wav"])
        conversation = None if options["wav"] else options["conversation"]
        port = _booking_port(options["webhook"]) if conversation == demo.CONVERSATION else None
        own = demo.number(port).number if port else demo_numbers.number_of(conversation)
        called = options["called"] or own or number_to_call()
        if called is None:
            raise CommandError(NO_NUMBER)
        dialled = Dialled(
            webhook=options["webhook"],
            caller=options["caller"],
            called=called,
            auth_token=next(iter(signature.tokens()), ""),
            public_host=settings.PUBLIC_HOST,
        )
        self._began_s = time.monotonic()
        try:
            results = asyncio.run(self._place(options["calls"], steps, dialled, port))
        except demo.PortTaken as error:
            raise CommandError(f"{error}") from None
        if not any(result.ended_by for result in results):
            reason = results[0].errors[0]
            if "Connection refused" in reason:
                reason += "; is the server running? `make run` starts it"
            raise CommandError(reason)
        if len(results) > 1:
            sids = (result.call_sid for result in results)
            known = {sid: _turns(call) for sid in sids if (call := _recorded(sid))}
            self.stdout.write("\n" + printed.summary_text(results, known))
        else:
            self._print_call(results[0], dialled.caller)
        for remark in printed.remarks(results):
            self.stdout.write(f"! {remark}")
        if any(result.errors for result in results):
            raise CommandError("; ".join(sorted({e for result in results for e in result.errors})))

    async def _place(
        self, count: int, steps: Sequence[Step], dialled: Dialled, port: int | None
    ) -> list[CallResult]:
        """port: of the booking system that is there meanwhile."""
        if port is None:
            return await self._place_all(count, steps, dialled)
        async with demo.serving(port) as address:
            self._progress(f"the booking system listens at {address}")
            return await self._place_all(count, steps, dialled)

    async def _place_all(
        self, count: int, steps: Sequence[Step], dialled: Dialled
    ) -> list[CallResult]:
        if count == 1:
            return [await place_call(Caller(steps, on_line=self._say_line), dialled)]
        over = 0

        async def one(number: int) -> CallResult:
            nonlocal over
            await asyncio.sleep(random.uniform(0, APART_S * count))
            result = await place_call(Caller(steps, seed=number), dialled)
            over += 1
            self._progress(f"{over} of {count} calls are over")
            return result

        return await asyncio.gather(*(one(number) for number in range(count)))

    def _say_line(self, text: str) -> None:
        self._progress(f"the caller says: {text}")

    def _progress(self, line: str) -> None:
        self.stdout.write(f"{time.monotonic() - self._began_s:6.1f} s  {line}")
        self.stdout.flush()

    def _print_call(self, result: CallResult, caller: str) -> None:
        call = _recorded(result.call_sid)
        cells = shutil.get_terminal_size((PLAIN_CELLS, 0)).columns if sys.stdout.isatty() else 0
        if call is None:
            self.stdout.write("\nThe call is not in this machine's database; what was heard:\n")
            self.stdout.write(printed.summary_text([result], {}))
        else:
            self.stdout.write(
                f"\n{call.call_sid} from {masked(caller)}, {call.profile} r{_number(call)}, "
                f"ended: {call.ended_why or 'not recorded yet'}\n{call.engines}\n"
            )
            width = cells or PLAIN_CELLS
            self.stdout.write(printed.turns_text(_turns(call), result.lines, width))
            if uses := list(call.tool_uses.all()):
                self.stdout.write("\n" + printed.tools_text(uses, width))
                if hosts := printed.forbidden(uses):
                    self.stdout.write(f"! {NOT_OPENED.format(hosts=', '.join(hosts))}")
        if call and call.failure:
            self.stdout.write(f"! {call.failure}")


def number_to_call() -> str | None:
    """The first of our phone numbers that is open and no demo's, else any that the settings
    take."""
    now = timezone.now()
    numbers = PhoneNumber.objects.exclude(number__in=demo_numbers.numbers())
    ours = [each.number for each in numbers if each.is_open(now)]
    any_other = [Dialled().called] if settings.UNKNOWN_NUMBER == "default" else []
    return next(iter(ours + any_other), None)


def _steps(conversation: str, file: Path | None) -> list[Step]:
    try:
        if file:
            return [Say(own_words.utterance(file))]
        lines = utterances.conversation(conversation)
    except riff.Unreadable as error:
        raise CommandError(f"{error}") from None
    except KeyError:
        known = ", ".join([*utterances.conversations(), *utterances.demos()])
        raise CommandError(f"no conversation {conversation!r}; there are: {known}") from None
    except ServiceFailed as error:
        raise CommandError(f"{error}") from None
    return [Press(line.keys) if line.keys else Say(line) for line in lines]


def _booking_port(webhook: str) -> int:
    """Of the booking system beside that server."""
    url = urlsplit(webhook)
    if not demo.is_development() or url.hostname not in {"127.0.0.1", "localhost"}:
        raise CommandError(DEVELOPMENT_ONLY)
    return demo.port_beside(url.port or 80)


def _turns(call: Call) -> list[Turn]:
    return list(call.turns.order_by("number"))


def _recorded(call_sid: str) -> Call | None:
    """The call's row, once its end has been written (or as it is after a while)."""
    until_s = time.monotonic() + RECORDED_S
    while True:
        call = Call.objects.select_related("profile", "revision").filter(call_sid=call_sid).first()
        if call is None or call.ended_at or time.monotonic() > until_s:
            return call
        time.sleep(0.1)


def _number(call: Call) -> int:
    return call.revision.number if call.revision else 0
