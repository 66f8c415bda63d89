"""Twilio's part of a call: the voice webhook, the media stream, and the <Connect> action after it.

It does what Twilio documents, and is no more lenient than Twilio. Whatever goes wrong is recorded
as an error of the call, never raised.
"""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit
from xml.etree import ElementTree

from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from calls.simulator.caller import Caller
from calls.simulator.media_stream import ACCOUNT_SID, CallResult, TwilioStream

__all__ = ["CallResult", "Dialled", "place_call"]

ANSWER_S = 15
LONGEST_CALL_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialled:
    """Who is called, where the webhook is, and what it needs to accept our requests."""

    webhook: str = "http://127.0.0.1:8000/twilio/voice"
    caller: str = "+972501234567"
    called: str = "+972771234567"
    auth_token: str = ""
    public_host: str = ""
    """Signatures are made for this host over TLS, as Twilio knows it."""

    def headers(self, url: str, form: dict[str, str]) -> dict[str, str]:
        if not self.auth_token:
            return {}
        scheme, host, *rest = urlsplit(url)
        if self.public_host:
            scheme, host = "wss" if scheme.startswith("ws") else "https", self.public_host
        known_as = urlunsplit((scheme, host, *rest))
        signature = RequestValidator(self.auth_token).compute_signature(known_as, form)
        return {"X-Twilio-Signature": signature}


class _NotConnected(Exception):
    """The call never reached its stream."""


async def place_call(
    caller: Caller, dialled: Dialled, *, call_sid: str = "", longest_s: float = LONGEST_CALL_S
) -> CallResult:
    """Place a call and hold it to its end. `call_sid`: else a new one."""
    call_sid = call_sid or f"CA{uuid.uuid4().hex}"
    result = CallResult(call_sid)
    form = {
        "CallSid": call_sid,
        "AccountSid": ACCOUNT_SID,
        "From": dialled.caller,
        "To": dialled.called,
        "CallStatus": "ringing",
        "Direction": "inbound",
    }
    try:
        twiml = await asyncio.to_thread(_request, dialled, dialled.webhook, form)
        stream_url, action_url, parameters = _read_twiml(twiml, dialled.webhook, result)
        try:
            socket = await connect(
                stream_url,
                additional_headers=dialled.headers(stream_url, {}),
                compression=None,
                ping_interval=None,
                proxy=None,
                max_size=None,
            )
        except (OSError, WebSocketException) as error:
            raise _NotConnected(f"{stream_url}: {error}") from None
        await TwilioStream(socket, caller, result, parameters).run(longest_s)
        if result.ended_by == "agent" and action_url:
            form["CallStatus"] = "in-progress"
            result.after = await asyncio.to_thread(_request, dialled, action_url, form)
    except _NotConnected as error:
        result.note(f"{error}")
    result.lines = caller.lines()
    return result


def _request(dialled: Dialled, url: str, form: dict[str, str]) -> str:
    request = urllib.request.Request(url, urlencode(form).encode(), dialled.headers(url, form))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=ANSWER_S) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise _NotConnected(f"{url} answered {error.code} {error.reason}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise _NotConnected(f"no answer from {url}: {reason}") from None


def _read_twiml(twiml: str, webhook: str, result: CallResult) -> tuple[str, str, dict[str, str]]:
    """Where to stream to, what to ask afterwards, and the stream's parameters."""
    try:
        response = ElementTree.fromstring(twiml)
    except ElementTree.ParseError as error:
        raise _NotConnected(f"the webhook's answer is not TwiML: {error}") from None
    connect_verb, stream = response.find("Connect"), response.find("Connect/Stream")
    if connect_verb is None or stream is None:
        said = " ".join(text.strip() for text in response.itertext() if text.strip())
        raise _NotConnected(f"the call was refused: {said or 'no words'}")
    url = urlsplit(stream.get("url", ""))
    if url.scheme not in {"wss", ""} or url.query:
        result.note("31922: a stream's url is wss://, without a query")
    here = urlsplit(webhook)
    scheme = "wss" if here.scheme == "https" else "ws"
    stream_url = urlunsplit((scheme, here.netloc, url.path, "", ""))
    parameters = {
        each.get("name", ""): each.get("value", "") for each in stream.findall("Parameter")
    }
    if any(len(name + value) >= 500 for name, value in parameters.items()):
        result.note("a <Parameter> has 500 characters or more")
    action = connect_verb.get("action", "")
    return stream_url, urljoin(webhook, action) if action else "", parameters
