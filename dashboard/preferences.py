"""The viewer's settings, for every template; also kept in cookies.

A cookie applies on this device until the next sign-in: it sets the language of an address without
one, and the theme before the page is painted.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from dashboard.models import Preferences

COOKIE_S = 365 * 24 * 3600


def of_request(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `preferences`; asked for only where a template looks at them."""
    return {"preferences": SimpleLazyObject(lambda: of(request.user))}


def of(user: Any) -> Preferences:
    """A person's own, or everybody's where they have chosen nothing yet."""
    if not user.is_authenticated:
        return Preferences()
    try:
        kept: Preferences = user.preferences  # asked for once, and kept with the person
    except Preferences.DoesNotExist:
        return Preferences(user=user)
    return kept


def remember(response: HttpResponseBase, preferences: Preferences) -> None:
    """On this device, from the next page on."""
    chosen = {settings.LANGUAGE_COOKIE_NAME: preferences.language, "theme": preferences.theme}
    for name, value in chosen.items():
        if value == Preferences.Theme.DEVICE:
            response.delete_cookie(name, samesite="Lax")
        else:
            response.set_cookie(name, value, max_age=COOKIE_S, samesite="Lax")
