"""Figures of many turns, kept for a while: working them out takes a tenth of a second and more.

Rule: what is kept is at most KEPT_S old. The pages that show calls one by one keep nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

KEPT_S = 30
Figures = TypeVar("Figures")


def kept(key: str, work_out: Callable[[], Figures]) -> Figures:
    """`key` names everything that the figures depend on, but for the calls themselves."""
    if settings.TESTING:  # each test has calls of its own
        return work_out()
    name = "figures-" + key.replace(" ", "-")
    found: Figures | None = cache.get(name)
    if found is None:
        found = work_out()
        cache.set(name, found, KEPT_S)
    return found
