"""Phrases that calls say again and again, as ready mu-law: synthesised once, then read in
microseconds.

Rules: fixed phrases (greeting, prompts) are prepared at start-up and kept in a folder. Generated
ones stay in memory, and only if they cannot be about anybody: short, in the language's own letters
without a digit, and said in three different calls. Only phrases spoken to their end are remembered.
If the folder is full or unreadable, nothing is kept, and nothing else is affected.
"""

from __future__ import annotations

import hashlib
import logging
import os
import time
from asyncio import to_thread
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Set
from contextlib import aclosing, suppress
from functools import cache
from pathlib import Path

from django.conf import settings

from calls.audio.codec import chunks
from calls.language.pronunciation import pronounced
from calls.services import NO_NUMBER, CalledNumber, Voice, reply_texts
from calls.services.reply_texts import audio_of

logger = logging.getLogger(__name__)

LIMIT_BYTES = 16_000_000
"""33 minutes of audio."""
KEPT_FILES = 500
LONGEST_CHARACTERS = 40
CALLS_NEEDED = 3
COUNTED_PHRASES = 2000
"""Phrases whose calls are counted, the latest ones."""
LOGGED_EVERY = 100


def key_of(voice: str, text: str) -> str:
    return hashlib.sha256(f"{voice}\0{text.strip()}".encode()).hexdigest()


def is_general(text: str, letters: Set[str]) -> bool:
    """Whether the text may be kept for other callers: short, these letters only, no digits."""
    used = {char for char in text if char.isalnum()}
    return bool(used) and used <= letters and len(text.strip()) <= LONGEST_CHARACTERS


