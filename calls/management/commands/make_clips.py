"""Make the shipped clips of the prompts in the embedded voice, after their wording has changed."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from calls.services.espeak.speaker import synthesise
from calls.voice import prompts


class Command(BaseCommand):
    help = "Make the shipped clips of the prompts (calls/voice/clips)."

    def handle(self, *args: object, **options: object) -> None:
        prompts.CLIPS.mkdir(exist_ok=True)
        for name in prompts.TEXTS:
            path = prompts.shipped(name)
            path.write_bytes(synthesise(prompts.text(name)))
            self.stdout.write(f"{path.name}: {path.stat().st_size} bytes")
