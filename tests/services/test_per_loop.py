"""What belongs to an event loop: one in each, and another after it was taken to be closed."""

from __future__ import annotations

import asyncio
import gc

from django.test import SimpleTestCase

from calls.services.per_loop import PerLoop


class Client:
    pass


class PerLoopTests(SimpleTestCase):
    def test_a_loop_has_one_and_another_loop_another(self) -> None:
        clients = PerLoop(Client)

        async def two() -> tuple[Client, Client]:
            return clients(), clients()

        one, again = asyncio.run(two())
        other, _ = asyncio.run(two())
        self.assertIs(one, again)
        self.assertIsNot(one, other)

    async def test_what_was_taken_to_be_closed_is_made_anew(self) -> None:
        clients = PerLoop(Client)
        self.assertIsNone(clients.take())
        first = clients()
        self.assertIs(clients.take(), first)
        self.assertIsNot(clients(), first)

    def test_a_loop_that_is_gone_keeps_nothing(self) -> None:
        made: list[int] = []

        class Counted(Client):
            def __del__(self) -> None:
                made.append(1)

        clients = PerLoop(Counted)

        async def one() -> None:
            clients()

        asyncio.run(one())
        gc.collect()
        self.assertEqual(made, [1])
