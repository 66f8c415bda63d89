"""VAR_DIR is private to the server's user: it holds callers' words and voices, keys and sessions.

Rule: every process of the installation (servers, workers, commands) creates its files for its own
user only, whatever umask it was started with. At start-up it removes other users' access to
existing files, and says where it could not.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

FOR_OTHERS = 0o077


def keep(folder: Path) -> list[str]:
    """Make the folder if it is not there, and keep it private; what could not be, in words."""
    os.umask(FOR_OTHERS)
    folder.mkdir(parents=True, exist_ok=True)
    if folder.stat().st_mode & stat.S_ISVTX:
        return [f"{folder} is a folder for everybody (like /tmp): name one of its own"]
    return list(_mend(folder))


def made_once(kept: Path, make: Callable[[], str]) -> str:
    """A secret made once for this machine, so that it outlives a restart."""
    if not kept.exists():
        made = kept.with_name(f"{kept.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(make())
        with suppress(FileExistsError):  # another process was first
            os.link(made, kept)
        made.unlink()
    return kept.read_text()


def _mend(folder: Path) -> Iterator[str]:
    """A link is left alone: what it leads to is not ours to shut."""
    for path in (folder, *folder.rglob("*")):
        try:
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & FOR_OTHERS:
                path.chmod(stat.S_IMODE(mode) & ~FOR_OTHERS)
        except FileNotFoundError:  # another process has just removed it
            continue
        except OSError as error:
            yield f"{path} is open to others, and stays so: {error.strerror}"
