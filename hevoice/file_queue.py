"""Celery's queue of files, where there is no Redis: kombu's, made to outlive a broken file.

Rule: what cannot be read is left out, and said. A full disk leaves messages empty, and kombu's own
transport ends the worker at each; the task that is lost so is found again by the schedule.
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
