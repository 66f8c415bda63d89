"""People: invited, given a role, kept out, helped back in; and what nobody may do to them."""

from __future__ import annotations

from http import HTTPStatus

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client, TestCase

from dashboard.models import AuditEvent, Preferences
from dashboard.people.roles import role_of
from tests.dashboard.operators import a_person

PASSWORD = "a long enough one"


class PeopleTestCase(TestCase):
    def setUp(self) -> None:
        cache.clear()
        self.ronit = a_person("admin", "ronit")
        self.dana = a_person("operator", "dana")
        self.client.force_login(self.ronit)

    def do(self, verb: str, person: User | None = None, **given: str) -> str:
        """What the page that follows says."""
        pk = (person or self.dana).pk
        response = self.client.post(f"/en/people/{pk}/{verb}/", given, follow=True)
        self.assertEqual(response.status_code, HTTPStatus.OK)
        return response.content.decode()

    def audited(self) -> dict[str, object]:
        event = AuditEvent.objects.latest("pk")
        self.assertEqual((event.who_name, event.action), ("ronit", "person"))
        return {"what": event.what, **event.detail}


class InviteTests(PeopleTestCase):
    def invite(self, name: str = "noa", role: str = "viewer") -> str:
        response = self.client.post("/en/people/invite/", {"username": name, "role": role})
        self.assertEqual(response.status_code, HTTPStatus.OK)
        self.assertIn("no-store", response.headers["Cache-Control"])
        return str(response.context["password"])

    def test_who_is_invited_signs_in_once_with_the_password_and_then_chooses_another(self) -> None:
        password = self.invite(role="operator")
        noa = User.objects.get(username="noa")
        self.assertEqual(role_of(noa), "operator")
        theirs = Client()
        theirs.post("/en/login/", {"login": "noa", "password": password})
        response = theirs.get("/en/calls/")
        self.assertRedirects(response, "/en/me/password/", fetch_redirect_response=False)

    def test_the_password_is_kept_nowhere_and_each_is_another(self) -> None:
        password, other = self.invite(), self.invite("gil")
        self.assertNotEqual(password, other)
        rows = f"{list(AuditEvent.objects.values())} {list(User.objects.values())}"
        self.assertNotIn(password, rows)
        self.assertNotContains(self.client.get("/en/people/"), password)
        self.assertNotIn(password, f"{dict(self.client.session)}")

    def test_it_is_audited_with_the_role(self) -> None:
        self.invite(role="viewer")
        self.assertEqual(self.audited(), {"what": "noa", "invited": "viewer"})

    def test_a_name_that_is_taken_or_impossible_is_said_beside_its_field(self) -> None:
        for name, words in (("dana", "already has this name"), ("no spaces", "without spaces")):
            response = self.client.post("/en/people/invite/", {"username": name, "role": "viewer"})
            self.assertContains(response, words, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
        self.assertEqual(User.objects.count(), 2)

    def test_whoever_comes_back_to_its_address_is_led_to_the_list(self) -> None:
        self.assertRedirects(self.client.get("/en/people/invite/"), "/en/people/")

    def test_a_role_that_does_not_exist_invites_nobody(self) -> None:
        response = self.client.post("/en/people/invite/", {"username": "noa", "role": "king"})
        self.assertEqual(response.status_code, HTTPStatus.UNPROCESSABLE_ENTITY)
        self.assertFalse(User.objects.filter(username="noa").exists())


class ListTests(PeopleTestCase):
    def test_each_row_says_role_last_sign_in_second_step_and_account(self) -> None:
        TOTP.activate(self.dana, "JBSWY3DPEHPK3PXP")
        Preferences.objects.create(user=a_person("", "guest"), has_one_time_password=True)
        page = self.client.get("/en/people/").content.decode()
        for words in ("Operator", "never", "one-time password", "No role", "✓</span>on"):
            self.assertIn(words, page)

    def test_it_costs_the_same_queries_however_many_there_are(self) -> None:
        for number in range(20):
            a_person("viewer", f"viewer {number}")
        with self.assertNumQueries(7):
            self.client.get("/en/people/")

    def test_a_person_s_page_shows_what_they_did_last(self) -> None:
        AuditEvent.objects.create(who_name="dana", action="play", what="CA1")
        AuditEvent.objects.create(who_name="ronit", action="play", what="CA2")
        page = self.client.get(f"/en/people/{self.dana.pk}/")
        self.assertContains(page, "CA1")
        self.assertNotContains(page, "CA2")


class ChangeTests(PeopleTestCase):
    def test_a_role_is_changed_and_its_rights_with_it(self) -> None:
        self.assertIn("The role is now: Admin.", self.do("role", role="admin"))
        dana = User.objects.get(pk=self.dana.pk)
        self.assertTrue(dana.has_perm("tuning.add_revision"))
        expected = {"what": "dana", "changed": "role", "before": "operator", "after": "admin"}
        self.assertEqual(self.audited(), expected)
        self.do("role", role="")
        self.assertEqual(role_of(User.objects.get(pk=self.dana.pk)), "")

    def test_the_same_role_again_and_a_role_that_does_not_exist_change_nothing(self) -> None:
        self.do("role", role="operator")
        self.do("role", role="king")
        self.assertFalse(AuditEvent.objects.exists())

    def test_who_is_kept_out_is_out_at_once_and_can_be_let_in_again(self) -> None:
        theirs = Client()
        theirs.force_login(self.dana)
        self.assertIn("can no longer sign in", self.do("active", active="no"))
        self.assertEqual(theirs.get("/en/calls/").status_code, HTTPStatus.FOUND)
        expected = {"what": "dana", "changed": "active", "before": True, "after": False}
        self.assertEqual(self.audited(), expected)
        self.do("active", active="yes")
        self.assertTrue(User.objects.get(pk=self.dana.pk).is_active)

    def test_a_reset_password_ends_the_old_one_and_the_sign_ins(self) -> None:
        theirs = Client()
        theirs.force_login(self.dana)
        response = self.client.post(f"/en/people/{self.dana.pk}/password/")
        dana = User.objects.get(pk=self.dana.pk)
        self.assertTrue(dana.check_password(response.context["password"]))
        self.assertTrue(dana.preferences.has_one_time_password)
        self.assertEqual(theirs.get("/en/calls/").status_code, HTTPStatus.FOUND)
        self.assertEqual(self.audited(), {"what": "dana", "changed": "password"})

    def test_a_reset_second_step_is_gone_with_its_recovery_codes(self) -> None:
        TOTP.activate(self.dana, "JBSWY3DPEHPK3PXP")
        self.do("two-step")
        self.assertFalse(Authenticator.objects.exists())
        expected = {"what": "dana", "changed": "two-step", "before": True, "after": False}
        self.assertEqual(self.audited(), expected)


class RefusalTests(PeopleTestCase):
    def test_nobody_changes_their_own_account_here(self) -> None:
        for verb in ("role", "active", "password", "two-step"):
            with self.subTest(verb):
                page = self.do(verb, self.ronit, role="viewer", active="no")
                self.assertIn("You cannot change your own account here", page)
        ronit = User.objects.get(pk=self.ronit.pk)
        self.assertEqual((role_of(ronit), ronit.is_active), ("admin", True))
        self.assertFalse(AuditEvent.objects.exists())

    def test_the_last_admin_stays_one_whoever_asks(self) -> None:
        somebody = a_person("operator", "somebody")
        somebody.user_permissions.set(self.ronit.groups.get().permissions.all())
        self.client.force_login(somebody)
        for verb in ("role", "active"):
            page = self.do(verb, self.ronit, role="viewer", active="no")
            self.assertIn("make somebody else an admin first", page)
        a_person("admin", "second")
        self.do("role", self.ronit, role="viewer")
        self.assertEqual(role_of(User.objects.get(pk=self.ronit.pk)), "viewer")

    def test_an_admin_who_is_kept_out_does_not_count(self) -> None:
        out = a_person("admin", "out")
        User.objects.filter(pk=out.pk).update(is_active=False)
        somebody = a_person("operator", "somebody")
        somebody.user_permissions.set(self.ronit.groups.get().permissions.all())
        self.client.force_login(somebody)
        self.assertIn("the last admin", self.do("active", self.ronit, active="no"))

    def test_the_installation_s_account_is_changed_only_by_such_a_one(self) -> None:
        root = User.objects.create_superuser("operator", password=PASSWORD)
        for verb in ("role", "active", "password", "two-step"):
            with self.subTest(verb):
                page = self.do(verb, root, role="viewer", active="no")
                self.assertIn("the installation's own account", page)
        other = User.objects.create_superuser("other", password=PASSWORD)
        self.client.force_login(other)
        self.do("role", root, role="viewer")
        root.refresh_from_db()
        self.assertEqual(
            (root.is_superuser, root.is_staff, role_of(root)), (False, False, "viewer")
        )

    def test_the_admin_s_pages_do_not_change_people_past_the_audit(self) -> None:
        self.client.force_login(User.objects.create_superuser("operator", password=PASSWORD))
        for path in ("auth/user/", "mfa/authenticator/", "account/emailaddress/"):
            with self.subTest(path):
                response = self.client.get(f"/en/admin/{path}")
                self.assertEqual(response.status_code, HTTPStatus.NOT_FOUND)
        response = self.client.get("/en/admin/password_change/")
        self.assertRedirects(response, "/en/me/password/", fetch_redirect_response=False)
