from django.urls import path

from calls import views

urlpatterns = [
    path("twilio/voice", views.answer, name="answer"),
    path("twilio/after", views.after, name="after"),
    path("healthz", views.healthz, name="healthz"),
]
