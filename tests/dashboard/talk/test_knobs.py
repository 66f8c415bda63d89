"""Knobs that are tried in a call from the browser: they decide from the next frame on, in that call
alone, and whoever talks may keep them in a draft."""

from __future__ import annotations

import json
from typing import Any

from asgiref.sync import sync_to_async

from calls.models import Call, Turn
from dashboard.calls.export import as_json
from tests.dashboard.operators import a_person
from tests.dashboard.talk.browser_call import BrowserCall, signed_in
from tests.phone import conversation_of, services
from tests.virtual_time import VirtualTimeTestCase
from tuning.models import Draft, TimingProfile
from tuning.turns.profile import Profile

SLOW = Profile(end_silence_short_ms=1000, end_silence_long_ms=3000)


class KnobsTestCase(VirtualTimeTestCase):
    def setUp(self) -> None:
        TimingProfile.create_shipped()
        self.person = a_person("operator")
        self.profile = TimingProfile.objects.get(is_default=True)
        self.slow = self.profile.publish(SLOW, by=None, note="for a test")

    async def publish(self, knobs: Profile) -> None:
        await sync_to_async(self.profile.publish)(knobs, by=None, note="for a test")

    async def turn(self, phone: BrowserCall) -> None:
        """The caller speaks shortly, and hears the answer to its end."""
        core = conversation_of(phone.call_sid).turns
        number = core.turn
        await phone.say("MMMMM")
        await phone.until(lambda: core.turn > number)
        await phone.until_quiet()

    def silence_ms(self, turn: Turn) -> int:
        return int(turn.wait_parts["silence"])


class TriedKnobsTests(KnobsTestCase):
    async def test_a_slider_in_mid_call_changes_the_next_decision_and_the_journal_replays(
        self,
    ) -> None:
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                await self.turn(phone)
                answer = await phone.tries(end_silence_short_ms=350, min_utterance_ms=400)
                self.assertEqual(
                    answer.json()["tried"],
                    {"end_silence_short_ms": 350, "min_utterance_ms": 400},
                )
                await self.turn(phone)
                await phone.tries()
                await self.turn(phone)
            call, turns = await phone.ended(), await phone.turns()
        tried = {"end_silence_short_ms": 350, "min_utterance_ms": 400}
        self.assertEqual([self.silence_ms(turn) for turn in turns[1:]], [1000, 350, 1000])
        self.assertEqual([turn.tried_knobs for turn in turns], [None, None, tried, None])
        of = self.slow.pk
        self.assertEqual([turn.revision_id for turn in turns], [of, of, None, of])
        self.assertEqual((call.revision_id, call.replays), (of, True))
        journal = await sync_to_async(lambda: [json.loads(line) for line in call.journal()])()
        retuned = [line for line in journal if line["kind"] == "Retuned"]
        self.assertEqual([line.get("tried") for line in retuned], [tried, None])

    async def test_a_silence_that_goes_on_is_judged_anew_at_the_next_frame(self) -> None:
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                phone.speed = 1  # the words come while the silence is still too short
                core = conversation_of(phone.call_sid).turns
                await phone.say("MMMMM______")
                self.assertEqual((core.turn, core.asked_ms > 1000), (0, True))
                await phone.tries(end_silence_short_ms=350)
                await phone.say("_")
                self.assertEqual((core.turn, core.profile.end_silence_short_ms), (1, 350))

    async def test_a_publication_does_not_undo_what_is_tried_until_it_is_taken_back(self) -> None:
        """It is told at once, and found again with every write of the record."""
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                await phone.tries(end_silence_short_ms=350)
                await self.turn(phone)
                await self.publish(Profile(end_silence_short_ms=700))
                await self.turn(phone)
                core = conversation_of(phone.call_sid).turns
                self.assertEqual(core.profile.end_silence_short_ms, 350)
                await phone.tries()
                await phone.until(lambda: core.profile.end_silence_short_ms == 700)
            turns = await phone.turns()
        self.assertEqual([self.silence_ms(turn) for turn in turns[1:]], [350, 350])

    async def test_nobody_elses_call_can_be_retuned(self) -> None:
        other = await sync_to_async(a_person)("operator", "omer")
        viewer = await sync_to_async(a_person)("viewer", "victor")
        with services():
            async with BrowserCall(self.person) as phone, BrowserCall(other) as others:
                await phone.until_quiet()
                for client, status in (
                    (others.client, 404),
                    (await sync_to_async(signed_in)(viewer), 403),
                ):
                    answer = await phone.tries(client, end_silence_short_ms=350)
                    self.assertEqual(answer.status_code, status)
                for proof in ("", "guessed", others.proof):
                    own, phone.proof = phone.proof, proof
                    answer = await phone.tries(end_silence_short_ms=350)
                    phone.proof = own
                    self.assertEqual(answer.status_code, 404, proof)
                await phone.tries(end_silence_short_ms=400)
                self.assertEqual(conversation_of(others.call_sid).turns.profile, SLOW)
                self.assertEqual(
                    conversation_of(phone.call_sid).turns.tried, {"end_silence_short_ms": 400}
                )
        revisions = await sync_to_async(self.profile.revisions.count)()
        self.assertEqual(revisions, 2)

    async def test_what_no_call_may_run_on_is_refused_in_words(self) -> None:
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                for knobs, said in (
                    ({"end_silence_short_ms": 90_000}, "Silence after a short utterance: 90000"),
                    ({"end_silence_short_ms": "-5"}, "Not a whole number: -5"),
                    ({"end_silence_short_ms": "٣"}, "Not a whole number: ٣"),
                    ({"end_silence_short_ms": "1" * 5000}, "Not a whole number: 1"),
                    ({"vad": "silero"}, "Only the three questions can be tried here, not: vad"),
                ):
                    answer = await phone.tries(**knobs)
                    with self.subTest(said):
                        self.assertEqual(answer.status_code, 422)
                        self.assertIn(said, answer.json()["words"])
                self.assertEqual(conversation_of(phone.call_sid).turns.profile, SLOW)
            await phone.ended()
            over = await phone.tries(end_silence_short_ms=350)
        self.assertEqual(over.json()["words"], "The call is over.")

    async def test_what_is_risky_is_said_and_tried(self) -> None:
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                risky = (await phone.tries(barge_in_ms=80)).json()
                self.assertIn("Voice that stops the reply", risky["warned"])
                self.assertIn('<bdi dir="ltr">200</bdi>', risky["warned"])
                self.assertEqual(risky["tried"], {"barge_in_ms": 80})
                await phone.until(
                    lambda: conversation_of(phone.call_sid).turns.profile.barge_in_ms == 80
                )
                calm = (await phone.tries()).json()
                self.assertNotIn("Voice that stops the reply", calm["warned"])
            await phone.ended()


