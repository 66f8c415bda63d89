"""OpenAI's chat completions on this machine, streamed and refused as OpenAI does it.

What is answered is scripted by the caller's words (`answers`); anything else is answered by the
embedded receptionist, so that a whole scripted call makes sense. Where the instructions name the
three markers it begins with a verdict (`verdicts`). Rule: what OpenAI would refuse
(a wrong key, parameters that the model does not take, tools without their results) is refused here
with its status, its body and its words.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import ClassVar, Self

from aiohttp import web

from tests.servers.openai_agreed import agreed, check_response_format
from tests.servers.openai_answers import (
    ERRORS,
    Answer,
    Json,
    Refused,
    check_parameters,
    check_tool_results,
    chunks,
    event,
    receptionist,
    with_opener,
)
from tests.servers.openai_verdicts import Verdicts

STALLED_S = 3600.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class OpenAiServer:
    """`async with OpenAiServer() as server:` listens on 127.0.0.1; `url` is its base URL."""

    key = "sk-local-0123456789abcdef"
    models: Sequence[str] = ("gpt-6-luna", "gpt-5.4-mini")
    reasoning: ClassVar[Sequence[str]] = ("gpt-6-luna",)
    """Models that take tools only without reasoning, and no temperature with it."""
    first_s = token_s = 0.0
    """The pace of answers that have none of their own."""
    uses_openers = False
    """True: its answers begin with the openers that the instructions name, one after another."""
    obeys_tool_choice = True
    """False: as a compatible server whose model calls tools although it must not."""
    tells_models = True
    """False: as a compatible server without /v1/models."""

    def __init__(self, port: int = 0) -> None:
        self.answers: dict[str, Answer] = {}
        """By words in the last message of the conversation (the caller's, or a tool's result)."""
        self.answers_of: dict[str, Answer] = {}
        """By model: goes before `answers`."""
        self.verdicts = Verdicts()
        """What it begins with where the instructions ask for a verdict."""
        self.requests: list[Json] = []
        """Bodies of the completions asked for, in order."""
        self.writes: Answer | None = None
        """What is written of calls that are over; None: something that fits."""
        self.writes_of: dict[str, Answer] = {}
        """The same, by words in what is told of the call: goes before `writes`."""
        self.written: list[Json] = []
        """Bodies of the completions asked for with a schema; they are not among `requests`."""
        self.looks = 0
        """Requests to /v1/models."""
        self.cut_off = 0
        """Answers whose client went away before their end."""
        self._peers: set[tuple[str, int]] = set()
        self._port = port
        self._ids = itertools.count(1)

    @property
    def connections(self) -> int:
        """TCP connections on which something was asked, ever."""
        return len(self._peers)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._guard])
        app.router.add_post("/v1/chat/completions", self._complete)
        app.router.add_get("/v1/models", self._list)
        app.router.add_get("/v1/models/{model}", self._look)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        assert request.transport is not None
        self._peers.add(request.transport.get_extra_info("peername"))
        try:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if given != self.key:
                raise Refused(
                    401,
                    f"Incorrect API key provided: {given[:8]}***{given[-4:]}. You can find your "
                    "API key at https://platform.openai.com/account/api-keys.",
                    "invalid_api_key",
                )
            return await handler(request)
        except Refused as refused:
            return web.json_response({"error": refused.error}, status=refused.status)

    async def _list(self, _request: web.Request) -> web.Response:
        self.looks += 1
        return web.json_response({"object": "list", "data": [_model(each) for each in self.models]})

    async def _look(self, request: web.Request) -> web.Response:
        self.looks += 1
        if not self.tells_models:
            return web.json_response({"detail": "Not Found"}, status=404)
        self._check_model(request.match_info["model"])
        return web.json_response(_model(request.match_info["model"]))

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked: Json = await request.json()
        (self.written if "response_format" in asked else self.requests).append(asked)
        self._check_model(asked["model"])
        if asked["model"] in self.reasoning:
            check_parameters(asked)
        check_tool_results(asked["messages"])
        if "response_format" in asked:
            check_response_format(asked)
        answer = self._answer_to(asked)
        try:
            await asyncio.sleep(answer.first_s or self.first_s)
            if answer.error:
                return _error(answer)
            return await self._stream(request, asked, answer)
        except (asyncio.CancelledError, ConnectionError):
            self.cut_off += 1
            raise

    def _check_model(self, model: str) -> None:
        if model not in self.models:
            message = f"The model `{model}` does not exist or you do not have access to it."
            raise Refused(404, message, "model_not_found")

    def _answer_to(self, asked: Json) -> Answer:
        if "response_format" in asked:
            told = str(asked["messages"][-1]["content"])
            scripted = (answer for words, answer in self.writes_of.items() if words in told)
            return next(scripted, None) or self.writes or agreed(asked)
        if asked["model"] in self.answers_of:
            answer = self.answers_of[asked["model"]]
        else:
            last = str(asked["messages"][-1]["content"])
            scripted = (answer for words, answer in self.answers.items() if words in last)
            answer = next(scripted, None) or receptionist(asked["messages"], asked.get("tools", ()))
        if self.uses_openers:
            answer = with_opener(asked["messages"], answer)
        answer = self.verdicts.answer(asked["messages"], answer)
        if asked.get("tool_choice") == "none" and self.obeys_tool_choice:
            answer = replace(answer, tools=())
        return answer

    async def _stream(
        self, request: web.Request, asked: Json, answer: Answer
    ) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "x-request-id": f"req_{next(self._ids)}",
            }
        )
        await response.prepare(request)
        for number, chunk in enumerate(chunks(asked, answer, f"chatcmpl-{next(self._ids)}")):
            sent = number - 1  # the first chunk only says whose turn it is
            if sent == answer.fails_after:
                await response.write(event({"error": ERRORS[500] | {"param": None, "code": None}}))
                return response
            if sent == answer.drop_after and request.transport:
                request.transport.abort()
            if sent in (answer.drop_after, answer.stall_after):
                await asyncio.sleep(STALLED_S)
            await response.write(event(chunk))
            await asyncio.sleep(answer.token_s or self.token_s)
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response


def _error(answer: Answer) -> web.Response:
    error = {"param": None, "code": None} | (answer.body or ERRORS[answer.error])
    headers = {"retry-after": "1", "retry-after-ms": "120"} if answer.error == 429 else {}
    return web.json_response({"error": error}, status=answer.error, headers=headers)


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1790000000, "owned_by": "system"}
