"""How much personal data redaction finds, on lines in which it is marked (tests/privacy).

    .venv/bin/python -m bench.redaction            # the lines that nothing was tuned on
    .venv/bin/python -m bench.redaction --tuned    # those that the rules were written by

A piece counts as found if all its letters and digits are hidden; a false alarm is a line without
personal data in which something is.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")

from calls.measures.shares import wilson
from tests.privacy.lines import lines


def table(name: str) -> str:
    """Pieces wholly hidden by kind, and the lines without personal data in which something is."""
    pieces: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    quiet = [line for line in lines(name) if not line.pieces]
    for line in lines(name):
        pieces[line.kind] += len(line.pieces)
        covered[line.kind] += line.covered
    rows = [_row(kind, covered[kind], count) for kind, count in pieces.items() if count]
    rows.append(_row("all", covered.total(), pieces.total()))
    rows.append(
        _row("false alarms, lines", sum(line.false_alarms > 0 for line in quiet), len(quiet))
    )
    return "\n".join(rows)


def _row(name: str, hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{name:20} {hits:3} of {of:3} = {hits / of:6.1%}  (95 % {low:.1%} to {high:.1%})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuned", action="store_true")
    given = parser.parse_args()
    print(table("tuned" if given.tuned else "unseen"))


if __name__ == "__main__":
    main()
