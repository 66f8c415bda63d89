"""The keyboard shortcuts, for the help page; static/js/keys.js and the pages' modules handle them.

They go by position on the keyboard, so they are the same with a Hebrew layout.
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
            Shortcut(("/",), _("Go to the page's search field")),
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
    ShortcutGroup(
        _("While you speak to a caller"),
        (Shortcut(("Space",), _("Mute, and be heard again")),),
    ),
    ShortcutGroup(
        _("On the Talk page"),
        (
            Shortcut(("Space",), _("Mute, and be heard again")),
            Shortcut(("0", "…", "9", "*", "#"), _("A key of the telephone")),
        ),
    ),
)
