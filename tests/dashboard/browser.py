"""Debian's Chromium, driven headless: one page at a time, with whatever it complains about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest import enterModuleContext

from django.test import SimpleTestCase, tag
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.server import PASSWORD, Server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));"""

TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, *flags]
        )
        yield browser
        browser.close()


class Operator:
    """A signed-in operator's page; `complaints`: what the console was told as an error.

    `user` None: nobody is signed in. `address`: by this way to the server.
    """

    def __init__(
        self,
        browser: Browser,
        server: Server,
        *,
        language: str = "he",
        theme: str = "light",
        width: int = 1280,
        user: str | None = "operator",
        password: str = PASSWORD,
        address: str = "",
    ) -> None:
        self._address = f"{address or server.address}/{language}"
        self._context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            locale="en-US",
        )
        self._context.add_init_script(REPORT_VIOLATIONS)
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._hear(said.type, said.text))
        self.page.on("pageerror", lambda error: self._hear("error", f"{error}"))
        self._under_way: set[Request] = set()
        self.page.on("request", lambda request: self._under_way.add(request))
        for kind in ("requestfinished", "requestfailed"):
            self.page.on(kind, lambda request: self._under_way.discard(request))
        if user is None:
            return
        self.visit("login/")
        self.page.fill("[name=login]", user)
        self.page.fill("[name=password]", password)
        self.page.click("main button")
        self.page.wait_for_url(f"{self._address}/")

    def visit(self, path: str) -> Page:
        self.page.goto(f"{self._address}/{path}")
        return self.page

    def another_window(self) -> Page:
        """Of the same person, signed in by the same cookies."""
        return self._context.new_page()

    def settle(self) -> None:
        """Until everything that the page asks for has come, and is drawn."""
        self.page.evaluate(TWO_FRAMES)
        while self._under_way:
            self.page.wait_for_timeout(20)
            self.page.evaluate(TWO_FRAMES)

    def forget_what_is_cached(self) -> None:
        """As on the first visit."""
        session = self._context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

    def leave(self) -> None:
        self._context.close()

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


@tag("browser")
class BrowserTestCase(SimpleTestCase):
    """One server and one browser for a module: starting them costs more than a page."""

    server: ClassVar[Server]
    browser: ClassVar[Browser]

    @classmethod
    def begin(
        cls, *flags: str, made: str = "", settings_module: str = "tests.fake_settings"
    ) -> None:
        """For `setUpModule`. flags: of the browser. made: a program that fills the database."""
        cls.server = enterModuleContext(Server(settings_module))
        if made:
            cls.server.manage("shell", "-v0", "-c", made)
        cls.browser = enterModuleContext(chromium(*flags))

    def signed_in(self, **wishes: Any) -> Operator:
        operator = Operator(self.browser, self.server, **wishes)
        self.addCleanup(operator.leave)
        return operator
