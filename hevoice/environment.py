"""Reads values from the environment; an error gives the name, the value and what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from calls.http_tools.hosts import Hosts
from calls.privacy.keeping import USUAL_DAYS, Days
from calls.services import vendors


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def host(name: str) -> str:
    """A host name, with a port or without."""
    raw = text(name)
    if raw and not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", raw):
        raise ImproperlyConfigured(f"{name}={raw!r} must be a host name alone, like voice.example")
    return raw


def hosts(name: str) -> Hosts:
    """Names, addresses and networks, by commas, each with a port or without."""
    try:
        return Hosts.parsed(text(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def keys(name: str) -> list[str]:
    """Fernet keys, by commas; their values are told to nobody."""
    given = [each for each in map(str.strip, text(name).split(",")) if each]
    for place, each in enumerate(given, 1):
        try:
            Fernet(each)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: key {place} must be a Fernet key: 32 bytes in URL-safe base64"
            ) from None
    return given


def number(name: str, default: int, low: int, high: int) -> int:
    raw = text(name, str(default))
    allowed = f"{name}={raw!r} must be a whole number from {low} to {high}"
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(allowed) from None
    if not low <= value <= high:
        raise ImproperlyConfigured(allowed)
    return value


def days(name: str) -> Days:
    """How long each kind of personal data is kept."""
    raw = text(name, f"{USUAL_DAYS}")
    try:
        return Days.of(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={raw!r}: {error}") from None


def switch(name: str, default: bool) -> bool:
    raw = text(name, "true" if default else "false").lower()
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} must be true or false")


def choice(name: str, default: str, choices: Mapping[str, str]) -> str:
    """What the chosen word stands for."""
    raw = text(name, default).lower()
    if raw not in choices:
        raise ImproperlyConfigured(f"{name}={raw!r} must be {' or '.join(choices)}")
    return choices[raw]


def of_vendors(modules: Sequence[str]) -> dict[str, str | bool]:
    """All that the vendors' declarations let one set, and the class that plays each role."""
    declared = vendors.registered(modules)
    given: dict[str, str | bool] = {}
    for each in (setting for vendor in declared for setting in vendor.settings):
        if isinstance(each.default, bool):
            given[each.name] = switch(each.name, each.default)
        else:
            given[each.name] = text(each.name, each.default)
    for role in vendors.ROLES:
        usual = vendors.usual(declared, role, given)
        players = vendors.players(declared, role)
        given[role.upper()] = choice(f"HEVOICE_{role.upper()}", usual, players)
    return given
