"""The keys, as the help page tells them; static/js/keys.js and the pages' own modules know them.

They are places on the keyboard, so they are the same on a Hebrew one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.templatetags.page_links import PAGES


@dataclass(frozen=True, slots=True)
class Shortcut:
    keys: tuple[str, ...]
    """Pressed one after the other."""
    meaning: Promise


@dataclass(frozen=True, slots=True)
class ShortcutGroup:
    title: Promise
    shortcuts: tuple[Shortcut, ...]


SHORTCUTS = (
    ShortcutGroup(
        _("On every page"),
        (
            Shortcut(("?",), _("This list")),
            Shortcut(("/",), _("To the search field of the page")),
            *(Shortcut(("g", key), label) for _name, label, _permission, key in PAGES if key),
            Shortcut(("Esc",), _("Close what is open")),
        ),
    ),
    ShortcutGroup(
        _("On the page of a call"),
        (
            Shortcut(("j",), _("Next turn")),
            Shortcut(("k",), _("Previous turn")),
            Shortcut(("c",), _("Next cut-in")),
            Shortcut(("Space",), _("Play and pause")),
            Shortcut(("←",), _("Two seconds back")),
            Shortcut(("→",), _("Two seconds on")),
        ),
    ),
)
