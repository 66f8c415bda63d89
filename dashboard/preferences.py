"""The settings of whoever looks at a page, for every template."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from dashboard.models import Preferences


def of_request(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `preferences`; asked for only where a template looks at them."""
    return {"preferences": SimpleLazyObject(lambda: _of(request))}


def _of(request: HttpRequest) -> Preferences:
    if request.user.is_authenticated:
        kept = Preferences.objects.filter(user=request.user).first()
        return kept or Preferences(user=request.user)
    return Preferences()
