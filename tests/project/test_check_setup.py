"""`manage.py check_setup` against servers that serve and servers that refuse."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile

from django.conf import settings
from django.test import SimpleTestCase, tag

from tests.servers import free_port
from tests.servers.openai import OpenAiServer
from tests.servers.redis import RedisServer

SECRET = "sk-wrong-0123456789"


@tag("protocol")
class CheckSetupTests(SimpleTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.environ = os.environ | {
            "VAR_DIR": folder.name,
            "DJANGO_SETTINGS_MODULE": "tests.services.writer_settings",
        }

    def run_manage(self, *arguments: str, **environ: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR, env=self.environ | environ, timeout=60, check=False,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def check(self, *, gives_verdicts: bool = True, **environ: str) -> tuple[int, dict[str, str]]:
        """The exit status, and what was said of each thing, its state first."""

        async def served() -> tuple[int, str]:
            async with OpenAiServer() as openai:
                openai.verdicts.are_given = gives_verdicts
                given = {"OPENAI_BASE_URL": openai.url, "OPENAI_API_KEY": openai.key} | environ
                return await asyncio.to_thread(self.run_manage, "check_setup", **given)

        status, said = asyncio.run(served())
        for secret in (SECRET, OpenAiServer.key, "hidden"):
            self.assertNotIn(secret, said)
        rows: dict[str, str] = {}
        for line in said.partition("\n\n")[0].splitlines():
            if name := line[:14].strip():
                rows[name] = line[14:].strip()
            else:
                rows[list(rows)[-1]] += " " + line.strip()
        return status, rows

    def test_where_everything_works_it_says_so(self) -> None:
        self.run_manage("migrate", "-v0")
        with RedisServer() as redis:
            status, rows = self.check(REDIS_URL=redis.url)
        self.assertEqual({row.split()[0] for row in rows.values()}, {"ok"}, rows)
        self.assertEqual(status, 0)
        self.assertIn("gpt-6-luna", rows["writer"])
        self.assertIn("GB free", rows["VAR_DIR"])
        self.assertIn("opens all 0 secrets", rows["FIELD_KEY"])

    def test_each_thing_that_is_wrong_is_told_with_what_to_do_and_without_secrets(self) -> None:
        gone = f"127.0.0.1:{free_port()}"
        status, rows = self.check(
            OPENAI_API_KEY=SECRET,
            REDIS_URL=f"redis://:hidden@{gone}/0",
            DATABASE_URL=f"postgresql://me:hidden@{gone}/calls",
            PUBLIC_HOST="voice.example",
            HEVOICE_TRANSCRIBER="embedded",
        )
        self.assertEqual(status, 1)
        for name, words in (
            ("writer", "OPENAI_API_KEY is refused: set a valid key (Incorrect API key provided"),
            ("Redis", "mend REDIS_URL"),
            ("database", "mend DATABASE_URL"),
            ("Twilio", "TWILIO_AUTH_TOKEN is not"),
        ):
            with self.subTest(name):
                self.assertTrue(rows[name].startswith("problem"), rows[name])
                self.assertIn(words, rows[name])
        self.assertTrue(rows["speaker"].startswith("ok"))

    def test_a_database_without_its_tables_and_a_missing_model_are_told(self) -> None:
        status, rows = self.check(
            DJANGO_SETTINGS_MODULE="hevoice.settings", HEVOICE_SPEAKER="embedded"
        )
        self.assertEqual(status, 1)
        self.assertIn("migrations are missing", rows["database"])
        self.assertIn("run `make models`", rows["model files"])
        self.assertIn("run `make models`", rows["transcriber"])

    def test_a_model_that_gives_no_verdicts_is_told_unless_none_are_wanted(self) -> None:
        status, rows = self.check(gives_verdicts=False)
        self.assertEqual(status, 1)
        self.assertTrue(rows["writer"].startswith("ok"), rows["writer"])
        self.assertIn("this model gives no verdicts: 3 of 3 answers", rows["verdicts"])
        self.assertIn("set TURN_VERDICT=off", rows["verdicts"])
        _status, rows = self.check(gives_verdicts=False, TURN_VERDICT="off")
        self.assertNotIn("verdicts", rows)

    def test_a_model_that_the_key_may_not_use_is_told_in_openais_words(self) -> None:
        _status, rows = self.check(OPENAI_MODEL="gpt-9")
        self.assertIn("The model `gpt-9` does not exist", rows["writer"])
