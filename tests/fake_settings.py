"""HeVoice's settings with services that behave, for a server in a process of its own."""

from hevoice.settings import *  # noqa: F403
from tuning.turns.profile import Profile

TRANSCRIBER = "tests.fakes.FakeTranscriber"
WRITER = "tests.fakes.FakeWriter"
SPEAKER = "tests.fakes.FakeSpeaker"
# Its browser signs in again and again, from one address.
ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip"}
# Their callers speak in fixed waits.
DEFAULT_PROFILE, DEFAULT_KNOBS = "balanced", Profile()
