"""HeVoice's settings for the benches: services with fixed delays, and no limit that they meet.

VAR_DIR and with it the database are the bench's own: bench/rig.py names a temporary directory.
"""

import os

from hevoice.settings import *  # noqa: F403
from tuning.turns.profile import Profile

TRANSCRIBER = "tests.fakes.FakeTranscriber"
WRITER = os.environ.get("BENCH_WRITER", "bench.services.Answerer")
SPEAKER = os.environ.get("BENCH_SPEAKER", "bench.services.Voice")
MAX_CALLS = 1000
# Calls come from this machine, unsigned, whatever the environment says.
TWILIO_AUTH_TOKEN = PUBLIC_HOST = ""
# What the load bench and its published figures wait for, whatever new installations do.
DEFAULT_PROFILE, DEFAULT_KNOBS = "balanced", Profile()
