"""Whatever is sent to a socket, a webhook or a page: no error of ours, and no other call's frames
are late (tests.fuzzing says where the examples come from)."""

from __future__ import annotations

import json
from itertools import count
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User
from django.test import Client, TransactionTestCase
from django.urls import URLPattern
from hypothesis import given
from hypothesis import strategies as st

from calls.models import Call
from calls.telephony.media_socket import FLOODED, NORMAL, REFUSED, MediaConsumer
from calls.telephony.phone_number import PhoneNumber
from calls.telephony.twilio.carrier import TWILIO
from dashboard.live.sockets import LiveConsumer, ProfilesConsumer
from tests.dashboard.call_rows import a_call, a_greeting, a_turn
from tests.dashboard.operators import a_person
from tests.dashboard.people.test_permissions import every_pattern
from tests.fuzzing import (
    ANY_TEXT,
    AWKWARD,
    LATE_S,
    VALUES,
    WORDS,
    Run,
    beside_a_call,
    examples,
    late_of_most_s,
)

EVENTS = ("connected", "start", "media", "mark", "dtmf", "stop")
FIELDS = (
    *("event", "media", "start", "mark", "dtmf", "timestamp", "payload", "track", "name", "digit"),
    *("streamSid", "callSid", "customParameters", "mediaFormat", "encoding", "sampleRate", "token"),
)
NAMED = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4)
SHAPED = st.builds(
    lambda event, inside, beside: {event: inside, **beside, "event": event},
    st.sampled_from(EVENTS), NAMED | VALUES, NAMED,
)  # fmt: skip
MEDIA = st.builds(
    lambda at, payload: {"event": "media", "media": {"timestamp": at, "payload": payload}},
    st.integers(0, 200_000) | VALUES, st.sampled_from(("", "/w==", "/////w==" * 40)) | WORDS,
)  # fmt: skip
JSON = (MEDIA | SHAPED | VALUES).map(json.dumps)
TEXTS = JSON | ANY_TEXT | st.sampled_from(("[" * 60_000, "{" * 100_000, '{"event":' * 9_000))
MESSAGES = st.builds(lambda text: {"text": text}, TEXTS) | st.builds(
    lambda data: {"bytes": data}, st.binary(max_size=100)
)
ANSWERED_WITH = {None, REFUSED, NORMAL, FLOODED}
FORM_FIELDS = (
    *("CallSid", "From", "To", "CallStatus", "SequenceNumber", "DialCallStatus", "StreamEvent"),
    *("StreamError", "AccountSid", "Direction"),
)
KNOWN = st.sampled_from(
    (
        *("CA1", "CA2", "CAother", "+972501234567", "+97231234567", "completed", "ringing", "busy"),
        *("no-answer", "stream-error", "stream-stopped", "3", "999999999", "9999999999"),
    )
)
QUERY_FIELDS = (
    *("since", "until", "number", "profile", "revision", "ended", "slowest_over", "text"),
    *("cut_ins", "dropped", "before", "turn", "days", "from", "to", "preset", "who", "action"),
    *("next", "of", "page", "q"),
)
LIKELY = st.sampled_from(("1", "2", "7", "30", "goodbye", "brisk", "2026-11-27", "sign-in", "on"))
KEYS = st.sampled_from(("1", "0", "2", "99", f"{2**31}", f"{2**63}", "9" * 200, "9" * 5000))
MANY = 150


class FuzzTestCase(TransactionTestCase):
    def assert_in_time(self, late_s: list[float]) -> None:
        self.assertGreater(len(late_s), 20)
        self.assertLess(late_of_most_s(late_s), LATE_S)


