"""Values in a page's address, where anybody may write anything.

Rule: an impossible value means that the page does not exist (404), never a server error. Numbers
must fit the database; times must be valid in every time zone.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import Http404
from django.urls import register_converter
from django.urls.converters import IntConverter
from django.utils import timezone

Row = TypeVar("Row", bound=Model)
LARGEST_KEY = 2**63 - 1
MOST_DIGITS = len(f"{LARGEST_KEY}")
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)


def key_in(raw: str) -> int | None:
    """A row's number; None: it is none."""
    if not raw.isdecimal() or len(raw) > MOST_DIGITS or (key := int(raw)) > LARGEST_KEY:
        return None
    return key


class KeyConverter(IntConverter):
    """<key:pk> in a route: Django's <int:...> accepts numbers too large for a database."""

    def to_python(self, value: str) -> int:
        if (key := key_in(value)) is None:
            raise ValueError
        return key


register_converter(KeyConverter, "key")


def number_in(raw: str) -> int:
    """A number that must make sense. Http404."""
    if (key := key_in(raw)) is None:
        raise Http404
    return key


def is_of_our_time(at: datetime) -> bool:
    """Whether it can be compared with what happens here, whatever its time zone."""
    return FIRST <= at <= LAST


def place_of(at: datetime, row: Model) -> str:
    """A place in a list, newest first, for the address of what follows."""
    return f"{at.isoformat()}~{row.pk}"


def after_place(found: QuerySet[Row], moment: str, place: str) -> QuerySet[Row]:
    """Those that follow a place in a list by this field, newest first: what comes meanwhile shifts
    nothing. Http404."""
    if not place:
        return found
    at_raw, _tilde, key_raw = place.partition("~")
    try:
        at = datetime.fromisoformat(at_raw)
    except ValueError:
        raise Http404 from None
    if timezone.is_naive(at) or not is_of_our_time(at):
        raise Http404
    older: dict[str, Any] = {f"{moment}__lt": at}
    # The first condition alone lets an index be walked; the second tells rows of one moment apart.
    found = found.filter(**{f"{moment}__lte": at})
    return found.filter(Q(**older) | Q(pk__lt=number_in(key_raw)))
