"""The operators' pages, each under its language. Every one but the sign-in needs a sign-in."""

from __future__ import annotations

from django.urls import path

from dashboard import (
    call_views,
    calls_views,
    help_views,
    latency_views,
    live_views,
    number_views,
    over_time_views,
    people_views,
    profile_views,
    recording_views,
    service_views,
    sign_in_urls,
    tradeoff_views,
    views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("live/", live_views.live, name="live"),
    *sign_in_urls.urlpatterns,
    path("calls/", calls_views.calls, name="calls"),
    path("calls/export/<str:kind>/", calls_views.export, name="calls_export"),
    path("calls/<int:pk>/", call_views.call, name="call"),
    path("calls/<int:pk>/recording.wav", recording_views.recording, name="recording"),
    path("latencies/", latency_views.latencies, name="latencies"),
    path("latencies/over-time/", over_time_views.over_time, name="over_time"),
    path("latencies/trade-off/", tradeoff_views.tradeoff, name="tradeoff"),
    path("people/", people_views.people, name="people"),
    path("people/invite/", people_views.invite, name="person_invite"),
    path("people/<int:pk>/", people_views.person, name="person"),
    path("people/<int:pk>/role/", people_views.change_role, name="person_role"),
    path("people/<int:pk>/active/", people_views.change_active, name="person_active"),
    path("people/<int:pk>/password/", people_views.reset_password, name="person_password"),
    path("people/<int:pk>/two-step/", people_views.reset_second_step, name="person_second_step"),
    path("audit/", people_views.audit, name="audit"),
    path("me/", help_views.settings_of_mine, name="preferences"),
    path("help/shortcuts/", help_views.shortcuts, name="shortcuts"),
    path("help/glossary/", help_views.glossary, name="glossary"),
    path("services/", service_views.services, name="services"),
    path("numbers/", number_views.numbers, name="numbers"),
    path("numbers/new/", number_views.number, name="number_new"),
    path("numbers/<int:pk>/", number_views.number, name="number"),
    path("numbers/<int:pk>/delete/", number_views.delete, name="number_delete"),
    path("numbers/<int:pk>/call/", number_views.call_it, name="number_call"),
    path("test-calls/<int:pk>/", number_views.test_call, name="test_call"),
    path("profiles/", profile_views.profiles, name="profiles"),
    path("profiles/<int:pk>/", profile_views.edit, name="profile"),
    path("profiles/<int:pk>/check/", profile_views.check, name="profile_check"),
    path("profiles/<int:pk>/use/", profile_views.use, name="profile_use"),
    path("profiles/<int:pk>/restore/<int:number>/", profile_views.restore, name="profile_restore"),
]
