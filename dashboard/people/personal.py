"""Personal data in calls: who may see it, and what everybody else is shown in its place.

Rule: this is the one place that hides. Pages use its tags (dashboard.templatetags.personal); where
it is not known who looks, all is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin

from calls.language.language import spoken
from calls.privacy.known import HIDDEN, without
from calls.privacy.redaction import redacted
from calls.process.log import masked

PERMISSION = "calls.see_personal"


def may_see_personal(user: AbstractBaseUser | AnonymousUser) -> bool:
    return isinstance(user, PermissionsMixin | AnonymousUser) and user.has_perm(PERMISSION)


def shown_words(
    text: str, *, sees: bool, goes_on: bool = False, known: Iterable[object] = ()
) -> str:
    """What was said, or written of it. goes_on: it is being said. known: values that are personal,
    and may stand in it."""
    if sees or not text:
        return text
    return without(redacted(text, spoken(), goes_on=goes_on), known, spoken())


def shown_number(number: str, *, sees: bool) -> str:
    """054•••••67"""
    return number if sees or not number else masked(number)


def shown_name(name: str, *, sees: bool) -> str:
    """One that is known to be a person's: among other words it is not recognised."""
    return name if sees or not name else HIDDEN


def shown_holds(holds: Iterable[dict[str, Any]], *, sees: bool) -> list[dict[str, Any]]:
    return [hold | {"note": shown_words(hold.get("note") or "", sees=sees)} for hold in holds]
