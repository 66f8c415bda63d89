"""What was agreed in a call that is over, put to the language model that answers calls.

Rule: nobody waits on the telephone any more, so the deadline is longer than in a call; nothing is
retried here (calls.agreed.writing tries again).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from calls.services import vendors


class Summariser(Protocol):
    """A vendor's language model as one is configured."""

    name: str
    """What pages and the log call it."""

    async def summarise(self, rules: str, told: str, schema: Mapping[str, Any]) -> Any:
        """What it writes of what it is told, as JSON that the schema allows, if it keeps to it.

        rules: how it is done. told: the data. Raises ServiceFailed: refused, late, or no JSON."""

    async def aclose(self) -> None: ...


def summariser() -> Summariser | None:
    """Of the vendor that writes the answers; None: what answers calls is no language model, or has
    no account."""
    known = vendors.registered(settings.VENDORS)
    chosen = next(vendors.in_use(known, [settings.WRITER]), None)
    if not chosen or not chosen.summariser:
        return None
    if not any(getattr(settings, name) for name in chosen.choosing("writer")):
        return None
    made: Summariser = import_string(chosen.summariser)()
    return made
