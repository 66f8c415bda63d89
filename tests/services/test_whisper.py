"""The embedded recogniser: the real model on really synthesised Hebrew."""

from __future__ import annotations

import asyncio
import tempfile
import time
from io import StringIO
from pathlib import Path
from typing import ClassVar

import numpy as np
from django.core.management import CommandError, call_command
from django.test import SimpleTestCase, override_settings, tag

from calls.audio.codec import BYTES_PER_MS, SILENCE_BYTE, to_mulaw, to_pcm
from calls.services import ServiceFailed, Transcript
from calls.services.espeak.speaker import speech_bounds, synthesise
from calls.services.whisper import model as whisper_model
from calls.services.whisper.transcriber import QUEUE_FRAMES, WhisperTranscriber
from tuning.turns.profile import FRAME_MS

ANSWERS = ("אשמח לקבוע תור", "לבטל את התור", "מה שעות הפתיחה", "איפה אתם נמצאים", "לא תודה")
OUTSIDE = "אפשר לחזור אליי מחר בבוקר בקשר לטיפול"
BATCH_MS = 60


def silence(duration_ms: int) -> bytes:
    return SILENCE_BYTE * (duration_ms * BYTES_PER_MS)


def whole_batches(audio: bytes) -> bytes:
    return audio + silence(-len(audio) // BYTES_PER_MS % BATCH_MS + BATCH_MS)


async def heard(
    audio: bytes, phrases: tuple[str, ...] = (), *, finals: int = 1, within_s: float = 8
) -> tuple[list[Transcript], WhisperTranscriber]:
    """What comes of this audio, pushed at once: up to the last final, or all in the time given."""
    transcriber = WhisperTranscriber()
    transcriber.expect(phrases)
    push(transcriber, audio)
    come: list[Transcript] = []
    try:
        async with asyncio.timeout(within_s):
            async for transcript in transcriber.transcripts():
                come.append(transcript)
                if sum(each.final for each in come) == finals:
                    break
    except TimeoutError:
        pass
    await transcriber.aclose()
    return come, transcriber


async def first(transcriber: WhisperTranscriber) -> Transcript | None:
    return await anext(transcriber.transcripts(), None)


def push(transcriber: WhisperTranscriber, audio: bytes) -> None:
    step = BATCH_MS * BYTES_PER_MS
    for end in range(step, len(audio) + 1, step):
        transcriber.push(audio[end - step : end], end // BYTES_PER_MS)


@tag("protocol")
class RecognitionTests(SimpleTestCase):
    speech: ClassVar[dict[str, bytes]]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        asyncio.run(WhisperTranscriber.warm_up())
        cls.speech = {text: synthesise(text) for text in (*ANSWERS, OUTSIDE)}

    def said(self, *texts: str) -> bytes:
        """The texts, each with silence before and a second of it after."""
        spoken = [silence(500) + self.speech[text] + silence(1000) for text in texts]
        return whole_batches(b"".join(spoken))

    async def test_what_was_said_is_chosen_among_the_expected_answers(self) -> None:
        come, _ = await heard(self.said(*ANSWERS[:3]), ANSWERS, finals=3)
        finals = [each for each in come if each.final]
        self.assertEqual([each.text for each in finals], list(ANSWERS[:3]))
        self.assertEqual({each.chosen_from for each in come}, {len(ANSWERS)})

    async def test_something_unexpected_is_told_as_it_was_recognised(self) -> None:
        come, _ = await heard(self.said(OUTSIDE), ANSWERS)
        self.assertEqual({each.chosen_from for each in come}, {0})
        self.assertNotIn(come[-1].text, ANSWERS)

    async def test_with_nothing_expected_nothing_is_chosen(self) -> None:
        come, _ = await heard(self.said(ANSWERS[0]))
        self.assertTrue(come[-1].text)
        self.assertIsNone(come[-1].chosen_from)

    async def test_the_words_reach_the_end_of_speech(self) -> None:
        _, speech_end_ms = speech_bounds(to_pcm(self.speech[ANSWERS[0]]))
        come, _ = await heard(self.said(ANSWERS[0]), ANSWERS)
        for transcript in come:
            self.assertGreaterEqual(transcript.until_ms, 500 + speech_end_ms)

    async def test_the_final_repeats_the_partial_without_recognising_again(self) -> None:
        transcriber = WhisperTranscriber()
        push(transcriber, self.said(ANSWERS[3]))
        transcripts = transcriber.transcripts()
        partial = await anext(transcripts)
        began = time.perf_counter()
        final = await anext(transcripts)
        self.assertLess(time.perf_counter() - began, 0.05)
        self.assertEqual((partial.final, final.final), (False, True))
        self.assertEqual(partial.text, final.text)
        self.assertEqual(final.until_ms - partial.until_ms, 300)

    async def test_going_on_after_a_pause_has_the_whole_segment_recognised_again(self) -> None:
        paused = silence(500) + self.speech[ANSWERS[0]] + silence(400) + self.speech[OUTSIDE]
        come, _ = await heard(whole_batches(paused + silence(1000)))
        self.assertEqual([each.final for each in come], [False, False, True])
        self.assertGreater(len(come[1].text), len(come[0].text))

    async def test_silence_and_noise_bring_nothing(self) -> None:
        noise = np.random.default_rng(1)
        spectrum = np.fft.rfft(noise.standard_normal(16_000))
        pink = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)))
        loud = [noise.standard_normal(16_000) * 1800, pink / pink.std() * 1800]
        for sound in loud:
            bursts = silence(500) + to_mulaw(sound.astype(np.int16)) + silence(1000)
            come, _ = await heard(whole_batches(silence(500) + bursts), ANSWERS, within_s=2)
            self.assertEqual(come, [])
        come, _ = await heard(whole_batches(silence(4000)), ANSWERS, within_s=0.5)
        self.assertEqual(come, [])

    async def test_the_event_loop_goes_on_while_speech_is_recognised(self) -> None:
        transcriber = WhisperTranscriber()
        push(transcriber, self.said(OUTSIDE))
        waiting = asyncio.create_task(first(transcriber))
        ticks, latest = 0, 0.0
        while not waiting.done():
            began = time.perf_counter()
            transcriber.push(silence(FRAME_MS), 60_000 + ticks * FRAME_MS)
            await asyncio.sleep(0.005)
            ticks, latest = ticks + 1, max(latest, time.perf_counter() - began - 0.005)
        self.assertIsNotNone(await waiting)
        self.assertGreater(ticks, 10)
        self.assertLess(latest, 0.06)

    async def test_a_full_queue_drops_its_oldest_frames_and_counts_them(self) -> None:
        long = silence(QUEUE_FRAMES * FRAME_MS) + self.said(ANSWERS[1])
        come, transcriber = await heard(long, ANSWERS)
        self.assertEqual(come[-1].text, ANSWERS[1])
        self.assertEqual(transcriber.dropped_frames, len(long) // 160 - QUEUE_FRAMES)

    async def test_one_utterance_is_recognised_whole(self) -> None:
        transcriber = WhisperTranscriber()
        transcriber.expect(ANSWERS)
        audio = silence(300) + self.speech[ANSWERS[2]]
        transcript = await transcriber.recognise(audio, 5000)
        self.assertEqual(transcript, Transcript(ANSWERS[2], 5000, True, chosen_from=len(ANSWERS)))
        self.assertIsNone(await transcriber.recognise(silence(1500), 8000))

    async def test_the_transcripts_end_when_it_is_closed(self) -> None:
        transcriber = WhisperTranscriber()
        rest = asyncio.create_task(first(transcriber))
        await asyncio.sleep(0.02)
        await transcriber.aclose()
        self.assertIsNone(await asyncio.wait_for(rest, 1))


class ModelTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def fill(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in whisper_model.SHA256:
            (folder / name).write_text("not a model")

    async def test_a_missing_model_says_what_to_do(self) -> None:
        with override_settings(WHISPER_MODEL="", VAR_DIR=self.folder):
            with self.assertRaisesMessage(ServiceFailed, "run `make models`"):
                await anext(WhisperTranscriber().transcripts())
            with self.assertRaisesMessage(ServiceFailed, "run `make models`"):
                await WhisperTranscriber.warm_up()

    async def test_a_damaged_model_says_what_to_do(self) -> None:
        self.fill(self.folder)
        with (
            override_settings(WHISPER_MODEL=str(self.folder)),
            self.assertRaisesMessage(ServiceFailed, "cannot be loaded"),
        ):
            await WhisperTranscriber.warm_up()

    def test_other_bytes_than_those_fetched_are_not_loaded(self) -> None:
        with override_settings(WHISPER_MODEL="", VAR_DIR=self.folder):
            self.fill(whisper_model.default_folder())
            with self.assertRaisesMessage(ServiceFailed, "not the one that was fetched"):
                whisper_model.present()

    def test_verifying_names_the_file_that_is_wrong(self) -> None:
        self.fill(self.folder)
        self.assertIn("config.json has sha256 ", whisper_model.verify(self.folder))
        self.assertFalse(whisper_model.is_verified(self.folder))
        (self.folder / "config.json").unlink()
        self.assertEqual(whisper_model.verify(self.folder), "config.json is missing")

    def test_a_model_that_is_there_is_not_fetched_again(self) -> None:
        written = StringIO()
        call_command("fetch_model", stdout=written)
        self.assertEqual(written.getvalue(), f"the Whisper model is in {whisper_model.present()}\n")

    def test_a_folder_of_the_deployer_is_used_as_it_is(self) -> None:
        self.fill(self.folder)
        written = StringIO()
        with override_settings(WHISPER_MODEL=str(self.folder)):
            call_command("fetch_model", stdout=written)
        self.assertIn(f"using the model in {self.folder}", written.getvalue())

    def test_a_wrong_folder_of_the_deployer_stops_the_start(self) -> None:
        with (
            override_settings(WHISPER_MODEL=str(self.folder)),
            self.assertRaisesMessage(CommandError, f"no Whisper model in {self.folder}"),
        ):
            call_command("fetch_model")
