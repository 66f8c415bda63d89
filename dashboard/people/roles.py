"""The three roles, as Django groups: each has the permissions of the one before it, and more.

Rule: a group is given each of its role's permissions once, a new one when the version comes that
brings it. After that it is left alone, so that an installation can change its roles' permissions.
"""

from __future__ import annotations

import logging

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.models import OfferedPermission

logger = logging.getLogger(__name__)

VIEWER = ("calls.view_call", "calls.view_phonenumber", "tuning.view_timingprofile")
OPERATOR = (
    *VIEWER,
    *("calls.listen_call", "calls.step_in_call", "calls.play_call", "calls.replay_call"),
    *("calls.export_call", "calls.label_call", "calls.talk_call", "tuning.add_draft"),
    *("calls.see_personal", "tuning.view_trial"),
)
ADMIN = (
    *OPERATOR,
    *("tuning.add_revision", "tuning.add_timingprofile", "tuning.change_timingprofile"),
    "tuning.run_trial",
    *("calls.add_phonenumber", "calls.change_phonenumber", "calls.delete_phonenumber"),
    *("calls.call_phonenumber", "calls.view_serverprocess"),
    *("calls.view_talklink", "calls.add_talklink", "calls.change_talklink"),
    *("auth.view_user", "auth.add_user", "auth.change_user", "dashboard.view_auditevent"),
)
ROLES = {"viewer": VIEWER, "operator": OPERATOR, "admin": ADMIN}
LABELS: dict[str, Promise] = {
    "viewer": _("Viewer"),
    "operator": _("Operator"),
    "admin": _("Admin"),
    "": _("No role"),
}
MEANINGS: dict[str, Promise] = {
    "viewer": _(
        "Can see calls, latencies, profiles and numbers; personal data in what callers say is "
        "hidden."
    ),
    "operator": _(
        "Can also see personal data, talk to the agent, listen in and step in, play recordings, "
        "replay, label, export and draft."
    ),
    "admin": _(
        "Can also run trials, publish, share links to the agent, edit numbers and people, and read "
        "the audit."
    ),
}


def role_of(user: User) -> str:
    """The highest of a person's roles, "" for none. A superuser may do everything."""
    if user.is_superuser:
        return "admin"
    names = {group.name for group in user.groups.all()}
    return next((role for role in reversed(ROLES) if role in names), "")


def create_roles() -> None:
    for name, codenames in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        offered = OfferedPermission.objects.filter(group=group).values("permission")
        if new := list(_permissions(codenames).exclude(pk__in=offered)):
            group.permissions.add(*new)
            offers = [OfferedPermission(group=group, permission=each) for each in new]
            OfferedPermission.objects.bulk_create(offers)
        if new and not is_new:
            logger.info("The role %s may now also: %s", name, ", ".join(each.name for each in new))


def _permissions(names: tuple[str, ...]) -> QuerySet[Permission]:
    wanted = Q()
    for name in names:
        app, _dot, codename = name.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
