"""Who uses the dashboard, in its tests."""

from __future__ import annotations

from django.contrib.auth.models import Group, User

from dashboard.people.roles import create_roles


def a_person(
    role: str = "operator", name: str = "dana", password: str = "a long enough one"
) -> User:
    """Signed up in a role of dashboard.people.roles; "": in none."""
    create_roles()  # a TransactionTestCase before may have emptied the tables
    person = User.objects.create_user(name, password=password)
    if role:
        person.groups.add(Group.objects.get(name=role))
    return person
