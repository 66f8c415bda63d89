"""Access to OpenAI: one client for a process's event loop, its warm connections, and the stream.

Rules: nothing is retried here, so that no wait is hidden. Closing a stream before its end closes
its connection (HTTP/1.1; over HTTP/2 the server would never be told), so connections are opened
again
until there are at least SPARES: no turn pays for TCP and TLS. The key and what was said are never
logged.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx2
import openai
from django.conf import settings
from openai import AsyncOpenAI, DefaultAsyncHttpx2Client

from calls.services import ServiceFailed, ServiceLate
from calls.services.per_loop import PerLoop

SPARES = 2
MOST_TOKENS = 500
"""Of one answer: about a minute of speech, which nobody listens to."""
WARM_AFTER_S = 0.2
"""A fallback model that is asked at once takes the spare before it is used for warming."""
WARMING = "warm connections to OpenAI"
KEEP_ALIVE_S = 300
"""Longer than any silence in a call; the library's own 5 s are shorter than most."""
TIMEOUT = httpx2.Timeout(5, connect=2)
"""Of whatever the writer has no shorter deadline for."""
_KEY = re.compile(r"\bsk-\S+")


class AccountRefused(ServiceFailed):
    """The account is refused, so another model would be refused as well."""


class Api:
    """What one event loop shares."""

    def __init__(self) -> None:
        if not settings.OPENAI_API_KEY and not settings.OPENAI_BASE_URL:
            raise AccountRefused("OPENAI_API_KEY is not set: set it to the key of your account")
        limits = httpx2.Limits(
            max_connections=400, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE_S
        )
        self.client = AsyncOpenAI(
            api_key=settings.OPENAI_API_KEY or "none",
            base_url=settings.OPENAI_BASE_URL or None,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=DefaultAsyncHttpx2Client(limits=limits, timeout=TIMEOUT),
        )
        self._create = self.client.chat.completions.with_streaming_response.create
        self._retrieve = self.client.models.with_streaming_response.retrieve
        self._warming: set[asyncio.Task[None]] = set()

    async def warm(self) -> None:
        """Have at least SPARES connections open and idle. Raises ServiceFailed."""
        async with AsyncExitStack() as stack:
            for _spare in range(SPARES):  # each is held until the last is open
                await stack.enter_async_context(self._looking(settings.OPENAI_MODEL))

    async def look(self, model: str) -> None:
        """Whether the model can be had, for next to nothing. Raises ServiceFailed."""
        async with self._looking(model):
            pass

    @asynccontextmanager
    async def _looking(self, model: str) -> AsyncIterator[None]:
        """Holds a connection, and leaves it as good as new."""
        try:
            async with self._retrieve(model) as response:
                yield
                await response.read()
        except openai.NotFoundError as error:
            if error.code == "model_not_found":
                raise explained(error, model) from None
            yield  # a compatible server may not tell its models
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise explained(error, model) from None

    def warm_soon(self) -> None:
        """Warm while nobody waits; what is wrong will be said to who asks for an answer."""
        task = asyncio.create_task(self._warm_soon(), name=WARMING)
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def _warm_soon(self) -> None:
        await asyncio.sleep(WARM_AFTER_S)
        with suppress(ServiceFailed):
            await self.warm()

    async def aclose(self) -> None:
        for task in self._warming:
            task.cancel()
        await self.client.close()

    async def chunks(self, model: str, **asked: Any) -> AsyncGenerator[dict[str, Any], None]:
        """The chunks of one streamed completion. Raises ServiceFailed and ServiceLate.

        Read as plain JSON: a seventh of what the client's own chunk objects cost.
        """
        if settings.OPENAI_REASONING_EFFORT != "default":
            asked["reasoning_effort"] = settings.OPENAI_REASONING_EFFORT
        try:
            async with self._create(model=model, stream=True, **asked) as response:
                rest = b""
                async for part in response.iter_bytes():
                    # At b"\n" only: the client's iter_lines also breaks at U+2028, inside a text.
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        if line.startswith(b"data:") and b"{" in line:
                            yield _checked(json.loads(line[5:]), model)
        except (asyncio.CancelledError, GeneratorExit):
            self.warm_soon()
            raise
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            if not isinstance(error, openai.APIStatusError):
                self.warm_soon()
            raise explained(error, model) from None


api = PerLoop(Api)
"""The running loop's."""


async def aclose() -> None:
    """Close the running loop's connections; the next use makes new ones, with today's settings."""
    if closing := api.take():
        await closing.aclose()


def _checked(chunk: dict[str, Any], model: str) -> dict[str, Any]:
    if error := chunk.get("error"):
        raise ServiceFailed(f"OpenAI failed during an answer of {model}: {_said(error)}")
    return chunk


def explained(error: Exception, model: str) -> ServiceFailed:
    """What went wrong in the provider's own words, and what to do about it."""
    match error:
        case openai.APITimeoutError() | httpx2.TimeoutException():
            return ServiceLate(f"OpenAI {model} did not answer within {TIMEOUT.read:g} s")
        case openai.APIStatusError(status_code=status):
            said = _said(error.body) or f"HTTP {status}"
        case openai.APIConnectionError() | httpx2.HTTPError():
            cause = error.__cause__ or error
            return ServiceFailed(
                f"OpenAI cannot be reached ({type(cause).__name__}: {cause}): "
                "check the network and OPENAI_BASE_URL"
            )
        case _:
            return ServiceFailed(f"OpenAI {model} sent what is not JSON ({type(error).__name__})")
    match status:
        case 401:
            return AccountRefused(f"OPENAI_API_KEY is refused: set a valid key ({said})")
        case 403:
            return AccountRefused(f"OpenAI forbids it: check the key's project ({said})")
        case 404:
            return ServiceFailed(f"OpenAI has no model {model} for this key: set another ({said})")
        case 429 if error.code == "insufficient_quota":
            return AccountRefused(f"OpenAI's quota is used up: add credit to the account ({said})")
        case 429:
            return ServiceFailed(f"OpenAI's rate limit is reached: ask for a higher one ({said})")
        case _ if status >= 500:
            return ServiceFailed(f"OpenAI is out of order ({status}): {said}")
        case _:
            return ServiceFailed(f"OpenAI refuses the request to {model} ({status}): {said}")


def _said(error: object) -> str:
    message = error.get("message") if isinstance(error, dict) else error
    return _KEY.sub("sk-…", str(message or ""))
