"""HeVoice's settings with OpenAI's real client beside an ear and a voice that behave."""

from tests.fake_settings import *  # noqa: F403

WRITER = "calls.services.openai.writer.OpenAiWriter"
