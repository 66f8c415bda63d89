"""Connections to the addresses that tools may reach, and to no others.

Rule: a name is resolved once for each connection, and the connection goes to one of the addresses
that were checked then: whatever the name means a moment later, nothing else is reached. TLS still
asks for the name and checks its certificate. Resolving has threads of its own, so that a name
server that hangs holds up nothing but tools.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpcore2
from django.conf import settings

from calls.http_tools.hosts import Address, Hosts
from calls.services.per_loop import PerLoop

MOST_CONNECTIONS, MOST_IDLE, IDLE_S = 100, 20, 15.0
RESOLVERS = 8
_ADDRESS_S = 2.0
"""One of several addresses may take so long to accept a connection before the next is tried."""


class Forbidden(Exception):
    """Its name leads to no address that a tool may reach."""


class NoAddress(httpcore2.ConnectError):
    """Nobody knows an address by its name."""


@cache
def _resolvers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(RESOLVERS, thread_name_prefix="tool-names")


async def resolved(host: str, port: int) -> list[Address]:
    """Raises NoAddress."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            _resolvers(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except (OSError, UnicodeError):  # the second: what cannot be a name
        raise NoAddress(host) from None
    return list(dict.fromkeys(ipaddress.ip_address(each[4][0]) for each in found))


Resolve = Callable[[str, int], Awaitable[list[Address]]]


async def permitted(host: str, port: int, resolve: Resolve = resolved) -> list[Address]:
    """Of those that the name has, these may be reached. Forbidden: none."""
    hosts: Hosts = settings.TOOL_HOSTS
    addresses = await resolve(host, port)
    if allowed := [each for each in addresses if hosts.may_reach(host, each, port)]:
        return allowed
    raise Forbidden(f"{addresses[0]}" if addresses else "")


class Pinned(httpcore2.AsyncNetworkBackend):
    """As httpcore2's own, but for where a name leads."""

    def __init__(self, resolve: Resolve = resolved) -> None:
        self._network, self._resolve = httpcore2.AnyIOBackend(), resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore2's own name)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await permitted(host.strip("[]"), port, self._resolve)
        for address in addresses:
            is_last = address == addresses[-1]
            try:
                return await self._network.connect_tcp(
                    f"{address}",
                    port,
                    timeout=timeout if is_last else _ADDRESS_S,
                    local_address=local_address,
                    socket_options=socket_options,
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if is_last:
                    raise
        raise AssertionError("at least one is permitted")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def new_pool(
    tls: ssl.SSLContext | None = None, resolve: Resolve = resolved
) -> httpcore2.AsyncConnectionPool:
    """httpx's pool, without what httpx adds: no cookies from one tool's answer to another's
    request, no proxies or passwords from the environment, no redirects, nothing unpacked."""
    return httpcore2.AsyncConnectionPool(
        ssl_context=tls or httpcore2.default_ssl_context(),
        max_connections=MOST_CONNECTIONS,
        max_keepalive_connections=MOST_IDLE,
        keepalive_expiry=IDLE_S,
        network_backend=Pinned(resolve),
    )


pool = PerLoop(new_pool)
"""The process's: all tools of all its calls."""


async def aclose() -> None:
    if made := pool.take():
        await made.aclose()
