"""Whom the webhooks and the media socket let in."""

from __future__ import annotations

import asyncio
from io import BytesIO
from urllib.parse import urlencode

from django.core.handlers.asgi import ASGIRequest
from django.test import SimpleTestCase, TestCase, override_settings, tag
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator

from calls.models import Call
from calls.simulator import utterances
from calls.simulator.caller import Caller, Say
from calls.simulator.dialling import CallResult, Dialled, place_call
from calls.telephony.twilio import signature as gate
from tests.phone import PhoneCall, services
from tests.server import Server
from tests.virtual_time import VirtualTimeTestCase

FORM = {"CallSid": "CA1", "From": "+972501234567", "To": "+97231234567"}
VOICE, MEDIA = "https://voice.example/twilio/voice", "wss://voice.example/twilio/media"
WEBHOOKS = ("voice", "after", "forwarded", "status", "stream")
SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
BY_SHA256 = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"


def signature(url: str, form: dict[str, str], secret: str = "secret", how: str = HMAC_SHA1) -> str:
    return str(RequestValidator(secret).compute_signature(url, form, how))


ADDED = (
    *("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"),
    *("X-Forwarded-Port", "X-Forwarded-Server", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP"),
    *("CF-Connecting-IP", "CF-Ray", "True-Client-IP", "Fastly-Client-IP", "Fly-Client-IP"),
    *("X-Amzn-Trace-Id", "X-Request-Id", "X-Envoy-External-Address", "X-Original-Host"),
    *("X-Varnish", "Ngrok-Skip-Browser-Warning", "Traceparent", "X-Nobody-Knows-It"),
)
"""By proxies, tunnels and load balancers."""
OURS = ("127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:8000", "[::1]:8000", "127.1.2.3")
OTHERS = ("voice.example", "voice.example:8000", "192.0.2.1", "127.0.0.1.evil.example", "[", "")


class OwnMachineTest(TestCase):
    """Without TWILIO_AUTH_TOKEN."""

    def post(self, **headers: str) -> int:
        return self.client.post("/twilio/voice", FORM, headers=headers).status_code

    def test_only_this_machine_is_served_and_the_log_says_why(self) -> None:
        with self.assertLogs("calls.telephony.twilio.signature", "WARNING") as log:
            distant = self.client.post("/twilio/voice", FORM, REMOTE_ADDR="192.0.2.1")
            forwarded = self.post(**{"X-Forwarded-For": "1.2.3.4"})
        self.assertEqual((forwarded, distant.status_code), (403, 403))
        self.assertIn("TWILIO_AUTH_TOKEN", "".join(log.output))
        self.assertIn("x-forwarded-for", log.output[-1])

    def test_every_header_that_a_proxy_adds_is_refused_even_alone(self) -> None:
        for name in ADDED:
            with self.subTest(name):
                self.assertEqual(self.post(**{name: "https"}), 403)

    def test_a_host_must_be_this_machine_s(self) -> None:
        with override_settings(ALLOWED_HOSTS=["*"]):
            for host in OURS:
                with self.subTest(host):
                    self.assertEqual(self.post(Host=host), 200)
            for host in OTHERS:
                with self.subTest(host):  # some are none at all: Django itself answers 400
                    self.assertIn(self.post(Host=host), (400, 403))
        self.assertEqual(Call.objects.count(), 1)

    def test_what_a_client_itself_sends_is_served(self) -> None:
        sent = {"User-Agent": "TwilioProxy/1.1", "Accept": "*/*", "Accept-Encoding": "gzip",
                "Connection": "close", "Cache-Control": "max-age=259200", "Cookie": "a=b",
                "X-Twilio-Signature": "x", "I-Twilio-Idempotency-Token": "x",
                "X-Home-Region": "us1"}  # fmt: skip
        self.assertEqual(self.post(**sent), 200)

    async def test_underlines_in_the_place_of_hyphens_hide_nothing(self) -> None:
        """Django itself does not show such a header."""
        body = urlencode(FORM).encode()
        for name in (b"x_forwarded_for", b"x-forwarded_proto", b"cf_connecting_ip"):
            scope = {
                "type": "http", "method": "POST", "path": "/twilio/voice", "query_string": b"",
                "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
                "headers": [
                    (b"host", b"127.0.0.1:8000"), (b"content-length", b"%d" % len(body)),
                    (b"content-type", b"application/x-www-form-urlencoded"), (name, b"1.2.3.4"),
                ],
            }  # fmt: skip
            request = ASGIRequest(scope, BytesIO(body))
            with self.subTest(name):
                self.assertFalse(gate.admits_request(request))


@override_settings(
    TWILIO_AUTH_TOKEN="secret", PUBLIC_HOST="voice.example", UNKNOWN_NUMBER="default"
)
class SignedRequestTest(TestCase):
    def post(self, form: dict[str, str], path: str = "/twilio/voice", **headers: str) -> int:
        answer = self.client.post(path, form, headers=headers, REMOTE_ADDR="192.0.2.1")
        return answer.status_code

    def test_what_twilio_signed_is_served(self) -> None:
        self.assertEqual(self.post(FORM, **{"X-Twilio-Signature": signature(VOICE, FORM)}), 200)

    def test_every_webhook_asks_for_a_signature(self) -> None:
        for name in WEBHOOKS:
            with self.subTest(name):
                self.assertEqual(self.post(FORM, f"/twilio/{name}"), 403)
                good = signature(f"https://voice.example/twilio/{name}", FORM)
                status = self.post(FORM, f"/twilio/{name}", **{"X-Twilio-Signature": good})
                self.assertIn(status, (200, 204))

    def test_what_was_changed_or_signed_with_something_else_is_refused(self) -> None:
        good = signature(VOICE, FORM)
        changed = FORM | {"From": "+972509999999"}
        added = FORM | {"Digits": "1"}
        cases = ((changed, good), (added, good), (FORM, ""), (FORM, "wrong"),
                 (FORM, signature(VOICE, FORM, "other")), (FORM, "ש"),
                 (FORM, signature("http://voice.example/twilio/voice", FORM)))  # fmt: skip
        for form, header in cases:
            with self.subTest(form=form, header=header):
                self.assertEqual(self.post(form, **{"X-Twilio-Signature": header}), 403)
        self.assertFalse(Call.objects.exists())

    def test_twilio_may_sign_with_the_port_or_without(self) -> None:
        for host, known_as in (
            ("voice.example", "voice.example:443"),
            ("voice.example:443", "voice.example"),
            ("voice.example:8443", "voice.example:8443"),
            ("voice.example:8443", "voice.example"),
        ):
            with self.subTest(host=host, known_as=known_as), override_settings(PUBLIC_HOST=host):
                header = signature(f"https://{known_as}/twilio/voice", FORM)
                self.assertEqual(self.post(FORM, **{"X-Twilio-Signature": header}), 200)

    def test_sha_256_is_served_where_the_header_says_so(self) -> None:
        header = signature(VOICE, FORM, how=HMAC_SHA256)
        self.assertEqual(
            self.post(FORM, **{"X-Twilio-Signature": header, SETTINGS: BY_SHA256}), 200
        )
        self.assertEqual(self.post(FORM, **{"X-Twilio-Signature": header}), 403)
        unknown = {"X-Twilio-Signature": header, SETTINGS: "key=1,algorithm=NONE"}
        self.assertEqual(self.post(FORM, **unknown), 403)

    @override_settings(TWILIO_AUTH_TOKEN="secret, next one,")
    def test_while_a_token_is_rotated_both_are_served(self) -> None:
        for secret, expected in (("secret", 200), ("next one", 200), ("", 403), (" ", 403)):
            header = signature(VOICE, FORM, secret)
            with self.subTest(secret):
                self.assertEqual(self.post(FORM, **{"X-Twilio-Signature": header}), expected)

    def test_repeated_parameters_are_signed_as_twilio_signs_them(self) -> None:
        form = {"CallSid": ["CA1"], "Event": ["b", "a", "b"]}
        plain = "https://voice.example/twilio/voice" + "CallSidCA1" + "EventaEventb"
        header = signature(plain, {})
        answer = self.client.post(
            "/twilio/voice", form, headers={"X-Twilio-Signature": header}, REMOTE_ADDR="192.0.2.1"
        )
        self.assertEqual(answer.status_code, 200)

    def test_our_own_caller_signs_as_twilio_does(self) -> None:
        dialled = Dialled(auth_token="secret", public_host="voice.example")
        headers = dialled.headers("http://127.0.0.1:8000/twilio/voice", FORM)
        self.assertEqual(self.post(FORM, **headers), 200)


class OwnSocketTest(SimpleTestCase):
    """Without TWILIO_AUTH_TOKEN: a handshake as websocket clients send it."""

    def admits(self, **headers: str) -> bool:
        sent = {
            "Host": "127.0.0.1:8000", "Upgrade": "websocket", "Connection": "Upgrade",
            "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "13", "User-Agent": "Twilio.TmeWs",
            "Sec-WebSocket-Extensions": "permessage-deflate", **headers,
        }  # fmt: skip
        raw = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
        return gate.admits_socket({"client": ("127.0.0.1", 5000), "headers": raw, "path": "/"})

    def test_only_a_direct_client_of_this_machine_is_let_in(self) -> None:
        self.assertTrue(self.admits())
        for name in (*ADDED, "X_Forwarded_For"):
            with self.subTest(name):
                self.assertFalse(self.admits(**{name: "1.2.3.4"}))
        for host in OTHERS:
            with self.subTest(host=host):
                self.assertFalse(self.admits(Host=host))

    def test_no_page_of_another_site_gets_in_through_a_browser_of_this_machine(self) -> None:
        self.assertFalse(self.admits(Origin="https://evil.example"))


class SocketTest(VirtualTimeTestCase):
    async def connects(self, **headers: str) -> bool:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        phone = PhoneCall(headers=raw)
        phone._socket.scope["client"] = ("192.0.2.7", 40000)
        is_connected = await phone.connect()
        phone._following.cancel()
        if is_connected:
            await phone.ring()
            phone.stream_sid = "MZ1"
            with services():
                await phone.start()
                await phone.until_quiet()
                await phone.hang_up()
            self.assertEqual((await phone.ended()).ended_why, "caller hung up")
        return is_connected

    @override_settings(TWILIO_AUTH_TOKEN="secret,next", PUBLIC_HOST="voice.example:443")
    async def test_the_upgrade_is_signed_too_with_either_token_and_algorithm(self) -> None:
        self.assertFalse(await self.connects())
        as_https = signature("https://voice.example/twilio/media", {})
        self.assertFalse(await self.connects(**{"X-Twilio-Signature": as_https}))
        self.assertTrue(await self.connects(**{"X-Twilio-Signature": signature(MEDIA, {}, "next")}))
        by_sha256 = {
            "X-Twilio-Signature": signature(MEDIA, {}, how=HMAC_SHA256),
            SETTINGS: BY_SHA256,
        }
        self.assertTrue(await self.connects(**by_sha256))


@tag("protocol")
class SignedServerTest(SimpleTestCase):
    def test_a_server_behind_twilio_serves_signed_calls_to_its_numbers_only(self) -> None:
        host = "voice.example:8443"
        with Server(
            "tests.fake_settings", TWILIO_AUTH_TOKEN="present,next", PUBLIC_HOST=host
        ) as server:
            server.manage(
                "shell", "-c",
                "from calls.telephony.phone_number import PhoneNumber\n"
                "PhoneNumber.objects.create(number='+972771234567', name='Alon', records=True)",
            )  # fmt: skip

            def call(token: str, called: str = "+972771234567") -> CallResult:
                dialled = Dialled(
                    webhook=server.webhook, called=called, auth_token=token, public_host=host
                )
                return asyncio.run(place_call(Caller([Say(utterances.load("smoke"))]), dialled))

            served = call("next")
            self.assertEqual(served.errors, [])
            self.assertEqual(server.ended_call(served.call_sid)["number_id"], 1)
            self.assertIn("המספר שחויג אינו פעיל", "".join(call("present", "+972770000000").errors))
            for token in ("", "another"):
                self.assertIn("403", "".join(call(token).errors))
            reasons = server.rows("select ended_why from calls_call order by id")
        self.assertEqual(
            [row["ended_why"] for row in reasons], ["caller hung up", "unknown number"]
        )
