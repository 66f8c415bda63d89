"""Record every scripted call anew: python -m tests.recordings.record"""

from __future__ import annotations

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    django.setup()
    from tests.recordings.calls import CALLS
    from tests.recordings.scripted import FOLDER

    for path in FOLDER.glob("*/*.jsonl"):
        path.unlink()
    for call in CALLS:
        made = call.make(call.profile)
        for name, path in call.files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in getattr(made, name)))


if __name__ == "__main__":
    main()
