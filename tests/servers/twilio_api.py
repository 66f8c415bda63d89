"""Twilio's REST API, as far as it concerns incoming numbers: one account, three regions.

It enforces what Twilio does: every region knows its own auth token only and keeps settings of its
own for every number; which region takes a number's calls is asked for in US1; a URL must be one.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

HOSTS = {
    "api.twilio.com": "us1",
    "api.ashburn.us1.twilio.com": "us1",
    "api.dublin.ie1.twilio.com": "ie1",
    "api.sydney.au1.twilio.com": "au1",
    "routes.twilio.com": "us1",
}
REGIONS = sorted(set(HOSTS.values()))
ACCOUNT = "AC" + "1" * 32
FIELDS = {
    "VoiceUrl": "voice_url",
    "VoiceMethod": "voice_method",
    "StatusCallback": "status_callback",
    "StatusCallbackMethod": "status_callback_method",
    "VoiceApplicationSid": "voice_application_sid",
    "TrunkSid": "trunk_sid",
}


class Refused(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        self.status, self.code, self.message = status, code, message


@dataclass
class TwilioApi:
    """Use as a context manager. `numbers[region][number]`: the settings of a number there."""

    tokens: dict[str, str] = field(
        default_factory=lambda: {each: f"{each}-token" for each in REGIONS}
    )
    numbers: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {each: {} for each in REGIONS}
    )
    routes: dict[str, str] = field(default_factory=dict)
    """By number, the region that takes its calls."""
    asked: list[str] = field(default_factory=list)
    """Method and host of each request."""

    def add(self, number: str, **given: Any) -> None:
        for region in REGIONS:
            sid = f"PN{len(self.numbers[region]):032}"
            self.numbers[region][number] = {
                "sid": sid,
                "account_sid": ACCOUNT,
                "phone_number": number,
                "friendly_name": "(077) 123-4567",
                "voice_url": "",
                "voice_application_sid": "",
                **given,
            }

    def __enter__(self) -> Self:
        connection = type("Connection", (_Connection,), {"api": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), connection)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(
        self, method: str, host: str, path: str, query: dict[str, str], form: dict[str, str]
    ) -> Any:
        match unquote(path).removesuffix(".json").strip("/").split("/"):
            case ["2010-04-01", "Accounts", account, "IncomingPhoneNumbers"] if method == "GET":
                self._check_account(account)
                number = query.get("PhoneNumber", "")
                known = self.numbers[HOSTS[host]]
                found = [known[number]] if number in known else []
                return {"incoming_phone_numbers": found, "page": 0, "page_size": 50, "uri": path}
            case ["2010-04-01", "Accounts", account, "IncomingPhoneNumbers", sid]:
                self._check_account(account)
                return self._update(self._by_sid(HOSTS[host], sid), form)
            case ["v2", "PhoneNumbers", number] if host == "routes.twilio.com":
                return self._route(number, form)
        raise Refused(404, 20404, f"The requested resource {path} was not found")

    def _check_account(self, account: str) -> None:
        if account != ACCOUNT:
            raise Refused(404, 20404, f"The requested resource /Accounts/{account} was not found")

    def _by_sid(self, region: str, sid: str) -> dict[str, Any]:
        for number in self.numbers[region].values():
            if number["sid"] == sid:
                return number
        raise Refused(404, 20404, f"The requested resource {sid} was not found")

    def _update(self, number: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
        for url in ("VoiceUrl", "StatusCallback"):
            if url in form and urlsplit(form[url]).scheme not in {"http", "https"}:
                raise Refused(400, 21502, f"{url} is not valid: {form[url]}")
        number.update({FIELDS[name]: value for name, value in form.items()})
        return number

    def _route(self, number: str, form: dict[str, str]) -> dict[str, str]:
        if number not in self.numbers["us1"]:
            raise Refused(404, 20404, f"The requested resource {number} was not found")
        if form.get("VoiceRegion") not in REGIONS:
            raise Refused(400, 20001, "VoiceRegion is not valid")
        self.routes[number] = form["VoiceRegion"]
        return {"phone_number": number, "voice_region": form["VoiceRegion"]}


class _Connection(BaseHTTPRequestHandler):
    api: TwilioApi

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer({name: values[0] for name, values in parse_qs(body, True).items()})

    def _answer(self, form: dict[str, str]) -> None:
        host = self.headers.get("Host", "")
        self.api.asked.append(f"{self.command} {host}")
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        try:
            self._check_credentials(host)
            status, body = 200, self.api.answer(self.command, host, address.path, query, form)
        except Refused as refused:
            status = refused.status
            body = {"status": status, "code": refused.code, "message": refused.message}
        sent = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _check_credentials(self, host: str) -> None:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        user, _colon, token = b64decode(given).decode().partition(":")
        if host not in HOSTS or (user, token) != (ACCOUNT, self.api.tokens[HOSTS[host]]):
            raise Refused(401, 20003, "Authenticate")

    def log_message(self, *_: object) -> None:
        """The tests say what went wrong."""
