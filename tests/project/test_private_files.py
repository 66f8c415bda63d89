"""What callers said is readable by the server's user alone, whatever umask it was started with."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import SimpleTestCase, tag

from calls.process import setup_checks
from calls.simulator import utterances
from calls.simulator.caller import Caller, Say
from calls.simulator.dialling import Dialled, place_call
from hevoice import private_files
from tests.server import Server

ENVIRON = {"DJANGO_SETTINGS_MODULE": "hevoice.settings"}


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Of this process, and of those that it starts."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path) -> dict[str, str]:
    found = (path for path in (folder, *folder.rglob("*")) if not path.is_symlink())
    return {
        f"{path.relative_to(folder)}": f"{path.stat().st_mode & 0o777:o}"
        for path in found
        if path.exists() and path.stat().st_mode & 0o077
    }


@tag("protocol")
class InstallationTest(SimpleTestCase):
    def test_nothing_of_a_server_a_worker_and_the_commands_is_open_to_others(self) -> None:
        with umask(0), Server("tests.fake_settings") as server:
            server.manage(
                "shell", "-c",
                "from calls.telephony.phone_number import PhoneNumber\n"
                "PhoneNumber.objects.create(number='+972771234567', name='Alon', records=True)",
            )  # fmt: skip
            caller = Caller([Say(utterances.load("smoke"))])
            result = asyncio.run(place_call(caller, Dialled(webhook=server.webhook)))
            self.assertEqual(result.errors, [])
            server.ended_call(result.call_sid)
            self.assertEqual(open_to_others(server.var), {})
            names = {path.name for path in server.var.rglob("*")}
        for name in ("hevoice.sqlite3", "hevoice.sqlite3-wal", "secret_key", "queue"):
            self.assertIn(name, names)
        self.assertTrue(any(name.endswith(".wav") for name in names))
        self.assertTrue(any(name.endswith(".peaks.json") for name in names))

    def test_an_older_installation_is_mended_by_any_of_its_processes(self) -> None:
        for command in (
            ("manage.py", "check"),
            ("-m", "celery", "-A", "hevoice", "report"),
            ("-c", "import hevoice.asgi"),
        ):
            with self.subTest(command), TemporaryDirectory() as name:
                folder = Path(name)
                folder.chmod(0o755)
                for inside in ("spool", "recordings/2026/11", "queue"):
                    (folder / inside).mkdir(parents=True)
                    (folder / inside / "file").write_text("שלום")
                    (folder / inside / "file").chmod(0o666)
                (folder / "recordings").chmod(0o777)
                subprocess.run(
                    [sys.executable, *command],
                    cwd=settings.BASE_DIR, check=True, capture_output=True, timeout=120,
                    env=os.environ | ENVIRON | {"VAR_DIR": name},
                )  # fmt: skip
                self.assertEqual(open_to_others(folder), {})
                self.assertEqual((folder / "spool/file").read_text(), "שלום")


class KeepTest(SimpleTestCase):
    databases = {"default"}  # noqa: RUF012  (check_setup looks at it, too)

    def setUp(self) -> None:
        self.enterContext(umask(0o022))
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def test_its_own_rights_stay_and_what_a_link_leads_to_is_left_alone(self) -> None:
        program, elsewhere = self.folder / "var/program", self.folder / "model"
        program.parent.mkdir()
        program.write_text("")
        program.chmod(0o755)
        elsewhere.write_text("")
        (self.folder / "var/link").symlink_to(elsewhere)
        self.assertEqual(private_files.keep(self.folder / "var"), [])
        self.assertEqual(program.stat().st_mode & 0o777, 0o700)
        self.assertEqual(elsewhere.stat().st_mode & 0o777, 0o644)

    def test_what_cannot_be_mended_is_said(self) -> None:
        said = private_files.keep(Path("/proc/self/attr"))  # the kernel's: nobody may shut it
        self.assertIn("/proc/self/attr is open to others", said[0])
        shared = self.folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        self.assertIn("name one of its own", private_files.keep(shared)[0])
        self.assertEqual(shared.stat().st_mode & 0o1777, 0o1777)

    def test_every_process_and_check_setup_say_so(self) -> None:
        shared = self.folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        told = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=settings.BASE_DIR, check=True, capture_output=True, text=True, timeout=60,
            env=os.environ | {"VAR_DIR": f"{shared}"},
        )  # fmt: skip
        self.assertIn("name one of its own", told.stderr)
        with self.settings(EXPOSED=["var/x is open to others, and stays so"]):
            (finding,) = (one for one in setup_checks.local() if one.what == "VAR_DIR")
        self.assertFalse(finding.is_ok)
        self.assertIn("open to others", finding.words)


class UnitTest(SimpleTestCase):
    def test_the_units_of_the_documentation_make_private_files_too(self) -> None:
        text = (settings.BASE_DIR / "docs" / "operations.md").read_text()
        units = re.findall(r"```ini\n(.*?)```", text, re.DOTALL)
        self.assertEqual(len(units), 2)
        for unit in units:
            for line in ("UMask=0077", "StateDirectory=hevoice", "StateDirectoryMode=0700"):
                self.assertIn(f"\n{line}\n", unit)
