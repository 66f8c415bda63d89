from django.urls import path

from calls.process import health

urlpatterns = [path("healthz", health.healthz, name="healthz")]
