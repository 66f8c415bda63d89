"""HeVoice's wiring. Imported first, so that numpy reads the variables set here."""

import os

# numpy's matrix products wait for their own threads by spinning: on a busy machine a product of
# 0.5 ms, on the event loop of every call, then takes 8 ms. One thread is faster at our sizes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from hevoice.celery import app as celery_app

__all__ = ("celery_app",)
