"""Google and OpenAI on this machine: the three local servers together, and a process of their own.

They recognise the callers of calls/simulator/utterances.toml by their sound and no other speech,
answer by the embedded receptionist's script, and speak a buzz; asked for verdicts, they know the
labelled lines of bench/verdicts, and are wrong about 4 % of them; told of openers, they begin with
them. `python -m tests.servers.cloud`
prints, as one line of JSON, the environment that leads a HeVoice server to them, and serves until
it is ended (`--paced`: with the delays that the real ones may have, and one and the same answer).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from calls.services.judging import read_lines
from calls.simulator import utterances
from calls.simulator.utterances import Utterance
from tests.servers.google_speech import GoogleSpeech
from tests.servers.google_voice import GoogleVoice
from tests.servers.openai import OpenAiServer
from tests.servers.openai_answers import Answer

UNKNOWN = ["(דיבור שאינו בתסריט)"]
"""What any other speech is recognised as."""
LABELLED = Path(__file__).parents[2] / "bench" / "verdicts" / "lines.txt"
OWN_BUSINESS = "יש לנו 2 אפשרויות ביום שלישי, ב־9:00 או ב־14:30. מה מהן נוחה לך יותר?"


class Cloud:
    """`async with Cloud() as cloud:` listens; the servers' own attributes are the knobs."""

    def __init__(self, callers: Iterable[Utterance] = ()) -> None:
        self.speech, self.voice, self.openai = GoogleSpeech(), GoogleVoice(), OpenAiServer()
        self.speech.book.script = UNKNOWN
        for said in callers:
            if said.audio:
                self.speech.book.teach_parts(said.audio, said.parts)
            self.openai.verdicts.teach_scripted(said.text)
        self._ports = {"speech": 0, "voice": 0, "openai": 0}
        self._serving: dict[str, AsyncExitStack] = {}

    async def __aenter__(self) -> Self:
        for name in self._ports:
            await self.start(name)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._serving):
            await self.stop(name)

    async def start(self, name: str) -> None:
        """speech, voice or openai: listen, where it did before if it was stopped."""
        serving, port = AsyncExitStack(), self._ports[name]
        if name == "openai":
            await serving.enter_async_context(self.openai)
        else:
            server = self.speech if name == "speech" else self.voice
            address = await serving.enter_async_context(server.serve(port))
            self._ports[name] = int(address.rpartition(":")[2])
        self._serving[name] = serving

    async def stop(self, name: str) -> None:
        """Connections are refused from now on, and those that were open are gone."""
        await self._serving.pop(name).aclose()

    @property
    def environ(self) -> dict[str, str]:
        """What leads a server here. Everything that a deployment may have set is overruled."""
        return {
            "HEVOICE_TRANSCRIBER": "google",
            "HEVOICE_WRITER": "openai",
            "HEVOICE_SPEAKER": "google",
            "GOOGLE_SPEECH_ENDPOINT": f"127.0.0.1:{self._ports['speech']}",
            "GOOGLE_TEXTTOSPEECH_ENDPOINT": f"127.0.0.1:{self._ports['voice']}",
            "GOOGLE_INSECURE": "true",
            "GOOGLE_CLOUD_PROJECT": "local",
            "OPENAI_BASE_URL": self.openai.url,
            "OPENAI_API_KEY": self.openai.key,
            "OPENAI_MODEL": self.openai.models[0],
        }


def paced(cloud: Cloud) -> None:
    """As long as the real ones may take: first token 350 ms and 60 a second, first byte 180 ms; the
    recogniser's partials and finals come 250 and 300 ms late as they are. What is answered is one
    caller's business, so that nobody has it ready."""
    cloud.openai.first_s, cloud.openai.token_s = 0.35, 1 / 60
    cloud.openai.answers[""] = Answer(OWN_BUSINESS)
    cloud.voice.first_byte_s = 0.18


async def _serve() -> None:
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with Cloud(map(utterances.load, utterances.names())) as cloud:
        cloud.openai.uses_openers = True
        cloud.openai.verdicts.teach(read_lines(LABELLED))
        if "--paced" in sys.argv[1:]:
            paced(cloud)
        else:  # to be tried out, not measured
            cloud.openai.verdicts.wrong_share = 0.0
        sys.stdout.write(f"{json.dumps(cloud.environ)}\n")
        sys.stdout.flush()
        await over.wait()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    asyncio.run(_serve())
