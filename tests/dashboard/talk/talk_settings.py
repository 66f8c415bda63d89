"""HeVoice's settings with services whose answers are long enough to be talked over."""

from hevoice.settings import *  # noqa: F403

TRANSCRIBER = "tests.fakes.FakeTranscriber"
WRITER = "tests.dashboard.talk.voices.Talkative"
SPEAKER = "tests.dashboard.talk.voices.Hum"
ACCOUNT_RATE_LIMITS = {"login": "1000/m/ip"}
LINK_RINGS_A_MINUTE = LINK_CALLS_AT_ONCE = 1000
