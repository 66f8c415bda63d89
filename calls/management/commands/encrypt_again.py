"""Encrypt what the database keeps secret with the first key of FIELD_KEY."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from calls.http_tools import field_keys
from calls.http_tools.http_tool import HttpTool


class Command(BaseCommand):
    help = "Encrypt the secrets of numbers' tools with the first of FIELD_KEY's keys."

    def handle(self, *args: Any, **options: Any) -> None:
        """What no key opens stays as it is, and is said."""
        done, unreadable = 0, list[str]()
        with transaction.atomic():
            for tool in HttpTool.objects.select_related("number").select_for_update(of=("self",)):
                for name, token in tool.headers.items():
                    try:
                        tool.headers[name] = field_keys.sealed_anew(token)
                    except field_keys.Unreadable:
                        unreadable.append(f"{tool.number.number} {tool.name}: {name}")
                    else:
                        done += 1
                tool.save(update_fields=["headers"])
        self.stdout.write(f"{done} encrypted with the first key")
        for each in unreadable:
            self.stdout.write(f"no key opens {each}: write it again on its page")
