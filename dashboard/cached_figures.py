"""Figures of many turns, kept for a while: working them out takes a tenth of a second and more.

Rule: what is kept is at most FIGURES_KEPT_S old, and of no time before the last label. The pages
that show calls one by one keep nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

SINCE = "figures-since"
Figures = TypeVar("Figures")


def kept(key: str, work_out: Callable[[], Figures]) -> Figures:
    """`key` names everything that the figures depend on, but for the calls themselves."""
    # Asked for before anything is looked at: what a label overtakes is kept under the old name.
    name = f"figures-{cache.get(SINCE, '')}-{key.replace(' ', '-')}"
    found: Figures | None = cache.get(name)
    if found is None:
        found = work_out()
        cache.set(name, found, settings.FIGURES_KEPT_S)
    return found


def work_out_anew() -> None:
    """Somebody has judged a turn otherwise: no figure from before it is shown again."""
    cache.set(SINCE, uuid.uuid4().hex, settings.FIGURES_KEPT_S * 2)
