from django.urls import path

from calls import views

urlpatterns = [
    path("twilio/voice", views.answer, name="answer"),
    path("twilio/after", views.after, name="after"),
    path("twilio/forwarded", views.forwarded, name="forwarded"),
    path("twilio/status", views.status, name="status"),
    path("twilio/stream", views.stream, name="stream"),
    path("healthz", views.healthz, name="healthz"),
]
