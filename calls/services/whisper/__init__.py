"""Whisper on this machine: the stand-in that recognises where there are no credentials."""

from calls.services.vendors import Setting, Vendor

VENDOR = Vendor(
    "embedded",
    plays={"transcriber": "calls.services.whisper.transcriber.WhisperTranscriber"},
    settings=(
        Setting(
            "WHISPER_MODEL",
            "folder of a CTranslate2 Whisper model; empty: multilingual Whisper base, in `VAR_DIR`",
        ),
    ),
    checks={"model files": "calls.services.whisper.model.present"},
)
