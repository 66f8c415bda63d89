"""DATABASE_URL and REDIS_URL: a wrong value stops the start, a right one is taken."""

from __future__ import annotations

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase

from hevoice import stores

VAR = Path("/nowhere")


class DatabaseTests(SimpleTestCase):
    def test_nothing_set_is_sqlite_in_var_dir(self) -> None:
        database = stores.databases("", VAR)["default"]
        self.assertEqual(database["NAME"], f"{VAR / 'hevoice.sqlite3'}")

    def test_a_url_is_postgresql_which_is_not_waited_for_for_long(self) -> None:
        database = stores.databases("postgresql://me:p%40ss@db:5433/calls", VAR)["default"]
        self.assertEqual(database["ENGINE"], "django.db.backends.postgresql")
        self.assertEqual((database["PASSWORD"], database["PORT"]), ("p@ss", 5433))
        self.assertLess(database["OPTIONS"]["connect_timeout"], 15)
        self.assertEqual(database["CONN_MAX_AGE"], 0)

    def test_what_the_url_itself_asks_for_wins(self) -> None:
        url = "postgres://me@db/calls?connect_timeout=9&sslmode=require"
        options = stores.databases(url, VAR)["default"]["OPTIONS"]
        self.assertEqual((options["connect_timeout"], options["sslmode"]), (9, "require"))

    def test_a_url_may_name_an_sqlite_file_which_is_used_as_our_own_is(self) -> None:
        usual = stores.databases("", VAR)["default"]
        for url, path in (("sqlite:////srv/a b.db", "/srv/a b.db"), ("sqlite:///a.db", "a.db")):
            with self.subTest(url):
                database = stores.databases(url, VAR)["default"]
                self.assertEqual(database, usual | {"NAME": path})

    def test_any_other_is_refused_by_name_and_its_password_is_not_told(self) -> None:
        for wrong in (
            "mysql://me:secret@db/calls",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite://host/path",
            "postgresql://me:secret@db",
            "postgresql://me:secret@db:port/calls",
            "secret",
        ):
            with self.subTest(wrong), self.assertRaises(ImproperlyConfigured) as refused:
                stores.databases(wrong, VAR)
            self.assertIn("DATABASE_URL must be postgresql://", f"{refused.exception}")
            self.assertNotIn("secret", f"{refused.exception}")


class LayerTests(SimpleTestCase):
    def test_nothing_set_is_a_layer_inside_the_process(self) -> None:
        layer = stores.channel_layers("")["default"]
        self.assertIn("InMemory", layer["BACKEND"])

    def test_a_url_is_redis_of_any_kind_that_it_has(self) -> None:
        for url in ("redis://redis:6379/1", "rediss://:secret@redis/0", "unix:///run/redis.sock"):
            (host,) = stores.channel_layers(url)["default"]["CONFIG"]["hosts"]
            self.assertEqual(host["address"], url)

    def test_any_other_is_refused_by_name(self) -> None:
        for wrong in ("amqp://:secret@rabbit", "localhost:6379", "redis://redis:secret/0"):
            with self.subTest(wrong), self.assertRaises(ImproperlyConfigured) as refused:
                stores.channel_layers(wrong)
            self.assertIn("REDIS_URL must be redis://", f"{refused.exception}")
            self.assertNotIn("secret", f"{refused.exception}")
