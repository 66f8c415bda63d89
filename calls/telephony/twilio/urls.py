from django.urls import path

from calls.telephony.twilio import webhooks

urlpatterns = [
    path("twilio/voice", webhooks.answer, name="answer"),
    path("twilio/after", webhooks.after, name="after"),
    path("twilio/forwarded", webhooks.forwarded, name="forwarded"),
    path("twilio/status", webhooks.status, name="status"),
    path("twilio/stream", webhooks.stream, name="stream"),
]
