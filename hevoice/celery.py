"""The Celery application: what no caller waits for. `celery -A hevoice worker -B` runs it all."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hevoice.settings")

app = Celery("hevoice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
