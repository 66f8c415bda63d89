"""What was copied from others is what was copied: nobody edits it."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.test import SimpleTestCase

VENDOR = settings.BASE_DIR / "static" / "vendor"


class VendorTests(SimpleTestCase):
    def test_every_file_is_listed_with_its_hash(self) -> None:
        rows = [line.split() for line in (VENDOR / "VENDOR.txt").read_text().splitlines()[3:]]
        listed = {row[0]: row[-1] for row in rows if row}
        files = {path.name for path in VENDOR.glob("*.js")}
        self.assertEqual(files, set(listed))
        for name, digest in listed.items():
            with self.subTest(name):
                found = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
                self.assertEqual(found, digest)
