"""A system for tools to ask, in a process of its own: `python -m bench.tool_system` prints its
address, and answers /wait/MS after so long."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

FREE = {"day": "שלישי", "free": ["9:00", "10:00", "11:30"]}


@contextmanager
def system() -> Iterator[str]:
    """Its address."""
    command = [sys.executable, "-m", "bench.tool_system"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


async def _answer(request: web.Request) -> web.Response:
    await asyncio.sleep(int(request.match_info["ms"]) / 1000)
    return web.json_response(FREE)


async def _serve() -> None:
    app = web.Application()
    app.router.add_route("*", "/wait/{ms:\\d+}", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
