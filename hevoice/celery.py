"""The Celery application, for work no caller waits for. `celery -A hevoice worker -B` runs it
all."""

from __future__ import annotations

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")

TRANSPORT_ALIASES["files"] = "hevoice.file_queue:Transport"
app = Celery("hevoice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