class PhraseCache:
    """One per process, for all its calls and voices."""

    def __init__(
        self,
        folder: Path,
        limit_bytes: int = LIMIT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hits = self.misses = self.held_bytes = 0
        self.clock = clock
        self._folder, self._limit_bytes = folder, limit_bytes
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._fixed: set[str] = set()
        self._said_by: OrderedDict[str, set[str]] = OrderedDict()
        self._waits_ms, self._waited = 0.0, 0
        self._has_complained = False

    @property
    def hit_rate(self) -> float:
        """The share of sentences that were ready, 0 to 1."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def saved_ms(self) -> float:
        """Hits, each at the first byte's mean wait of the sentences that were not ready."""
        return self.hits * self._waits_ms / max(1, self._waited)

    async def keep(
        self, speaker: Voice, texts: Iterable[str], pronunciations: Mapping[str, str] = {}
    ) -> None:
        """Make fixed phrases ready: from the folder, or spoken now. Raises ServiceFailed when the
        speaker does, with whatever the folder had made ready all the same."""
        missing = []
        for text in (pronounced(each, pronunciations) for each in texts):
            key = key_of(speaker.name, text)
            self._fixed.add(key)
            if key in self._held:
                continue
            if audio := await to_thread(self._read, key):
                self._hold(key, audio)
            else:
                missing.append((key, text))
        for key, text in missing:
            if audio := await audio_of(speaker.speak(reply_texts.of(text))):
                self._hold(key, audio)
                await to_thread(self._write, key, audio)
        logger.info("%d fixed phrases ready, %d spoken now", len(self._fixed), len(missing))

    def find(self, key: str) -> bytes | None:
        audio = self._held.get(key)
        if audio is None:
            self.misses += 1
        else:
            self.hits += 1
            self._held.move_to_end(key)
        if (self.hits + self.misses) % LOGGED_EVERY == 0:
            logger.info(
                "%d of %d sentences were ready (%.0f %%): %.1f s of waiting saved, %d kB held",
                self.hits, self.hits + self.misses, 100 * self.hit_rate,
                self.saved_ms / 1000, self.held_bytes // 1000,
            )  # fmt: skip
        return audio

    def waited(self, first_byte_ms: float) -> None:
        """How long a sentence that was not ready took to begin."""
        self._waits_ms += first_byte_ms
        self._waited += 1

    def is_wanted(self, key: str, text: str, call_id: str, letters: Set[str]) -> bool:
        """Whether what this call now says should be remembered. letters: of its language."""
        if key in self._fixed:
            return True
        if not is_general(text, letters):
            return False
        calls = self._said_by.setdefault(key, set())
        self._said_by.move_to_end(key)
        if len(self._said_by) > COUNTED_PHRASES:
            self._said_by.popitem(last=False)
        calls.add(call_id)
        return len(calls) >= CALLS_NEEDED

    def remember(self, key: str, audio: bytes) -> None:
        self._said_by.pop(key, None)
        self._hold(key, audio)

    def _hold(self, key: str, audio: bytes) -> None:
        if len(audio) > self._limit_bytes:
            return
        self.held_bytes += len(audio) - len(self._held.pop(key, b""))
        self._held[key] = audio
        while self.held_bytes > self._limit_bytes:
            # Fixed phrases are the last to go.
            oldest = next((each for each in self._held if each not in self._fixed), None)
            self.held_bytes -= len(self._held.pop(oldest or next(iter(self._held))))

    def _read(self, key: str) -> bytes:
        try:
            audio = self._path(key).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._complain(error)
            return b""
        with suppress(OSError):
            self._path(key).touch()
        return audio

    def _write(self, key: str, audio: bytes) -> None:
        """Whole or not at all; the files used longest ago make room."""
        written = self._path(key).with_suffix(f".{os.getpid()}.new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            written.write_bytes(audio)
            written.replace(self._path(key))
            kept = sorted(self._folder.glob("*.ulaw"), key=lambda path: path.stat().st_mtime)
            for path in kept[:-KEPT_FILES]:
                path.unlink(missing_ok=True)
        except OSError as error:
            self._complain(error)
            with suppress(OSError):
                written.unlink()

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.ulaw"

    def _complain(self, error: OSError) -> None:
        if not self._has_complained:
            self._has_complained = True
            logger.warning("Phrases are spoken anew at every start: %s", error)


@cache
def phrases() -> PhraseCache:
    """This process's."""
    return PhraseCache(settings.VAR_DIR / "phrases")


class CachedSpeaker:
    """A call's speaker, which synthesises only what is not in the cache.

    Cached phrases are pronounced as the called number wants them.
    """

    def __init__(
        self,
        speaker: Voice,
        call_id: str,
        called: CalledNumber = NO_NUMBER,
        phrase_cache: PhraseCache | None = None,
    ) -> None:
        self.name = speaker.name
        self._speaker, self._call_id = speaker, call_id
        self._pronunciations, self._letters = called.pronunciations, called.language.letters
        self._cache = phrase_cache or phrases()

    async def speak(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        """What is ready, up to the first text that is not; that one by itself, if it may be wanted
        again; and the rest as one reply."""
        async for text in texts:
            said = pronounced(text, self._pronunciations)
            key = key_of(self.name, said)
            if (audio := self._cache.find(key)) is None:
                break
            yield text
            # In the pieces that a speaker brings: the mark after the first says when it is heard.
            for chunk in chunks(audio):
                yield chunk
        else:
            return
        if self._cache.is_wanted(key, said, self._call_id, self._letters):
            gathered = b""
            async with aclosing(self._spoken(reply_texts.of(text))) as parts:
                async for part in parts:
                    gathered += part if isinstance(part, bytes) else b""
                    yield part
            if gathered:
                self._cache.remember(key, gathered)
            rest = self._spoken(texts)
        else:
            rest = self._spoken(_before(text, texts))
        async with aclosing(rest) as parts:
            async for part in parts:
                yield part

    async def _spoken(self, texts: AsyncIterator[str]) -> AsyncGenerator[str | bytes, None]:
        """By the speaker, in the number's pronunciation; the texts come back as they were."""
        originals: deque[str] = deque()

        async def told() -> AsyncGenerator[str, None]:
            async for text in texts:
                originals.append(text)
                yield pronounced(text, self._pronunciations)

        asked_s, has_begun = self._cache.clock(), False
        telling = told()
        async with aclosing(telling), aclosing(self._speaker.speak(telling)) as parts:
            async for part in parts:
                if isinstance(part, str):
                    yield originals.popleft()
                    continue
                if not has_begun:
                    has_begun = True
                    self._cache.waited((self._cache.clock() - asked_s) * 1000)
                yield part


async def _before(text: str, texts: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    yield text
    async for later in texts:
        yield later
