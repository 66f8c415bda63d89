"""Personal data on the pages, in searches, in files and in what sockets send: whole for who may see
it, hidden for everybody else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.template import Context, Template
from django.test import AsyncClient, RequestFactory, TestCase, TransactionTestCase
from django.urls import reverse
from django.utils import timezone

from calls.models import Call, ToolUse
from calls.records import recording
from dashboard.live.close_codes import NOT_ALLOWED
from dashboard.live.listening import ListenConsumer
from dashboard.live.sockets import LiveConsumer
from dashboard.models import AuditEvent
from dashboard.people.personal import may_see_personal
from tests.dashboard.call_rows import a_call, a_turn, an_agreed
from tests.dashboard.operators import a_person
from tests.voice.test_live_sockets import snapshot
from tuning.models import TimingProfile

SAID = "המספר שלי הוא אפס חמש ארבע שבע שבע שמונה אחת שתיים אפס שלוש"
HIDDEN = "המספר שלי הוא [מספר טלפון]"
ANSWERED = "רשמתי 054-7781203, נחזור בשעה 10:30"
CALLER = "+972501234567"
SECRETS = ("אפס חמש ארבע", "7781203", "0547781203", "031847254", "דנה לוי", CALLER)


def a_call_with_secrets(**fields: Any) -> Call:
    message = {"name": "דנה לוי", "number": "0547781203", "reason": "תעודת זהות 031847254"}
    hold = {"who": "dana", "from_ms": 0, "until_ms": 900, "ended": "handed back"}
    call = a_call(
        caller=CALLER,
        messages=[message],
        was_held=True,
        holds=[hold | {"note": "לחזור אל 0547781203"}],
        **fields,
    )
    a_turn(call, said=SAID, answered=ANSWERED)
    an_agreed(
        call, summary="לחזור אל 0547781203", follow_ups=["להתקשר 054-7781203"],
        values={"name": "דנה לוי", "phone": "0547781203", "reason": "תעודת זהות 031847254"},
        failure="no answer to 0547781203", dropped={"0547781203": "field"},
    )  # fmt: skip
    ToolUse.objects.create(
        call=call, name="book", turn=1, key="1", given={"name": "דנה לוי", "by": CALLER},
        outcome="unfit", why="there is no 0547781203", began_at=timezone.now(),
    )  # fmt: skip
    return call


class TagTests(TestCase):
    def shown(self, **context: Any) -> str:
        page = Template(
            "{% load personal %}{% personal said %}|{% personal_number number %}|"
            "{% personal_name name %}|{% sees_personal %}"
        )
        given = {"said": "054-7781203 <b>", "number": "0547781203", "name": "דנה"}
        return page.render(Context(given | context))

    def test_where_nobody_is_known_to_look_all_is_hidden(self) -> None:
        hidden = '[מספר טלפון] &lt;b&gt;|<bdi dir="ltr">054•••••03</bdi>|•••|False'
        self.assertEqual(self.shown(), hidden)
        self.assertEqual(self.shown(sees_personal=False), hidden)
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        self.assertEqual(self.shown(request=request), hidden)

    def test_who_may_see_it_sees_it_escaped(self) -> None:
        whole = '054-7781203 &lt;b&gt;|<bdi dir="ltr">0547781203</bdi>|דנה|True'
        request = RequestFactory().get("/")
        request.user = a_person("operator")
        self.assertEqual(self.shown(request=request), whole)
        self.assertEqual(self.shown(sees_personal=True), whole)

    def test_a_role_has_it_or_not(self) -> None:
        may = {role: may_see_personal(a_person(role, role or "none")) for role in ("", "viewer")}
        may |= {role: may_see_personal(a_person(role, role)) for role in ("operator", "admin")}
        self.assertEqual(may, {"": False, "viewer": False, "operator": True, "admin": True})


class PageTests(TestCase):
    def setUp(self) -> None:
        self.call = a_call_with_secrets()

    def page(self, role: str, address: str) -> str:
        person = User.objects.filter(username=role).first() or a_person(role, role)
        self.client.force_login(person)
        return self.client.get(f"/en/{address}", headers={"HX-Request": "true"}).content.decode()

    def test_a_viewer_finds_none_of_it_on_any_page_of_the_call(self) -> None:
        pk = self.call.pk
        for address in (
            "", "live/", f"live/{pk}/", "calls/", f"calls/{pk}/", f"calls/{pk}/?turn=1",
            f"calls/{pk}/turns/1/", f"calls/{pk}/turns/1/?text=המספר", "calls/?text=המספר",
            f"calls/{pk}/agreed/",
        ):  # fmt: skip
            page = self.page("viewer", address)
            with self.subTest(address):
                self.assertGreater(len(page), 500)
                for secret in SECRETS:
                    self.assertNotIn(secret, page)

    def test_a_viewer_reads_the_rest_and_why_something_is_hidden(self) -> None:
        page = self.page("viewer", f"calls/{self.call.pk}/")
        self.assertIn(HIDDEN, page)
        self.assertIn("רשמתי [מספר טלפון], נחזור בשעה 10:30", page)
        self.assertIn("054•••••03", page)
        self.assertIn('<bdi dir="ltr">by</bdi>: <span class="muted">•••</span>', page)
        self.assertIn("your role does not see personal data", page)

    def test_an_operator_reads_all_of_it(self) -> None:
        page = self.page("operator", f"calls/{self.call.pk}/")
        for whole in (SAID, ANSWERED, "0547781203", "031847254", "דנה לוי", CALLER):
            self.assertIn(whole, page)
        self.assertNotIn("does not see personal data", page)

    def test_a_search_finds_for_a_viewer_only_what_they_are_shown(self) -> None:
        for text, is_found in (("7781203", False), ("שבע שבע", False), ("המספר שלי", True)):
            with self.subTest(text):
                for role, finds in (("viewer", is_found), ("operator", True)):
                    page = self.page(role, f"calls/?text={text}")
                    self.assertEqual(f"/en/calls/{self.call.pk}/" in page, finds)

    def test_a_recording_says_numbers_aloud(self) -> None:
        recording.write(recording.path_of(self.call), 0, b"\xff" * 1600)
        self.addCleanup(recording.forget, self.call)
        person = a_person("viewer", "listener")
        person.user_permissions.add(Permission.objects.get(codename="play_call"))
        self.client.force_login(person)
        for path in ("recording.wav", "peaks.json"):
            self.assertEqual(self.client.get(f"/en/calls/{self.call.pk}/{path}").status_code, 403)
        page = self.client.get(f"/en/calls/{self.call.pk}/").content.decode()
        self.assertIn("requires permission to see personal data", page)

    def test_the_live_page_says_why_nobody_listens(self) -> None:
        call = a_call(5, ended_at=None, ended_why="")
        person = a_person("viewer", "listener")
        person.user_permissions.add(Permission.objects.get(codename="listen_call"))
        self.client.force_login(person)
        page = self.client.get(f"/en/live/{call.pk}/").content.decode()
        self.assertIn("Listening in requires permission to see personal data", page)
        self.assertNotIn('id="listen"', page)

    def test_the_lab_shows_it_as_the_call_does(self) -> None:
        person = a_person("viewer", "trier")
        person.user_permissions.add(Permission.objects.get(codename="replay_call"))
        self.client.force_login(person)
        page = self.client.get(f"/en/calls/{self.call.pk}/tried/?candidate=preset brisk")
        self.assertNotContains(page, "7781203")

    def test_djangos_admin_has_no_words(self) -> None:
        self.client.force_login(User.objects.create_superuser("root", password="a long one"))
        for model, pk in (("call", self.call.pk), ("turn", self.call.turns.get().pk)):
            address = reverse(f"admin:calls_{model}_change", args=[pk])
            page = self.client.get(address).content.decode()
            with self.subTest(model):
                self.assertIn('id="content"', page)
                for secret in SECRETS:
                    self.assertNotIn(secret, page)


class FileTests(TransactionTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        a_call_with_secrets()

    async def export(self, person: User, kind: str, query: str = "") -> tuple[int, str]:
        client = AsyncClient()
        await client.aforce_login(person)
        response: Any = await client.get(f"/en/calls/export/{kind}/?{query}")
        if not response.streaming:
            return response.status_code, response.content.decode()
        parts = [part async for part in response.streaming_content]
        return response.status_code, b"".join(parts).decode()

    async def test_a_file_has_it_only_if_asked_for_and_the_audit_says_so(self) -> None:
        person = await database_sync_to_async(a_person)("operator")
        for kind in ("csv", "json"):
            _status, text = await self.export(person, kind)
            for secret in SECRETS:
                self.assertNotIn(secret, text)
            _status, text = await self.export(person, kind, "personal=on")
            self.assertIn(CALLER, text)
        (told,) = json.loads(text)
        self.assertEqual((told["turns"][0]["said"], told["turns"][0]["answered"]), (SAID, ANSWERED))
        self.assertEqual(told["holds"][0]["note"], "לחזור אל 0547781203")
        found = AuditEvent.objects.order_by("pk").values_list("detail", flat=True)
        self.assertEqual(
            [detail async for detail in found], [{}, {"personal": True}, {}, {"personal": True}]
        )

    async def test_who_may_export_but_not_see_it_gets_it_hidden_or_nothing(self) -> None:
        person = await database_sync_to_async(a_person)("viewer")
        may_export = await Permission.objects.aget(codename="export_call")
        await person.user_permissions.aadd(may_export)
        _status, text = await self.export(person, "json")
        self.assertEqual(json.loads(text)[0]["turns"][0]["said"], HIDDEN)
        status, _text = await self.export(person, "json", "personal=on")
        self.assertEqual(status, 403)
        self.assertEqual(await AuditEvent.objects.acount(), 1)


class SocketTests(TransactionTestCase):
    async def connect(self, role: str, consumer: Any = LiveConsumer) -> WebsocketCommunicator:
        socket = WebsocketCommunicator(consumer.as_asgi(), "/")
        socket.scope["user"] = await database_sync_to_async(a_person)(role, role)
        socket.scope["url_route"] = {"kwargs": {"language": "en", "pk": 1}}
        await socket.connect()
        return socket

    async def rows(self, role: str) -> tuple[str, dict[str, Any]]:
        """A row of a call in progress, and its details."""
        socket = await self.connect(role)
        await socket.receive_from()
        last = {"number": 1, "said": SAID, "answered": ANSWERED, "why": "long silence"}
        await get_channel_layer().group_send(
            "live", {"type": "live.call", "call": snapshot(1, last=last | {"person": ""})}
        )
        row = await socket.receive_from()
        await socket.send_json_to({"look": 1})
        await asyncio.sleep(0.1)
        details = {"type": "call.details", "partial": "אפס חמש", "levels": [0, 0], "echo": 0}
        await get_channel_layer().group_send("details.1", details)
        while not (told := await socket.receive_from()).startswith("{"):
            pass
        await socket.disconnect()
        return row, json.loads(told)

    async def test_a_viewers_page_is_sent_none_of_it_even_while_it_is_said(self) -> None:
        row, details = await self.rows("viewer")
        self.assertIn(HIDDEN, row)
        self.assertNotIn("7781203", row)
        self.assertEqual(details["partial"], "[מספר]")

    async def test_an_operators_page_is_sent_all(self) -> None:
        row, details = await self.rows("operator")
        self.assertIn(SAID, row)
        self.assertEqual(details["partial"], "אפס חמש")

    async def test_who_may_not_see_it_may_not_listen_in(self) -> None:
        person = await database_sync_to_async(a_person)("viewer", "listener")
        await person.user_permissions.aadd(await Permission.objects.aget(codename="listen_call"))
        socket = WebsocketCommunicator(ListenConsumer.as_asgi(), "/")
        socket.scope["user"] = person
        socket.scope["url_route"] = {"kwargs": {"language": "en", "pk": 1}}
        await socket.connect()
        self.assertEqual((await socket.receive_output())["code"], NOT_ALLOWED)
        self.assertFalse(await AuditEvent.objects.aexists())
