"""What the roles' groups may do: all of their role in a new installation, and what a newer version
brings, once; nothing that was taken away comes back."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import TestCase

from dashboard.models import OfferedPermission
from dashboard.people.roles import ROLES, create_roles


def of(role: str) -> set[str]:
    group = Group.objects.get(name=role)
    pairs = group.permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in pairs}


def take(role: str, codename: str) -> None:
    Group.objects.get(name=role).permissions.remove(Permission.objects.get(codename=codename))


class RolesTests(TestCase):
    def setUp(self) -> None:
        create_roles()

    def test_a_new_installation_has_the_roles_as_they_are_shipped(self) -> None:
        for role, permissions in ROLES.items():
            self.assertEqual(of(role), set(permissions))

    def test_a_permission_that_a_newer_version_brings_reaches_the_groups_once(self) -> None:
        Permission.objects.get(codename="talk_call").delete()  # as before it
        take("operator", "play_call")
        with self.assertLogs("dashboard.people.roles", "INFO") as told:
            call_command("migrate", verbosity=0)
        self.assertEqual(of("operator"), set(ROLES["operator"]) - {"calls.play_call"})
        self.assertEqual(of("viewer"), set(ROLES["viewer"]))
        self.assertIn("Can talk to the agent from the browser", told.output[0])
        take("operator", "talk_call")
        call_command("migrate", verbosity=0)
        self.assertNotIn("calls.talk_call", of("operator"))
        self.assertIn("calls.talk_call", of("admin"))

    def test_a_group_that_is_made_anew_has_everything(self) -> None:
        take("viewer", "view_call")
        Group.objects.get(name="viewer").delete()
        create_roles()
        self.assertEqual(of("viewer"), set(ROLES["viewer"]))


class UpgradeTests(TestCase):
    """From a version that did not note what it had offered."""

    def setUp(self) -> None:
        create_roles()
        OfferedPermission.objects.all().delete()
        take("operator", "play_call")

    def migrate(self) -> None:
        module = import_module("dashboard.migrations.0006_offered_permissions")
        module.offer_what_there_is(apps, None)
        create_roles()

    def test_what_was_taken_away_stays_away(self) -> None:
        take("operator", "talk_call")
        self.migrate()
        gone = {"calls.play_call", "calls.talk_call"}
        self.assertEqual(of("operator"), set(ROLES["operator"]) - gone)

    def test_groups_that_were_never_given_talking_are_given_it(self) -> None:
        for role in ("operator", "admin"):
            take(role, "talk_call")
        self.migrate()
        self.assertEqual(of("operator"), set(ROLES["operator"]) - {"calls.play_call"})
        self.assertEqual(of("admin"), set(ROLES["admin"]))
