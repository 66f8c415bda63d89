"""The socket of a replay's page: how far it is, until it is over.

Rule: news of it may come from a worker in another process, or not at all where there is no Redis;
so the page is also told with every pulse.
"""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async

from calls.lab.replay import Replay
from calls.lab.replaying import group_of
from dashboard.live.page_socket import PageSocket


class ReplayConsumer(PageSocket):
    permission = "calls.replay_call"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.pk = scope["url_route"]["kwargs"]["pk"]
        self.groups = (group_of(self.pk),)
        await super().__call__(scope, receive, send)

    async def begin(self) -> None:
        self.told: tuple[str, int, bool] | None = None
        await self.ask()

    async def replay_moved(self, message: dict[str, Any]) -> None:
        await self.ask()

    async def ask(self) -> None:
        replay = await database_sync_to_async(_progress)(self.pk)
        if replay is None:
            return
        now = replay.state, replay.done, replay.is_untaken
        if now == self.told:
            return
        self.told = now
        await self.show("dashboard/lab/_progress.html", replay=replay, is_oob=True)


def _progress(pk: int) -> Replay | None:
    return Replay.objects.filter(pk=pk).defer("result", "skipped").first()
