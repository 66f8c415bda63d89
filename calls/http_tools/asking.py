"""One use of a tool: a request, its answer, and what came of it.

Rules: every attempt has a deadline, from the name's being resolved to the last byte. Only what may
be repeated is: a second attempt, after a failure that another may not meet. What it says is read up
to LARGEST, as it is sent: nothing is unpacked, no redirect is followed. What goes out and what
comes in is never logged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from enum import Enum
from urllib.parse import urlsplit

import httpcore2
from django.conf import settings

from calls.http_tools import addresses, why
from calls.http_tools.why import Why, with_detail

LARGEST = 64 * 1024
ATTEMPTS, PAUSE_S = 2, 0.2
OURS = "HeVoice"
"""What a system is told that asks it."""
NOT_A_NO = frozenset({401, 403, 407, 408, 425, 429})
"""Refusals that say nothing of what was asked: they are of who asks, or of how often."""
MAY_PASS = frozenset({408, 425, 429, 500, 502, 503, 504})


class Outcome(Enum):
    DONE = "done"
    REFUSED = "refused"
    """The system says no: taken, not found."""
    FAILED = "failed"
    LATE = "late"
    BARRED = "barred"
    """It was not asked: it has failed too often just now."""
    FORBIDDEN = "forbidden"
    """It was not asked: its address may not be reached."""
    CODES = "codes"
    """It was not asked: too many of this caller's codes were wrong."""
    UNFIT = "unfit"
    """It was not asked: the model wrote what it does not take."""


FAILURES = (Outcome.FAILED, Outcome.LATE, Outcome.BARRED, Outcome.FORBIDDEN)
"""What an operator should know of."""


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def host_and_port(self) -> str:
        """As TOOL_HOSTS lists it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    status: int | None = None
    text: str = field(default="", repr=False)
    is_cut: bool = False
    is_page: bool = False
    """It says that it is HTML."""
    why: str = ""
    """It failed: `why.in_words` says it to an operator."""
    took_ms: float = 0.0
    attempts: int = 0
    was_sent: bool = False
    """It may have got the request: where it failed, nobody knows whether it acted."""
    may_pass: bool = False
    """Another attempt may have more luck."""


async def ask(
    request: Request,
    *,
    deadline_s: float,
    may_repeat: bool,
    pool: httpcore2.AsyncConnectionPool | None = None,
) -> Answer:
    """Ask, and once more where that may help. pool: else the process's."""
    began_s, attempt = time.monotonic(), 0
    is_listed = settings.TOOL_HOSTS.lists(request.host, port=request.port)
    if urlsplit(request.url).scheme != "https" and not is_listed:
        return Answer(Outcome.FORBIDDEN, why=with_detail(Why.OPEN, request.host_and_port))
    was_sent = False
    for attempt in range(1, ATTEMPTS + 1):
        answer = await _attempt(request, deadline_s, pool or addresses.pool())
        if not may_repeat or not answer.may_pass or attempt == ATTEMPTS:
            break
        was_sent |= answer.was_sent
        await asyncio.sleep(PAUSE_S)
    took_ms = (time.monotonic() - began_s) * 1000
    was_sent |= answer.was_sent
    return replace(answer, took_ms=took_ms, attempts=attempt, was_sent=was_sent)


def longest_s(deadline_s: float, *, may_repeat: bool) -> float:
    """With all its attempts."""
    return ATTEMPTS * deadline_s + PAUSE_S if may_repeat else deadline_s


async def _attempt(
    request: Request, deadline_s: float, pool: httpcore2.AsyncConnectionPool
) -> Answer:
    try:
        async with asyncio.timeout(deadline_s):
            return await _answered(request, pool)
    except TimeoutError:
        late = with_detail(Why.SLOW, f"{deadline_s:g} s")
        return Answer(Outcome.LATE, why=late, was_sent=True, may_pass=True)
    except addresses.Forbidden as error:
        leads = "" if request.host == f"{error}" else f" = {error}"
        inside = with_detail(Why.INSIDE, f"{request.host}{leads}")
        return Answer(Outcome.FORBIDDEN, why=inside)
    except addresses.NoAddress:
        return Answer(Outcome.FAILED, why=Why.NO_ADDRESS.value, may_pass=True)
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
        was_sent = not isinstance(error, (httpcore2.ConnectError, httpcore2.ConnectTimeout))
        broke = why.of_error(error)
        return Answer(Outcome.FAILED, why=broke, was_sent=was_sent, may_pass=True)


async def _answered(request: Request, pool: httpcore2.AsyncConnectionPool) -> Answer:
    headers = {"User-Agent": OURS, "Accept": "application/json", "Accept-Encoding": "identity"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    sent = [*headers.items(), *request.headers]
    named = {name.lower() for name, _value in request.headers}
    raw = [
        (name.encode(), value.encode())
        for place, (name, value) in enumerate(sent)
        if place >= len(headers) or name.lower() not in named
    ]
    stream = pool.stream(
        request.method, request.url, headers=[*raw, _host(request)], content=request.body
    )
    async with stream as response:
        status = response.status
        if 300 <= status < 400:
            return _failed(status, Why.REDIRECT.value)
        given = {name.lower(): value.lower() for name, value in response.headers}
        if given.get(b"content-encoding", b"identity") != b"identity":
            return _failed(status, Why.PACKED.value)
        body, is_cut = await _read(response.aiter_stream())
    text = body.decode("utf-8", "replace")
    if status >= 500 or status in NOT_A_NO:
        return replace(_failed(status, why.of_status(status)), text=text, is_cut=is_cut)
    outcome = Outcome.DONE if status < 300 else Outcome.REFUSED
    is_page = given.get(b"content-type", b"").partition(b";")[0].strip() == b"text/html"
    return Answer(outcome, status, text, is_cut, is_page, was_sent=True)


def _failed(status: int, reason: str) -> Answer:
    may_pass = status in MAY_PASS
    return Answer(Outcome.FAILED, status, why=reason, was_sent=True, may_pass=may_pass)


def _host(request: Request) -> tuple[bytes, bytes]:
    return b"Host", urlsplit(request.url).netloc.encode()


async def _read(parts: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """Up to LARGEST, and whether that was not all."""
    body = b""
    async for part in parts:
        body += part
        if len(body) > LARGEST:
            return body[:LARGEST], True
    return body, False
