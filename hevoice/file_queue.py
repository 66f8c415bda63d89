"""Celery's queue of files, for use without Redis: kombu's, made to survive a broken file.

Rule: a message that cannot be read is skipped and logged. A full disk leaves empty messages, at
each of which kombu's own transport would end the worker; the schedule finds the lost tasks again.
"""

from __future__ import annotations

import logging
from queue import Empty
from typing import Any

from kombu.transport import filesystem

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def _get(self, queue: str, timeout: float | None = None) -> Any:
        try:
            return super()._get(queue)
        except ValueError:  # kombu has already taken it out of the folder
            logger.warning("A message in the queue was not whole, and is left out")
            raise Empty from None


class Transport(filesystem.Transport):
    Channel = Channel
