"""Seal the secrets of numbers' tools with the first key of FIELD_KEY, so that the others can go.

Rule: it is safe to run at any time, and again: what no key opens stays as it is, and is named.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.http_tools import field_keys
from calls.http_tools.http_tool import HttpTool


class Command(BaseCommand):
    help = "Seal the tools' secrets with the first key of FIELD_KEY; then leave the others out."

    def handle(self, *args: Any, **options: Any) -> None:
        sealed, unreadable = 0, list[str]()
        for pk in HttpTool.objects.values_list("pk", flat=True):
            done, left = _seal(pk)
            sealed += done
            unreadable += left
        self.stdout.write(f"{sealed} secrets are sealed with the first key of FIELD_KEY.")
        if unreadable:
            raise CommandError(
                "no key in FIELD_KEY opens these, so keep the key that does, or write them again "
                f"on their pages: {', '.join(unreadable)}"
            )
        self.stdout.write("Once every process has been restarted with it, the other keys can go.")


@transaction.atomic
def _seal(pk: int) -> tuple[int, list[str]]:
    """How many, and the names of those that cannot be."""
    one = HttpTool.objects.select_for_update(of=("self",)).select_related("number").filter(pk=pk)
    if not (tool := one.first()):  # deleted meanwhile
        return 0, []
    unreadable = tool.unreadable_headers()
    anew = {
        name: token if name in unreadable else field_keys.sealed_anew(token)
        for name, token in tool.headers.items()
    }
    HttpTool.objects.filter(pk=pk).update(headers=anew)
    return len(anew) - len(unreadable), tool.named(unreadable)
