"""Record every scripted call anew: python -m tests.recordings.record

A file that says the same in another order stays as it is, so that a diff shows what has changed.
"""

from __future__ import annotations

import json
import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")
    django.setup()
    from tests.recordings.calls import CALLS
    from tests.recordings.scripted import FOLDER

    gone = set(FOLDER.glob("*/*.jsonl"))
    for call in CALLS:
        made = call.make(call.profile)
        for name, path in call.files.items():
            lines = list(getattr(made, name))
            known = path.read_text().splitlines() if path in gone else []
            gone.discard(path)
            if [json.loads(line) for line in known] != [json.loads(line) for line in lines]:
                path.parent.mkdir(exist_ok=True)
                path.write_text("".join(f"{line}\n" for line in lines))
    for path in gone:
        path.unlink()


if __name__ == "__main__":
    main()
