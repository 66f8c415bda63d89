"""Who sees callers' personal data: asked here, and nowhere else."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User

HIDDEN = "•••"
"""What stands in its place for everybody else."""


def may_see_personal(user: User | AnonymousUser) -> bool:
    return user.has_perm("calls.see_personal")
