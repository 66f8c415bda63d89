"""Whether the services can be used: each is actually tried at start-up, and again until it works.

Rule: while a service fails, /healthz says so, and a load balancer takes the process out of use. A
call that arrives anyway is still answered, with whatever works.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from calls.services import ServiceFailed, vendors

logger = logging.getLogger(__name__)

AGAIN_S = (5.0, 10.0, 20.0, 40.0, 60.0)
"""A service that failed is tried again after so long, the last for ever."""

failures: dict[str, str] = {}
"""By role, what its last try met, in the provider's own words, with what to do."""


def service(role: str) -> Any:
    """The class that plays the role."""
    return import_string(getattr(settings, role.upper()))


async def try_out(role: str) -> bool:
    """Make what is expensive and use it once; whether it works."""
    try:
        await service(role).warm_up()
    except ServiceFailed as error:
        _failed(role, f"{error}", is_ours=False)
    except Exception as error:
        _failed(role, f"{error!r}", is_ours=True)
    else:
        if failures.pop(role, None):
            logger.warning("The %s works now", role)
        return True
    return False


async def try_until_it_works(role: str) -> None:
    tries = 0
    while True:
        await asyncio.sleep(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
        if await try_out(role):
            return
        tries += 1


def _failed(role: str, why: str, *, is_ours: bool) -> None:
    if failures.get(role) != why:
        logger.error("The %s cannot be used: %s", role, why, exc_info=is_ours)
    failures[role] = why


def standings() -> list[dict[str, str]]:
    """Each role: its class, what it was asked to use, what it uses and why; and its failure."""
    found = []
    for role in vendors.ROLES:
        kind = service(role)
        failure = failures.get(role, "")
        found.append(
            {"role": role, "name": kind.__name__, "failure": failure} | asdict(kind.availability())
        )
    return found
