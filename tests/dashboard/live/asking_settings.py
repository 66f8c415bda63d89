"""HeVoice's settings with an ear that hears every caller ask the embedded receptionist for a
person."""

from tests.fake_settings import *  # noqa: F403

TRANSCRIBER = "tests.dashboard.live.asking.Asking"
WRITER = "calls.services.receptionist.writer.Receptionist"
PERSON_WAIT_S = 25