class SocketTest(FuzzTestCase):
    async def test_whatever_a_stream_sends_breaks_no_call(self) -> None:
        numbers = count(1)

        async def stream(messages: list[dict[str, Any]], *, begins: bool) -> None:
            call_sid = f"CA{next(numbers)}"
            socket = WebsocketCommunicator(MediaConsumer.as_asgi(carrier=TWILIO), "/twilio/media")
            socket.scope["client"] = ("127.0.0.1", 50000)
            await socket.connect()
            if begins:
                call = await sync_to_async(Call.ring)(call_sid, "", "")
                token = {"token": call.token}
                start = {"streamSid": "MZ1", "callSid": call_sid, "customParameters": token}
                await socket.send_json_to({"event": "start", "start": start})
            for message in messages:
                await socket.send_input({"type": "websocket.receive"} | message)
            await socket.send_input({"type": "websocket.disconnect", "code": 1000})
            await socket.wait(30)  # raises what the consumer raised
            while not socket.output_queue.empty():
                output = socket.output_queue.get_nowait()
                if output["type"] == "websocket.close":
                    self.assertIn(output["code"], ANSWERED_WITH)
            ended = await Call.objects.filter(call_sid=call_sid).afirst()
            if ended:
                self.assertEqual(ended.ended_why, Call.Ended.CALLER)

        def fuzz(run: Run) -> None:
            @examples(MANY)
            @given(st.lists(MESSAGES, max_size=12), st.booleans())
            def whatever(messages: list[dict[str, Any]], begins: bool) -> None:
                run(stream(messages, begins=begins))

            whatever()

        self.assert_in_time(await beside_a_call(fuzz))

    async def test_whatever_a_page_of_the_dashboard_sends_closes_nothing(self) -> None:
        user = await sync_to_async(User.objects.create_superuser)("dana")

        async def page(consumer: Any, query: bytes, messages: list[dict[str, Any]]) -> None:
            socket = WebsocketCommunicator(consumer.as_asgi(), "/")
            socket.scope |= {"user": user, "query_string": query, "client": ("127.0.0.1", 5)}
            socket.scope["url_route"] = {"kwargs": {"language": "he"}}
            await socket.connect()
            for message in messages:
                await socket.send_input({"type": "websocket.receive"} | message)
            await socket.send_input({"type": "websocket.disconnect", "code": 1000})
            await socket.wait(30)

        looks = st.builds(
            lambda name, value: {"text": json.dumps({name: value})},
            st.sampled_from(("look", "again")), VALUES,
        )  # fmt: skip
        queries = st.binary(max_size=60) | st.lists(WORDS, max_size=4).map(_query_of_profiles)

        def fuzz(run: Run) -> None:
            @examples(MANY // 2)
            @given(
                st.sampled_from((LiveConsumer, ProfilesConsumer)),
                queries,
                st.lists(looks | MESSAGES, max_size=6),
            )
            def whatever(consumer: Any, query: bytes, messages: list[dict[str, Any]]) -> None:
                run(page(consumer, query, messages))

            whatever()

        self.assert_in_time(await beside_a_call(fuzz))


def _query_of_profiles(values: list[str]) -> bytes:
    return "&".join(f"of={value}" for value in values).encode("utf-8", "surrogatepass")


class WebhookTest(FuzzTestCase):
    async def test_whatever_a_webhook_is_told_it_answers_twilio(self) -> None:
        twilio = Client()

        def post(name: str, body: bytes, content_type: str) -> None:
            answer = twilio.post(f"/twilio/{name}", body, content_type=content_type)
            self.assertIn(answer.status_code, (200, 204, 400))
            if answer.status_code == 200:
                ElementTree.fromstring(answer.content)

        names = st.sampled_from(("voice", "after", "forwarded", "status", "stream"))
        fields = st.dictionaries(st.sampled_from(FORM_FIELDS) | WORDS, KNOWN | WORDS, max_size=8)
        with_a_call = st.builds(lambda form: form | {"CallSid": "CA1"}, fields)
        forms = (fields | with_a_call).map(_encoded)
        kinds = st.sampled_from(("multipart/form-data; boundary=x", "application/json", "", "x"))
        form = "application/x-www-form-urlencoded"
        sent = st.tuples(forms, st.just(form)) | st.tuples(st.binary(max_size=200), kinds)

        def fuzz(run: Run) -> None:
            @examples(2 * MANY)
            @given(names, sent)
            def whatever(name: str, sent: tuple[bytes, str]) -> None:
                run(sync_to_async(post)(name, *sent))

            whatever()

        self.assert_in_time(await beside_a_call(fuzz))


def _encoded(form: dict[str, str]) -> bytes:
    return urlencode(form, errors="surrogatepass").encode()


class PageTest(FuzzTestCase):
    def setUp(self) -> None:
        admin = a_person("admin", "dana")
        self.signed_in = Client()
        self.signed_in.force_login(admin)
        PhoneNumber.objects.create(number="+97231234567", name="Desk")
        for number in range(1, 4):
            call = a_call(number)
            a_greeting(call)
            a_turn(call)

    def get(self, address: str, is_fragment: bool) -> None:
        asked = {"HX-Request": "true"} if is_fragment else {}
        response = self.signed_in.get(address, headers=asked)
        b"".join(response)  # an export is made while it is read
        self.assertLess(response.status_code, 500)

    async def test_whatever_a_page_is_asked_for_it_answers(self) -> None:
        patterns = [each for each in every_pattern() if "logout" not in f"{each.name}"]
        queries = st.dictionaries(
            st.sampled_from(QUERY_FIELDS), LIKELY | AWKWARD | ANY_TEXT, max_size=4
        )

        def fuzz(run: Run) -> None:
            @examples(2 * MANY)
            @given(st.sampled_from(patterns), KEYS, KEYS, queries, st.booleans())
            def whatever(
                pattern: URLPattern, pk: str, number: str, query: dict[str, str], is_fragment: bool
            ) -> None:
                asked = urlencode(query, errors="surrogatepass")[:60_000]
                path = _path(pattern, {"pk": pk, "number": number})
                run(sync_to_async(self.get)(f"{path}?{asked}", is_fragment))

            whatever()

        self.assert_in_time(await beside_a_call(fuzz))


def _path(pattern: URLPattern, keys: dict[str, str]) -> str:
    """Its address, with these in the place of its numbers, whether it takes them or not."""
    route = f"{pattern.pattern}"
    for name in pattern.pattern.converters:
        kind = {"kind": "csv", "format": "csv", "preset": "brisk"}.get(name)
        value = kind or keys.get(name, "1")
        start = route.index(f":{name}>")
        route = route[: route.rindex("<", 0, start)] + value + route[start + len(name) + 2 :]
    return f"/en/{quote(route)}"
