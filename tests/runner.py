"""The test runner: Django's, with a last line that says how many ran, for people and for CI.

With `--parallel` the tests run in several processes (tests/parallel.py), and what a test that
passes says is not shown.
"""

from __future__ import annotations

import shutil
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections
from django.db.models.signals import post_migrate
from django.test.runner import DiscoverRunner

from tests import parallel
from tests.parallel import Ran
from tuning.turns.profile import SHIPPED, Profile


class CountingRunner(DiscoverRunner):
    """Prints `N passed, N failed` alone on the last line."""

    def setup_test_environment(self, **kwargs: Any) -> None:
        super().setup_test_environment(**kwargs)
        # Most tests are about something else than timing, and their callers speak in fixed waits.
        # They go ten times as fast as any service, and would be filled in every turn.
        settings.DEFAULT_PROFILE = "balanced"
        settings.DEFAULT_KNOBS = Profile(**SHIPPED["balanced"] | {"filler_after_ms": 0})
        # Nobody guesses a test's password: half a second each is not worth it.
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        # Whatever a run keeps is its own: two may go on at once.
        self._var = parallel.new_var(Path(tempfile.mkdtemp(prefix="hevoice-tests-")))
        settings.VAR_DIR = self._var

    def teardown_test_environment(self, **kwargs: Any) -> None:
        super().teardown_test_environment(**kwargs)
        shutil.rmtree(self._var)

    def setup_databases(self, **kwargs: Any) -> Any:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = self._var / "test.sqlite3"
        post_migrate.connect(_make_ready)
        try:
            return super().setup_databases(**kwargs)
        finally:
            post_migrate.disconnect(_make_ready)

    def run_suite(self, suite: unittest.TestSuite, **kwargs: Any) -> Any:
        if self.parallel > 1:
            return parallel.run(suite, self.parallel)
        return super().run_suite(suite, **kwargs)

    def suite_result(self, suite: unittest.TestSuite, result: Any, **kwargs: Any) -> int:
        ran: Sequence[Ran] = result if isinstance(result, list) else [Ran.of("", result)]
        self._counts = sum(each.passed for each in ran), sum(each.broken for each in ran)
        return self._counts[1]

    def run_tests(self, test_labels: list[str], **kwargs: Any) -> int:
        failed = super().run_tests(test_labels, **kwargs)
        passed, broken = self._counts
        print(f"{passed} passed, {broken} failed", flush=True)  # noqa: T201
        return failed


def _make_ready(using: str, **_: Any) -> None:
    """The tables stand; clones of them may be made next."""
    if connections[using].vendor != "sqlite":
        return
    with connections[using].cursor() as cursor:
        # Tables are emptied by deleting, between tests.
        cursor.execute("drop trigger if exists audit_never_deleted")
        # A clone is a copy of the file: all of it must be in there.
        cursor.execute("pragma wal_checkpoint(truncate)")
