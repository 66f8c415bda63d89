"""The calendar: hours of a week's days, each booked once. SQLite keeps that true."""

from __future__ import annotations

import sqlite3
from pathlib import Path

HOURS = range(9, 17)
DAYS = ("ראשון", "שני", "שלישי", "רביעי", "חמישי")


class Taken(Exception):
    """Somebody has that hour."""


class Bookings:
    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._rows = sqlite3.connect(file)
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS booking (id INTEGER PRIMARY KEY, day TEXT, hour INTEGER,"
            " name TEXT, key TEXT UNIQUE, UNIQUE (day, hour))"
        )

    def close(self) -> None:
        self._rows.close()

    def all(self) -> list[tuple[str, int, str]]:
        found = self._rows.execute("SELECT day, hour, name FROM booking ORDER BY day, hour")
        return [(str(day), int(hour), str(name)) for day, hour, name in found]

    def of(self, name: str) -> list[tuple[int, str, int]]:
        found = self._rows.execute(
            "SELECT id, day, hour FROM booking WHERE name = ? ORDER BY id", (name,)
        )
        return [(int(each), str(day), int(hour)) for each, day, hour in found]

    def free(self, day: str) -> list[int]:
        taken = {hour for on, hour, _name in self.all() if on == day}
        return [hour for hour in HOURS if hour not in taken]

    def book(self, day: str, hour: int, name: str, key: str | None = None) -> tuple[int, bool]:
        """The booking's number, and whether it is new: one key books once. Raises Taken."""
        done = self._rows.execute("SELECT id FROM booking WHERE key = ?", (key,)).fetchone()
        if key and done:
            return int(done[0]), False
        values = (day, hour, name, key)
        try:
            with self._rows:
                made = self._rows.execute(
                    "INSERT INTO booking (day, hour, name, key) VALUES (?, ?, ?, ?)", values
                )
        except sqlite3.IntegrityError:
            raise Taken from None
        assert made.lastrowid
        return made.lastrowid, True

    def cancel(self, number: int, name: str | None = None) -> bool:
        """name: only a booking of theirs. False: there is none."""
        with self._rows:
            gone = self._rows.execute(
                "DELETE FROM booking WHERE id = ? AND name = coalesce(?, name)", (number, name)
            )
        return gone.rowcount > 0
