"""Twilio's REST API, as far as a number is pointed at this server. Blocking: for a command only.

Rule: what Twilio refuses is said in its words and with what to do. A number has settings of its
own in every region; each region has auth tokens of its own; which region takes a number's calls is
set in US1. So each request tries every token that there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

EDGES = {"ie1": "dublin", "us1": "ashburn", "au1": "sydney"}
"""The regions that serve media streams, and where each is entered."""
ROUTES_REGION = "us1"
TIMEOUT_S = 15
REFUSED = 401
Result = TypeVar("Result")


class NotConnected(Exception):
    """Twilio refused, or was not reached. The message says what to do about it."""


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc]
    """Sends Twilio's requests to another server, which is told whom they were meant for."""

    def __init__(self, origin: str) -> None:
        super().__init__(timeout=TIMEOUT_S)
        self._origin = urlsplit(origin)

    def request(self, method: str, url: str, *args: Any, headers: Any = None, **more: Any) -> Any:
        meant = urlsplit(url)
        there = meant._replace(scheme=self._origin.scheme, netloc=self._origin.netloc)
        told = {**(headers or {}), "Host": meant.netloc}
        return super().request(method, urlunsplit(there), *args, headers=told, **more)


class TwilioAccount:
    def __init__(self, sid: str, tokens: list[str], origin: str = "") -> None:
        """origin: another server than Twilio's, as scheme://host:port."""
        self._sid, self._tokens = sid, tokens
        self._http = _Elsewhere(origin) if origin else TwilioHttpClient(timeout=TIMEOUT_S)

    def point(
        self, number: str, region: str, *, voice_url: str, status_url: str
    ) -> tuple[str, str]:
        """Have the region ask `voice_url` about the number's calls, and tell `status_url` of them.

        Returns the number's name at Twilio, and whom it asked before. Raises NotConnected.
        """

        def update(client: Client) -> tuple[str, str]:
            found = client.incoming_phone_numbers.list(phone_number=number, limit=1)
            if not found:
                raise NotConnected(
                    f"the account {self._sid} has no number {number} in {region.upper()}"
                )
            before = found[0].voice_url or ""
            found[0].update(
                voice_url=voice_url,
                voice_method="POST",
                status_callback=status_url,
                status_callback_method="POST",
                # An application, or a trunk, would be asked instead.
                voice_application_sid="",
                trunk_sid="",
            )
            return found[0].friendly_name or "", before

        return self._try(region, EDGES[region], update)

    def route(self, number: str, region: str) -> None:
        """Have the region take the number's calls; it may be five minutes. Raises NotConnected."""
        self._try(
            ROUTES_REGION, "", lambda client: client.routes.v2.phone_numbers(number).update(region)
        )

    def _try(self, region: str, edge: str, job: Callable[[Client], Result]) -> Result:
        for token in self._tokens:
            client = Client(
                self._sid,
                token,
                region=region if edge else None,
                edge=edge or None,
                http_client=self._http,
                environment={"": ""},  # not ours: it would change whom we ask
            )
            try:
                return job(client)
            except TwilioException as error:
                status, words = _told(error)
                if status != REFUSED:
                    raise NotConnected(f"Twilio refused: {words}") from None
            except RequestException as error:
                reason = getattr(error.args[0], "reason", error) if error.args else error
                raise NotConnected(f"Twilio was not reached: {reason}") from None
        raise NotConnected(
            f"Twilio refused TWILIO_ACCOUNT_SID with TWILIO_AUTH_TOKEN in {region.upper()}. Every "
            "region has auth tokens of its own (Console, API keys & tokens, choose the region): "
            f"put {region.upper()}'s into TWILIO_AUTH_TOKEN, by commas if there are several"
        )


def _told(error: TwilioException) -> tuple[int, str]:
    """Twilio's status and words. For a list its client brings the bare response."""
    response = next((each for each in error.args if isinstance(each, Response)), None)
    if response is not None:
        return response.status_code, response.text
    status, code = getattr(error, "status", 0), getattr(error, "code", None)
    said = getattr(error, "msg", "") or getattr(error, "detail", "") or f"{error}"
    return status, f"{said} (https://www.twilio.com/docs/errors/{code})" if code else said
