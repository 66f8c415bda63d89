"""Make the shipped clips of the prompts in the embedded voice, after their wording has changed."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from calls.language.language import spoken
from calls.services.espeak.speaker import synthesise


class Command(BaseCommand):
    help = "Make the shipped clips of the prompts of the language that is spoken."

    def handle(self, *args: object, **options: object) -> None:
        language = spoken()
        language.clips.mkdir(exist_ok=True)
        for name, text in language.prompts.items():
            path = language.clip(name)
            path.write_bytes(synthesise(text))
            self.stdout.write(f"{path.name}: {path.stat().st_size} bytes")
