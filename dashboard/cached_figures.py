"""Figures about many turns, cached for a while: computing them takes a tenth of a second or more.

Rule: a cached figure is at most FIGURES_KEPT_S old, and never older than the latest label. Pages
that show single calls cache nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

SINCE = "figures-since"
Figures = TypeVar("Figures")


def cached(key: str, work_out: Callable[[], Figures]) -> Figures:
    """`key` names everything that the figures depend on, but for the calls themselves."""
    # Asked for before anything is looked at: what a label overtakes is kept under the old name.
    name = f"figures-{cache.get(SINCE, '')}-{key.replace(' ', '-')}"
    found: Figures | None = cache.get(name)
    if found is None:
        found = work_out()
        cache.set(name, found, settings.FIGURES_KEPT_S)
    return found


def drop_cached() -> None:
    """Somebody has judged a turn otherwise: no figure from before it is shown again."""
    cache.set(SINCE, uuid.uuid4().hex, settings.FIGURES_KEPT_S * 2)
