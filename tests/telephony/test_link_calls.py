"""Calls by a shared link: who opens the socket, how long they last, and links withdrawn."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

from asgiref.sync import sync_to_async
from django.core import signing
from django.core.cache import cache
from django.utils import timezone

from calls.models import Call
from calls.telephony.browser import messages
from calls.telephony.browser.carrier import MOST_SOCKETS, RANG, proof_of_ringing
from calls.telephony.browser.talk_link import SHORTEST_S, TalkLink
from calls.telephony.media_socket import REFUSED
from calls.voice import live, prompts
from tests.dashboard.operators import a_person
from tests.dashboard.talk.browser_call import signed_in
from tests.phone import conversation_of, services
from tests.telephony.link_call import LinkCall
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import TimingProfile
from tuning.turns.profile import Profile


class LinkCallTestCase(VirtualTimeTestCase):
    def setUp(self) -> None:
        cache.clear()
        TimingProfile.create_shipped()
        expires_at = timezone.now() + timedelta(days=7)
        self.link = TalkLink.objects.create(name="fair", expires_at=expires_at, most_call_s=60)

    async def withdraw(self) -> None:
        admin = await sync_to_async(a_person)("admin", "ada")
        client = await sync_to_async(signed_in)(admin)
        address = f"/en/talk/links/{self.link.pk}/withdraw/"
        self.assertEqual((await sync_to_async(client.post)(address)).status_code, 302)


class SocketTests(LinkCallTestCase):
    async def opens(self, **wishes: Any) -> bool:
        phone = LinkCall(self.link, **{each: wishes[each] for each in wishes.keys() & {"origin"}})
        if "rang" in wishes:
            phone.prove(wishes["rang"])
        is_open = await phone.connect()
        phone._following.cancel()
        if is_open:
            phone._reader.cancel()
            await phone._socket.disconnect()
        return is_open

    async def test_it_opens_from_our_own_page_with_the_proof_of_having_rung(self) -> None:
        rang = proof_of_ringing("browser-1")
        self.assertTrue(await self.opens(rang=rang))
        for origin in ("https://evil.example", "null", ""):
            with self.subTest(origin):
                self.assertFalse(await self.opens(rang=rang, origin=origin))
        for other in ("", "guessed", rang[:-1], signing.dumps("browser-1", salt="another")):
            with self.subTest(other[:20]):
                self.assertFalse(await self.opens(rang=other))
        self.assertFalse(await self.opens())

    async def test_a_proof_opens_only_so_many(self) -> None:
        rang = proof_of_ringing("browser-1")
        opened = [await self.opens(rang=rang) for _ in range(MOST_SOCKETS + 1)]
        self.assertEqual(opened, [True] * MOST_SOCKETS + [False])
        self.assertTrue(cache.get(f"{RANG}:/talk/media:browser-1:0"))

    async def test_a_token_begins_one_call_and_none_once_the_link_is_withdrawn(self) -> None:
        with services():
            async with LinkCall(self.link) as phone:
                await phone.until_quiet()
                await self.refused(phone.call_sid, phone.token)
            await phone.ended()
            await self.refused(phone.call_sid, phone.token)
            late = LinkCall(self.link)
            await late.ring()
            await self.withdraw()
            await self.refused(late.call_sid, late.token)
        ended = await Call.objects.aget(call_sid=late.call_sid)
        self.assertEqual((ended.started_at, ended.ended_at), (None, ANY))
        self.assertEqual(await sync_to_async(self.link.calls_made)(), 1)

    async def refused(self, call_sid: str, token: str) -> None:
        phone = LinkCall(self.link)
        phone.call_sid, phone.token = call_sid, token
        phone.prove(proof_of_ringing(call_sid))
        await phone.connect()
        with self.assertLogs("calls.telephony", "WARNING"):
            await phone.start()
            await phone._reader
        self.assertEqual(phone.close_code, REFUSED)
        phone._following.cancel()


class LimitTests(LinkCallTestCase):
    async def test_the_links_time_ends_the_call_in_a_sentence_and_the_journal_replays(self) -> None:
        with services():
            async with LinkCall(self.link) as phone:
                await phone.until_quiet()
                await phone.until(lambda: phone.close_code is not None, limit_s=90)
            call = await phone.ended()
            turns = await phone.turns()
        self.assertEqual((call.ended_why, call.via, call.replays), ("time up", "link", True))
        self.assertGreaterEqual(phone.clock_ms, 60_000)
        self.assertLess(phone.clock_ms, 70_000)
        self.assertEqual(turns[-1].answered, prompts.text("time_up"))
        self.assertTrue(phone.events("hang up"))

    async def test_what_is_published_meanwhile_gives_it_no_more(self) -> None:
        profile = await TimingProfile.objects.aget(is_default=True)
        with services():
            async with LinkCall(self.link) as phone:
                await phone.until_quiet()
                core = conversation_of(phone.call_sid).turns
                for longest_s, given_s in ((1200, 60), (30, 30)):
                    knobs = Profile(max_call_s=longest_s)
                    await sync_to_async(profile.publish)(knobs, by=None, note="for a test")
                    newest = await sync_to_async(lambda: profile.newest.pk)()
                    await phone.until(lambda newest=newest: core.revision == newest)
                    self.assertEqual(core.profile.max_call_s, given_s)

    async def test_a_link_that_is_withdrawn_ends_its_calls_politely(self) -> None:
        with services():
            async with LinkCall(self.link) as phone:
                await phone.until_quiet()
                core = conversation_of(phone.call_sid).turns
                await phone.until(lambda: phone.clock_ms > 1000 * SHORTEST_S + 2000, limit_s=60)
                self.assertEqual(core.profile.max_call_s, 60)
                await self.withdraw()
                at_ms = phone.clock_ms
                await phone.until(lambda: phone.close_code is not None, limit_s=30)
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual((call.ended_why, call.longest_s), ("time up", SHORTEST_S))
        self.assertEqual(turns[-1].answered, prompts.text("time_up"))
        self.assertLess(phone.clock_ms - at_ms, 8000)

    async def test_one_that_begins_while_the_link_is_withdrawn_hears_of_it(self) -> None:
        phone = LinkCall(self.link)
        await phone.ring()
        call = await sync_to_async(Call.begin)(phone.call_sid, "stream", phone.token)
        assert call
        await sync_to_async(self.link.withdraw)()  # its news comes too early

        async def send(text: str) -> None: ...
        async def listen(live_call: live.LiveCall) -> None:
            while not live_call.conversation:
                await asyncio.sleep(0.1)
            profile = live_call.conversation.turns.profile
            self.assertEqual(profile.max_call_s, SHORTEST_S)
            live_call.end("caller hung up")

        with services():
            why = await live.LiveCall(call, messages.Line(), send).run(listen)
        self.assertEqual(why, "caller hung up")
