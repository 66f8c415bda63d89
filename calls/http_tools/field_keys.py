"""Secrets that the database keeps: sealed before they are stored, opened only to be sent.

FIELD_KEY holds Fernet keys, by commas: the first seals, all of them open. Rule: what no key opens
is unreadable, which is said, and costs nobody more than the tool that needed it.
"""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """No key opens it."""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEY])


def sealed(value: str) -> str:
    return _keys().encrypt(value.encode()).decode()


def opened(token: str) -> str:
    """Raises Unreadable."""
    try:
        return _keys().decrypt(token.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def is_readable(token: str) -> bool:
    try:
        opened(token)
    except Unreadable:
        return False
    return True


def sealed_anew(token: str) -> str:
    """With the first key, so that the others can go. Raises Unreadable."""
    try:
        return _keys().rotate(token.encode()).decode()
    except InvalidToken:
        raise Unreadable from None