class DraftTests(KnobsTestCase):
    async def rung(self) -> BrowserCall:
        phone = BrowserCall(self.person)
        await phone.ring()
        return phone

    async def draft(self) -> dict[str, Any]:
        draft = await Draft.objects.aget(user=self.person, profile=self.profile)
        return dict(draft.knobs)

    async def test_what_feels_right_goes_into_the_draft_beside_what_is_there(self) -> None:
        await sync_to_async(Draft.keep)(
            self.profile, self.person, {"no_input_ms": 7000}, based_on=2, version=""
        )
        phone = await self.rung()
        answer = await phone.asks("draft", end_silence_short_ms=400, min_utterance_ms=600)
        self.assertEqual(answer.json()["draft"], f"/en/profiles/{self.profile.pk}/")
        self.assertEqual(answer.json()["put"], [["Silence after a short utterance", "400 ms"]])
        self.assertEqual(await self.draft(), {"no_input_ms": 7000, "end_silence_short_ms": 400})
        await phone.asks("draft", end_silence_short_ms=350)
        self.assertEqual(await self.draft(), {"no_input_ms": 7000, "end_silence_short_ms": 350})
        self.assertEqual(await sync_to_async(lambda: self.profile.newest.values)(), SLOW)

    async def test_it_is_refused_in_words_and_to_whoever_may_keep_none(self) -> None:
        phone = await self.rung()
        refused = await phone.asks("draft", end_silence_short_ms=90_000)
        self.assertEqual(refused.status_code, 422)
        nothing = await phone.asks("draft", min_utterance_ms=600)
        self.assertIn("nothing of it is in your draft", nothing.json()["words"])
        other = await sync_to_async(a_person)("operator", "omer")
        others = await phone.asks("draft", await sync_to_async(signed_in)(other))
        self.assertEqual(others.status_code, 404)
        self.assertFalse(await Draft.objects.aexists())


class PageTests(KnobsTestCase):
    async def test_the_sliders_stand_where_the_calls_profile_does(self) -> None:
        phone = BrowserCall(self.person)
        await phone.ring()
        for language, words in (("en", "this call only"), ("he", "בשיחה הזאת בלבד")):
            address = f"/{language}/talk/knobs/"
            answer = await sync_to_async(phone.client.get)(address, {"proof": phone.proof})
            page = answer.content.decode()
            self.assertEqual(page.count('type="range"'), 3)
            self.assertIn(words, page)
            self.assertIn('id="knobs-draft"', page)
        guessed = await sync_to_async(phone.client.get)(address, {"proof": "guessed"})
        self.assertEqual(guessed.status_code, 404)

    async def test_a_turn_says_what_was_tried_instead_of_a_revision(self) -> None:
        with services():
            async with BrowserCall(self.person) as phone:
                await phone.until_quiet()
                await phone.tries(end_silence_short_ms=350)
                await self.turn(phone)
            call = await phone.ended()
        page = await self.shown(phone, f"/en/calls/{call.pk}/?turn=1")
        self.assertIn("Tried in this call, and in no revision:", page)
        self.assertIn("Silence after a short utterance", page)
        self.assertIn(">tried</text>", page, "on the call's axis")
        self.assertNotIn("in no revision", await self.shown(phone, f"/en/calls/{call.pk}/?turn=0"))
        told = "".join([part async for part in as_json(Call.objects.all())])
        tried = [turn["tried_knobs"] for turn in json.loads(told)[0]["turns"]]
        self.assertEqual(tried, [None, {"end_silence_short_ms": 350}])
        self.assertFalse(await Call.objects.filter(Call.REAL).aexists())

    async def shown(self, phone: BrowserCall, address: str) -> str:
        answer = await sync_to_async(phone.client.get)(address)
        return str(answer.content.decode())
