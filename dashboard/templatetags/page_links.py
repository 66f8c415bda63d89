"""The navigation: links to the pages that the person may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.people.required_steps import due

register = template.Library()
PAGES = (
    ("home", _("Home"), "calls.view_call", "h"),
    ("live", _("Calls in progress"), "calls.view_call", "l"),
    ("calls", _("Calls"), "calls.view_call", "c"),
    ("latencies", _("Latencies"), "calls.view_call", "t"),
    ("profiles", _("Profiles"), "calls.view_call", "p"),
    ("talk", _("Talk"), "calls.talk_call", "k"),
    ("lab", _("Lab"), "calls.replay_call", "b"),
    ("numbers", _("Numbers"), "calls.view_call", "n"),
    ("services", _("Setup"), "calls.view_serverprocess", ""),
    ("people", _("People"), "auth.change_user", ""),
    ("audit", _("Audit"), "dashboard.view_auditevent", ""),
)
"""URL name, label, the permission without which the page is not offered, and the key that leads
there after `g` (static/js/keys.js)."""


@dataclass(frozen=True, slots=True)
class Link:
    address: str
    label: Promise
    is_current: bool
    key: str


@register.simple_tag(takes_context=True)
def page_links(context: dict[str, Any]) -> list[Link]:
    request = context["request"]
    if due(request.user):  # each would lead back to it
        return []
    home = reverse("home")
    links = []
    for name, label, permission, key in PAGES:
        address = reverse(name)
        if request.user.has_perm(permission):
            is_home = address == home
            is_current = request.path == home if is_home else request.path.startswith(address)
            links.append(Link(address, label, is_current, key))
    return links
