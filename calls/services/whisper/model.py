"""The embedded recogniser's model: where it is, and whether it is the right one.

WHISPER_MODEL names a folder with any CTranslate2 Whisper model, which is used as it is. Otherwise
multilingual Whisper base, converted by Systran (MIT), is under VAR_DIR. Its bytes are checked when
it is fetched; a stamp of sizes and times beside them saves checking again at every start."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings

from calls.services import ServiceFailed

HUB_URL = (
    "https://huggingface.co/Systran/faster-whisper-base/resolve/"
    "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66"
)
SHA256 = {
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}
"""At that revision: the files that faster-whisper needs to load it without the hub."""
_STAMP = "verified"


def default_folder() -> Path:
    return Path(settings.VAR_DIR) / "models" / "whisper-base"


def present() -> Path:
    """The folder to load. Raises ServiceFailed, saying what to do, if there is no model in it."""
    if settings.WHISPER_MODEL:
        folder = Path(settings.WHISPER_MODEL)
        if not (folder / "model.bin").is_file():
            raise ServiceFailed(
                f"no Whisper model in {folder}: WHISPER_MODEL must name a folder with a "
                "CTranslate2 Whisper model (config.json, model.bin, tokenizer.json, vocabulary)"
            )
        return folder
    folder = default_folder()
    if not (folder / "model.bin").is_file():
        raise ServiceFailed(f"no Whisper model in {folder}: run `make models` or set WHISPER_MODEL")
    if not is_verified(folder):
        raise ServiceFailed(
            f"the Whisper model in {folder} is not the one that was fetched: "
            "run `make models` to replace it"
        )
    return folder


def is_verified(folder: Path) -> bool:
    """Are these the very files whose bytes were once found to be right?"""
    stamp = folder / _STAMP
    return stamp.is_file() and stamp.read_text() == _fingerprint(folder)


def verify(folder: Path) -> str:
    """Check every byte (0.2 s) and stamp the folder. What is wrong with it; empty: nothing."""
    for name, expected in SHA256.items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        with (folder / name).open("rb") as file:
            actual = hashlib.file_digest(file, "sha256").hexdigest()
        if actual != expected:
            return f"{name} has sha256 {actual[:12]}… instead of {expected[:12]}…"
    (folder / _STAMP).write_text(_fingerprint(folder))
    return ""


def _fingerprint(folder: Path) -> str:
    lines = []
    for name in SHA256:
        file = folder / name
        if file.is_file():
            status = file.stat()
            lines.append(f"{name} {status.st_size} {status.st_mtime_ns}\n")
    return "".join(lines)
