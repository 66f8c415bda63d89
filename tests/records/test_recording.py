"""A recorded call: both sides where they were heard, in a file that plays, for those who may."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.test import SimpleTestCase, TestCase, override_settings

from calls.audio import riff
from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE
from calls.models import Call
from calls.privacy.keeping import Days
from calls.records import recording, retention, unwritten
from calls.records.recording import Recording
from calls.telephony.phone_number import PhoneNumber
from dashboard.calls.recording_views import OPEN_PART_BYTES
from tests.dashboard.call_rows import a_call
from tests.dashboard.operators import a_person
from tests.fakes import TONE, FakeSpeaker, FakeTranscriber, FakeWriter, tuned
from tests.phone import PhoneCall, services
from tests.virtual_time import VirtualTimeTestCase


def lanes(path: Path) -> tuple[bytes, bytes]:
    """Caller and agent, from the file as it is."""
    content = path.read_bytes()
    sound = riff.read(content)
    assert (sound.kind, sound.channels, sound.rate) == (riff.MULAW, 2, 8000)
    # Whole, and as long as its header says: other readers believe it.
    assert int.from_bytes(content[42:46], "little") == len(sound.data) == len(content) - 46
    stereo = np.frombuffer(sound.data, np.uint8)
    return stereo[0::2].tobytes(), stereo[1::2].tobytes()


def loud_ms(lane: bytes) -> list[int]:
    """The 20 ms in which there is sound."""
    step = 20 * BYTES_PER_MS
    return [
        at // BYTES_PER_MS for at in range(0, len(lane), step) if TONE[:2] in lane[at : at + step]
    ]


class LaneTests(SimpleTestCase):
    def test_what_is_taken_stands_on_the_callers_clock(self) -> None:
        kept = Recording()
        kept.hear(20, b"a" * 160)
        kept.hear(60, b"c" * 160)  # a frame was lost in between
        kept.speak(40, b"x" * 320)
        begins, stereo = kept.take(60)
        self.assertEqual((begins, len(stereo)), (0, 960))
        self.assertEqual(stereo[0::2], b"a" * 160 + SILENCE_BYTE * 160 + b"c" * 160)
        self.assertEqual(stereo[1::2], SILENCE_BYTE * 320 + b"x" * 160)
        begins, stereo = kept.take(80)
        self.assertEqual((begins, stereo[1::2]), (960, b"x" * 160))

    def test_what_is_cleared_was_never_heard(self) -> None:
        kept = Recording()
        kept.speak(0, b"x" * 1600)
        kept.fall_silent(100)
        kept.speak(150, b"y" * 80)
        _begins, stereo = kept.take(200)
        expected = b"x" * 800 + SILENCE_BYTE * 400 + b"y" * 80 + SILENCE_BYTE * 320
        self.assertEqual(stereo[1::2], expected)

    def test_audio_that_comes_too_late_for_the_file_is_cut(self) -> None:
        kept = Recording()
        kept.take(100)
        kept.speak(90, b"x" * 160)
        self.assertEqual(kept.take(120)[1][1::2], b"x" * 80 + SILENCE_BYTE * 80)


class FileTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "1.wav"

    def test_what_a_full_disk_refused_is_silence(self) -> None:
        recording.write(self.path, 0, TONE)
        recording.write(self.path, 3 * len(TONE), TONE)
        with self.path.open("rb") as file:
            file.seek(46)
            gap = SILENCE_BYTE * 2 * len(TONE)
            self.assertEqual(file.read(), TONE + gap + TONE)
        lanes(self.path)  # its header says so too

    def test_half_a_pair_of_samples_does_not_swap_the_lanes(self) -> None:
        self.assertEqual(recording.length_of(self.path), 0)
        recording.write(self.path, 0, TONE + b"x")
        self.assertEqual(recording.length_of(self.path), len(TONE))


class RecordedCallTests(VirtualTimeTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.var = Path(folder.name)
        # The number that PhoneCall dials.
        PhoneNumber.objects.create(number="+97233333333", name="מרפאה", records=True)

    @asynccontextmanager
    async def a_call(self) -> AsyncIterator[PhoneCall]:
        served = services(
            transcriber=tuned(FakeTranscriber, delay_s=0.0),
            writer=tuned(FakeWriter, greeting="שלום", answer=("תשובה ארוכה מאוד ועוד. " * 4,)),
            speaker=tuned(FakeSpeaker, first_byte_s=0.0),
        )
        with served, override_settings(VAR_DIR=self.var):
            async with PhoneCall(speed=1) as phone:
                yield phone
            await phone.ended()

    async def test_both_sides_stand_where_they_were_heard(self) -> None:
        async with self.a_call() as phone:
            await phone.until_quiet()
            spoke_from_ms = phone.clock_ms
            await phone.say("MMMMM__________")
        call = await Call.objects.aget()
        path = (
            self.var / "recordings" / f"{call.rang_at:%Y}" / f"{call.rang_at:%m}" / f"{call.pk}.wav"
        )
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        caller, agent = lanes(path)
        self.assertEqual(loud_ms(caller), list(range(spoke_from_ms, spoke_from_ms + 500, 20)))
        (turn,) = [turn for turn in await phone.turns() if turn.number == 1]
        assert turn.first_audio_ms
        answered = [ms for ms in loud_ms(agent) if ms > spoke_from_ms]
        self.assertAlmostEqual(answered[0], turn.first_audio_ms, delta=80)
        with override_settings(VAR_DIR=self.var):
            peaks = json.loads(recording.peaks_of(call).read_text())
        self.assertEqual(peaks["lanes"][0][spoke_from_ms // 50 + 2], max(peaks["lanes"][0]))

    async def test_a_barge_in_takes_away_what_was_not_heard(self) -> None:
        async with self.a_call() as phone:
            await phone.until_quiet()
            await phone.say("MMMMM__________")
            await phone.until(lambda: phone.events("clear"), "M")
            cleared_ms = phone.clock_ms
            await phone.say("MM")
        call = await Call.objects.aget()
        with override_settings(VAR_DIR=self.var):
            _caller, agent = lanes(recording.path_of(call))
        self.assertLess(max(loud_ms(agent)), cleared_ms + 60)

    async def test_a_stream_that_takes_over_goes_on_after_the_first(self) -> None:
        async with self.a_call() as first:
            await first.until_quiet()
            await first.say("MM_")
            async with PhoneCall(speed=1) as second:
                await second.until_quiet()
                await second.say("MMM_")
        call = await Call.objects.aget()
        with override_settings(VAR_DIR=self.var):
            caller, _agent = lanes(recording.path_of(call))
        self.assertEqual(len(loud_ms(caller)), 25)  # 20 ms each
        self.assertGreaterEqual(len(caller) // BYTES_PER_MS, second.clock_ms + 300)

    async def test_a_folder_that_cannot_be_written_costs_only_the_recording(self) -> None:
        (self.var / "recordings").write_text("a file is in its place")
        with self.assertLogs("calls.records.recorder", "ERROR") as logged:
            async with self.a_call() as phone:
                await phone.until_quiet()
                await phone.say("MMMMM__________")
                self.assertIn("its recording", unwritten.reasons[phone.call_sid])
            turns = await phone.turns()
        self.assertEqual(len(logged.output), 1)
        self.assertEqual(turns[1].said, FakeTranscriber.sayings[0])
        self.assertEqual(unwritten.reasons, {})


class PlayingTests(TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        given = override_settings(VAR_DIR=Path(folder.name))
        given.enable()
        self.addCleanup(given.disable)
        self.call = a_call()
        self.address = f"/en/calls/{self.call.pk}/"

    def test_an_operator_hears_it(self) -> None:
        recording.write(recording.path_of(self.call), 0, TONE * 2)
        self.assertEqual(self.client.get(f"{self.address}recording.wav").status_code, 302)
        self.client.force_login(a_person())
        response = self.client.get(f"{self.address}recording.wav")
        self.assertTrue(response.getvalue().startswith(b"RIFF"))

    def test_a_player_gets_the_part_that_it_asks_for(self) -> None:
        sound = bytes(range(256)) * 6000
        recording.write(recording.path_of(self.call), 0, sound)
        content = recording.path_of(self.call).read_bytes()
        size = len(content)
        self.client.force_login(a_person())
        for asked, first, until in (
            ("bytes=0-1", 0, 2),
            ("bytes=1000-1999", 1000, 2000),
            ("bytes=100-", 100, 100 + OPEN_PART_BYTES),
            (f"bytes={size - 10}-", size - 10, size),
            (f"bytes={size - 10}-{size + 10}", size - 10, size),
            ("bytes=-5", size - 5, size),
        ):
            with self.subTest(asked=asked):
                response = self.play(asked)
                self.assertEqual(response.status_code, 206)
                self.assertEqual(response.content, content[first:until])
                self.assertEqual(response["Content-Range"], f"bytes {first}-{until - 1}/{size}")
        for asked in ("", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "lines=1-2"):
            with self.subTest(asked=asked):
                response = self.play(asked)
                self.assertEqual((response.status_code, response.getvalue()), (200, content))
        beyond = self.play(f"bytes={size}-")
        self.assertEqual((beyond.status_code, beyond["Content-Range"]), (416, f"bytes */{size}"))

    def play(self, part: str) -> Any:
        return self.client.get(f"{self.address}recording.wav", headers={"Range": part})

    def test_a_call_without_one_offers_none(self) -> None:
        self.client.force_login(a_person())
        self.assertNotContains(self.client.get(self.address), "recording.wav")
        self.assertEqual(self.client.get(f"{self.address}recording.wav").status_code, 404)

    def test_a_forgotten_call_leaves_no_sound(self) -> None:
        recording.write(recording.path_of(self.call), 0, TONE * 2)
        recording.make_peaks(self.call)
        Call.objects.update(ended_at="2020-01-01T00:00Z")
        retention.forget(Days.of("90"))
        self.assertEqual(list(recording.path_of(self.call).parent.iterdir()), [])
