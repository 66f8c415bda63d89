"""Changes to people's accounts: inviting, assigning a role, blocking, unblocking, resetting.

Rules: nobody can remove their own admin role; the last admin cannot be removed; only a superuser
can change a superuser; every change is in the audit with the previous value."""

from __future__ import annotations

import secrets

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from dashboard.models import AuditEvent, Preferences
from dashboard.people.roles import ROLES, role_of

PERSON = AuditEvent.Action.PERSON
ADMINS = Q(is_superuser=True) | Q(groups__name="admin")


class Refused(Exception):
    """The change is refused; the message is for the page."""


def everybody() -> QuerySet[User]:
    """With their groups, and whether they have a second step (`has_second_step`)."""
    second_step = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    return (
        User.objects.annotate(has_second_step=Exists(second_step))
        .select_related("preferences")
        .prefetch_related("groups")
        .order_by("-is_active", "username")
    )


def invite(request: HttpRequest, name: str, role: str) -> tuple[User, str]:
    """The new person, and the one-time password, which nobody is told again."""
    password = _one_time_password()
    with transaction.atomic():
        person = User.objects.create_user(name, password=password)
        person.groups.set(Group.objects.filter(name=role))
        Preferences.objects.create(user=person, has_one_time_password=True)
        AuditEvent.note(request, PERSON, person, invited=role)
    return person, password


def give_role(request: HttpRequest, person: User, role: str) -> None:
    """One of ROLES, or "" for none; whatever else of rights was there goes."""
    with transaction.atomic():
        before = role_of(person)
        _check(request, person, keeps_admin=role == "admin")
        if before == role and not person.is_superuser:
            return
        person.groups.remove(*Group.objects.filter(name__in=ROLES))
        person.groups.add(*Group.objects.filter(name=role))
        User.objects.filter(pk=person.pk).update(is_superuser=False, is_staff=False)
        AuditEvent.note(request, PERSON, person, changed="role", before=before, after=role)


def let_in(request: HttpRequest, person: User, is_active: bool) -> None:
    """Or keep out, which ends their sign-ins."""
    with transaction.atomic():
        _check(request, person, keeps_admin=is_active)
        if person.is_active != is_active:
            User.objects.filter(pk=person.pk).update(is_active=is_active)
            before = person.is_active
            AuditEvent.note(
                request, PERSON, person, changed="active", before=before, after=is_active
            )


def reset_password(request: HttpRequest, person: User) -> str:
    """A one-time password; it ends their sign-ins."""
    _check(request, person, keeps_admin=True)
    password = _one_time_password()
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        Preferences.objects.update_or_create(user=person, defaults={"has_one_time_password": True})
        AuditEvent.note(request, PERSON, person, changed="password")
    return password


def reset_second_step(request: HttpRequest, person: User) -> None:
    """For who has lost the telephone and the recovery codes."""
    _check(request, person, keeps_admin=True)
    with transaction.atomic():
        _count, of_what = Authenticator.objects.filter(user=person).delete()
        if of_what:
            AuditEvent.note(request, PERSON, person, changed="two-step", before=True, after=False)


def _check(request: HttpRequest, person: User, *, keeps_admin: bool) -> None:
    """In a transaction, so that two admins cannot take away each other's role at once."""
    if person.pk == request.user.pk:
        raise Refused(_("You cannot change your own account here: ask another admin."))
    if person.is_superuser and not getattr(request.user, "is_superuser", False):
        raise Refused(
            _("This is the installation's own account: it can be changed only by signing in to it.")
        )
    if keeps_admin or role_of(person) != "admin":
        return
    admins = User.objects.select_for_update(of=("self",)).filter(is_active=True)
    rest = [one.pk for one in admins.filter(ADMINS).order_by("pk") if one.pk != person.pk]
    if not rest:
        raise Refused(_("This is the last admin: make somebody else an admin first."))


def _one_time_password() -> str:
    """To be read out or copied; 64 bits are enough for a password that is used once."""
    return "-".join(secrets.token_hex(2) for _part in range(4))
