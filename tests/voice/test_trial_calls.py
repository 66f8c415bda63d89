"""Calls on the sides of a trial, through the real socket: begun, reconnected and retuned."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async

from calls.models import Call
from calls.telephony.carrier import Started
from calls.telephony.twilio.carrier import TWILIO
from calls.voice.live import LiveCall
from tests.phone import PhoneCall, conversation_of, services
from tests.tuning.trial_rows import a_trial
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import Revision, TimingProfile, Trial
from tuning.turns.profile import Profile

QUICKER = Profile(end_silence_short_ms=200, end_silence_long_ms=400)
LATER = Profile(end_silence_short_ms=900, end_silence_long_ms=1500)


async def start(**changed: Any) -> Trial:
    return await sync_to_async(a_trial)(QUICKER, **changed)


def on_side(trial: Trial, *, candidate: bool) -> str:
    """The id of a call that falls on this side."""
    ids = (f"CA{number}" for number in range(100))
    return next(each for each in ids if trial.gives_candidate(each) == candidate)


async def publish(knobs: Profile, **more: Any) -> Revision:
    profile = await TimingProfile.objects.aget(is_default=True)
    return await sync_to_async(profile.publish)(knobs, by=None, note="for a test", **more)


async def newest() -> Revision:
    profile = await TimingProfile.objects.aget(is_default=True)
    return await sync_to_async(lambda: profile.newest)()


async def send_nothing(text: str) -> None:
    """Nobody is at the other end."""


class TrialCallTests(VirtualTimeTestCase):
    async def test_a_call_on_the_candidates_side_decides_by_the_candidate_to_its_end(self) -> None:
        """Its record is written once a turn, and reads the newest published revision then."""
        trial = await start()
        sid = on_side(trial, candidate=True)
        with services():
            async with PhoneCall(sid) as phone:
                await phone.until_quiet()
                for _turn in range(2):
                    await phone.say("MMMMM_______")
                    await phone.until(lambda: conversation_of(sid).replies.current is None)
                    await phone.until_quiet()
                profile = conversation_of(sid).turns.profile
            call, turns = await phone.ended(), await phone.turns()
        self.assertEqual(profile, QUICKER)
        self.assertEqual({turn.revision_id for turn in turns}, {trial.candidate_id})
        self.assertEqual((call.trial_id, call.runs_candidate), (trial.pk, True))
        self.assertEqual((call.revision_id, call.replays), (trial.candidate_id, True))

    async def test_a_call_on_the_live_side_decides_by_what_is_published(self) -> None:
        trial = await start()
        sid = on_side(trial, candidate=False)
        with services():
            async with PhoneCall(sid) as phone:
                await phone.until_quiet()
                revision = conversation_of(sid).turns.revision
            call = await phone.ended()
        self.assertEqual((revision, call.revision_id), ((await newest()).pk, trial.live_id))
        self.assertIs(call.runs_candidate, False)

    async def test_a_reconnect_stays_on_its_side(self) -> None:
        trial = await start()
        for candidate in (True, False):
            sid = on_side(trial, candidate=candidate)
            with services():
                async with PhoneCall(sid) as first:
                    await first.until_quiet()
                    async with PhoneCall(sid) as second:
                        await second.until(lambda: first.close_code is not None)
                        await second.until_quiet()
                        revision = conversation_of(sid).turns.revision
            self.assertEqual(revision == trial.candidate_id, candidate)
            call = await Call.objects.aget(call_sid=sid)
            self.assertEqual(call.runs_candidate, candidate)

    async def test_news_of_an_older_revision_before_it_begins_does_not_take_it_off_its_side(
        self,
    ) -> None:
        """The recorder's first write may come before the conversation, and finds what is live."""
        trial = await start()
        sid = on_side(trial, candidate=True)
        ringing = await sync_to_async(Call.ring)(sid, "+972501234567", "+97233333333")
        call = await sync_to_async(Call.begin)(sid, "MZ1", ringing.token)
        assert call
        started = Started(sid, "MZ1", ringing.token)
        live_call = LiveCall(call, TWILIO.stream(started), send_nothing)
        live = await newest()
        live_call.take_news(
            {
                "type": "profile.changed", "profile": live.profile_id,
                "revision": live.pk, "number": live.number, "knobs": live.knobs,
            }
        )  # fmt: skip
        found: list[int] = []

        async def listen(one: LiveCall) -> None:
            assert one.conversation
            found.append(one.conversation.turns.revision)
            one.end("caller hung up")

        with services():
            await live_call.run(listen)
            await live_call.recorded(5.0)
        self.assertEqual(found, [trial.candidate_id])

    async def test_a_publication_ends_the_trial_and_reaches_its_calls(self) -> None:
        trial = await start()
        sid = on_side(trial, candidate=True)
        with services():
            async with PhoneCall(sid) as phone:
                await phone.until_quiet()
                published = await publish(LATER, ends_trial=trial.number)
                await phone.say("_")
                conversation = conversation_of(sid)
                await phone.until(lambda: conversation.turns.revision == published.pk)
        await trial.arefresh_from_db()
        self.assertEqual(trial.state, Trial.State.PUBLICATION)

    async def test_a_call_in_progress_outlives_the_trial_and_a_new_one_is_on_the_live_side(
        self,
    ) -> None:
        trial = await start()
        sid = on_side(trial, candidate=True)
        with services():
            async with PhoneCall(sid) as phone:
                await phone.until_quiet()
                await sync_to_async(trial.end)(Trial.State.GUARD, over="cut-ins")
                await phone.say("MMMMM_______")
                await phone.until(lambda: conversation_of(sid).replies.current is None)
                self.assertEqual(conversation_of(sid).turns.revision, trial.candidate_id)
            async with PhoneCall(f"{sid}0") as phone:
                await phone.until_quiet()
                self.assertEqual(conversation_of(f"{sid}0").turns.revision, trial.live_id)
            call = await phone.ended()
        self.assertIsNone(call.trial_id)
