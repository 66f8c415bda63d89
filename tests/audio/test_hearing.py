"""The local recogniser's ears: what is known is recognised by its sound, from wherever it comes."""

from __future__ import annotations

from django.test import SimpleTestCase, tag

from calls.audio.codec import FRAME_BYTES
from calls.simulator import utterances
from tests.servers.cloud import UNKNOWN, Cloud
from tests.servers.hearing import Hearing, silence


@tag("protocol")
class KnownCallersTests(SimpleTestCase):
    def heard(self, audio: bytes) -> list[str]:
        cloud = Cloud(map(utterances.load, utterances.names()))
        hearing = Hearing(cloud.speech.book)
        frames = [audio[at : at + FRAME_BYTES] for at in range(0, len(audio), FRAME_BYTES)]
        found = [each for frame in frames for each in hearing.hear(frame)]
        return [" ".join(each.words) for each in found if each.is_final]

    def test_every_caller_of_the_list_is_known_by_its_sound(self) -> None:
        for name in utterances.names():
            said = utterances.load(name)
            if said.audio:
                with self.subTest(name):
                    whole = said.audio + bytes(-len(said.audio) % FRAME_BYTES)
                    self.assertEqual(" ".join(self.heard(whole + silence(700))), said.text)

    def test_any_other_speech_is_named_as_unscripted(self) -> None:
        said = utterances.load("book").audio[3 * FRAME_BYTES + 80 :]
        whole = said[: len(said) // FRAME_BYTES * FRAME_BYTES]
        self.assertEqual(self.heard(whole + silence(700)), UNKNOWN)
