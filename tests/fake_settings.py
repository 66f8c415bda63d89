"""HeVoice's settings with services that behave, for a server in a process of its own."""

from hevoice.settings import *  # noqa: F403

TRANSCRIBER = "tests.fakes.FakeTranscriber"
WRITER = "tests.fakes.FakeWriter"
SPEAKER = "tests.fakes.FakeSpeaker"
