"""A Chromium whose tabs hide each other, as an operator's do.

Playwright keeps every page in front, with its timers at full speed. Here it only presses the
buttons; then it lets go, and another tab is opened over the page by the browser's own protocol.
"""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from playwright.sync_api import Page, sync_playwright
from websockets.sync.client import ClientConnection, connect

from tests.dashboard.browser import FLAGS
from tests.server import PASSWORD, Server

STARTED_S = 20.0


class Tab:
    """One page of a browser that nobody but us looks at."""

    def __init__(self, browser: ClientConnection, target: str) -> None:
        self._browser, self._target, self._numbers = browser, target, count(1)
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}

    def evaluate(self, program: str) -> Any:
        asked = {"expression": program, "returnByValue": True}
        return self._ask("Runtime.evaluate", self._session, **asked)["result"].get("value")

    @contextmanager
    def behind_another(self) -> Iterator[None]:
        """Another tab is in front of it."""
        other = self._ask("Target.createTarget", url="about:blank")["targetId"]
        yield
        self._ask("Target.closeTarget", targetId=other)
        self._ask("Target.activateTarget", targetId=self._target)

    def _ask(self, method: str, session: Any = None, **params: Any) -> Any:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._browser.send(json.dumps(message | (session or {})))
        while (answer := json.loads(self._browser.recv())).get("id") != number:
            pass
        return answer["result"]


@contextmanager
def talking_tab(
    server: Server, *flags: str, script: str = "", press: Callable[[Page], None]
) -> Iterator[Tab]:
    """The Talk page of somebody who has signed in. script: runs first on every page. press: what
    is done on it while Playwright holds it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["/usr/bin/chromium", "--headless=new", *FLAGS, *flags,
             f"--remote-debugging-port={port}", f"--user-data-dir={profile}", "about:blank"],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            address = _debugger(port)
            with sync_playwright() as playwright:
                browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
                page = browser.contexts[0].pages[0]
                if script:
                    page.add_init_script(script)
                page.goto(f"{server.address}/en/login/?next=/en/talk/")
                page.fill("[name=login]", "operator")
                page.fill("[name=password]", PASSWORD)
                page.click("main button")
                page.wait_for_url("**/talk/")
                press(page)
                browser.close()  # lets go
            with connect(address, max_size=None, proxy=None) as debugger:
                debugger.send('{"id": 0, "method": "Target.getTargets"}')
                targets = json.loads(debugger.recv())["result"]["targetInfos"]
                (found,) = (each for each in targets if each["url"].endswith("/talk/"))
                yield Tab(debugger, found["targetId"])
        finally:
            process.terminate()
            process.wait()


def _debugger(port: int) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until_s = time.monotonic() + STARTED_S
    while True:
        try:
            with direct.open(f"http://127.0.0.1:{port}/json/version", timeout=2) as answer:
                return str(json.load(answer)["webSocketDebuggerUrl"])
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.1)
