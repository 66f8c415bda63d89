"""What a store's outage costs: callers hang up while it lasts, and are counted against the record.

.venv/bin/python -m bench.outages
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.fake_settings")
django.setup()

from tests.faults import outages  # noqa: E402


def main() -> None:
    print(outages.HEADER)
    for outage in (
        outages.sqlite_locked,
        outages.postgresql_gone,
        outages.disk_full,
        outages.killed,
    ):
        print(outage(), flush=True)


if __name__ == "__main__":
    main()
