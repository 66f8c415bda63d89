"""The environment: a wrong value stops the start with its name, its value and what is allowed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase

from hevoice import environment

NAME = "HEVOICE_TEST_VALUE"


@contextmanager
def variable(value: str | None) -> Iterator[None]:
    os.environ.pop(NAME, None)
    if value is not None:
        os.environ[NAME] = value
    try:
        yield
    finally:
        os.environ.pop(NAME, None)


class ReadingTests(SimpleTestCase):
    def test_nothing_set_means_the_default(self) -> None:
        for unset in (None, "", "  "):
            with self.subTest(unset=unset), variable(unset):
                self.assertEqual(environment.text(NAME, "he-IL"), "he-IL")
                self.assertEqual(environment.number(NAME, 7, 1, 10), 7)
                self.assertIs(environment.switch(NAME, True), True)

    def test_a_number_within_its_range_is_taken(self) -> None:
        for raw, value in (("1", 1), (" 10 ", 10)):
            with variable(raw):
                self.assertEqual(environment.number(NAME, 7, 1, 10), value)

    def test_any_other_number_is_refused_with_the_range(self) -> None:
        for raw in ("0", "11", "2.5", "many"):
            with self.subTest(raw), variable(raw):
                allowed = f"{NAME}='{raw}' must be a whole number from 1 to 10"
                with self.assertRaisesMessage(ImproperlyConfigured, allowed):
                    environment.number(NAME, 7, 1, 10)

    def test_a_switch_is_on_or_off_and_nothing_else(self) -> None:
        for raw, value in (("1", True), ("Yes", True), ("off", False), ("FALSE", False)):
            with self.subTest(raw), variable(raw):
                self.assertIs(environment.switch(NAME, not value), value)
        with variable("maybe"), self.assertRaisesMessage(ImproperlyConfigured, "true or false"):
            environment.switch(NAME, True)

    def test_a_choice_stands_for_something_and_any_other_word_is_refused(self) -> None:
        choices = {"google": "a", "embedded": "b"}
        with variable("Google"):
            self.assertEqual(environment.choice(NAME, "embedded", choices), "a")
        with variable(None):
            self.assertEqual(environment.choice(NAME, "embedded", choices), "b")
        wrong = f"{NAME}='azure' must be google or embedded"
        with variable("azure"), self.assertRaisesMessage(ImproperlyConfigured, wrong):
            environment.choice(NAME, "embedded", choices)


class StartTests(SimpleTestCase):
    def test_a_wrong_value_stops_the_start(self) -> None:
        wrong = {
            "VAD_HANGOVER_MS": ("soon", "60 to 600"),
            "MIN_UTT_SEC": ("600", "0.15 to 1.5"),
            "MAX_CALLS": ("none", "1 to 10000"),
        }
        for name, (value, allowed) in wrong.items():
            started = subprocess.run(
                [sys.executable, "-c", "import django; django.setup()"],
                cwd=settings.BASE_DIR,
                env=os.environ | {"DJANGO_SETTINGS_MODULE": "hevoice.settings", name: value},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            with self.subTest(name):
                self.assertNotEqual(started.returncode, 0)
                for part in (name, value, allowed):
                    self.assertIn(part, started.stderr.splitlines()[-1])


class FileTests(SimpleTestCase):
    """`.env`, beside which a command is run."""

    def check(self, folder: str, **given: str) -> subprocess.CompletedProcess[str]:
        # Whoever names the settings wants no .env.
        unset = {"DJANGO_SETTINGS_MODULE", "PORT"}
        environ = {name: value for name, value in os.environ.items() if name not in unset} | given
        return subprocess.run(
            [sys.executable, settings.BASE_DIR / "manage.py", "check"],
            cwd=folder, env=environ, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def test_a_command_reads_it_and_what_is_set_wins(self) -> None:
        with TemporaryDirectory() as folder:
            (Path(folder) / ".env").write_text("# where\nPORT=many   # no number\n")
            refused, wins = self.check(folder), self.check(folder, PORT="8001")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("PORT", refused.stderr)
        self.assertIn("many", refused.stderr)
        self.assertEqual((wins.returncode, wins.stderr), (0, ""))

    def test_it_need_not_be_there(self) -> None:
        with TemporaryDirectory() as folder:
            self.assertEqual(self.check(folder).returncode, 0)
