"""Point a Twilio number at this server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from calls.telephony.e164 import argument
from calls.telephony.phone_number import NAME_CHARACTERS, PhoneNumber
from calls.telephony.twilio import signature
from calls.telephony.twilio.account import EDGES, NotConnected, TwilioAccount

NEEDED = {
    "TWILIO_ACCOUNT_SID": "the account that the number belongs to (it begins with AC)",
    "TWILIO_AUTH_TOKEN": "the account's auth token of the region",
    "PUBLIC_HOST": "the host name under which Twilio reaches this server",
}


class Command(BaseCommand):
    help = "Point a Twilio number at this server, and make it one of the phone numbers."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=argument, help="like 077-1234567 or +972771234567")
        parser.add_argument(
            "--region", choices=EDGES, default="ie1", help="which takes its calls (ie1: Ireland)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check_settings()
        number, region = options["number"], options["region"]
        account = TwilioAccount(
            settings.TWILIO_ACCOUNT_SID, signature.tokens(), settings.TWILIO_API_ORIGIN
        )
        here = f"https://{settings.PUBLIC_HOST}"
        voice_url = f"{here}{reverse('answer')}"
        try:
            name, before = account.point(
                number, region, voice_url=voice_url, status_url=f"{here}{reverse('status')}"
            )
        except NotConnected as error:
            raise CommandError(f"{number} is not connected: {error}.") from None
        known, is_new = PhoneNumber.objects.get_or_create(
            number=number, defaults={"name": (name or number)[:NAME_CHARACTERS]}
        )
        asked = f" (before: {before})" if before not in {"", voice_url} else ""
        self.stdout.write(f"{region.upper()} asks {voice_url} about calls to {number}{asked}.")
        made = "is now one of the phone numbers" if is_new else "stays as it is"
        self.stdout.write(f"“{known.name}” {made}: what it says and when, on the dashboard.")
        try:
            account.route(number, region)
        except NotConnected as error:
            raise CommandError(
                f"Calls may still go to another region: {error}. Or set it by hand: Console, "
                f"Phone Numbers, Active numbers, {number}, Region: {region.upper()}."
            ) from None
        self.stdout.write(f"{region.upper()} takes its calls: at once, or within five minutes.")


def _check_settings() -> None:
    missing = [f"{name} ({what})" for name, what in NEEDED.items() if not getattr(settings, name)]
    if missing:
        raise CommandError("Set first: " + "; ".join(missing) + ".")
