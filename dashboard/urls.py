"""The operators' pages, each under its language. All but the sign-in itself require a sign-in."""

from __future__ import annotations

from django.urls import path

from dashboard.advice import advice_views, prediction_views
from dashboard.agreed import agreed_views, form_views
from dashboard.calls import list_views, one_call_views, recording_views
from dashboard.help import help_views
from dashboard.home import home_views
from dashboard.knowledge import knowledge_views
from dashboard.lab import call_views, replay_views, trial_views
from dashboard.latencies import latency_views, over_time_views, tradeoff_views
from dashboard.live import live_views
from dashboard.numbers import number_views
from dashboard.people import people_views, sign_in_urls
from dashboard.profiles import draft_views, lab_views, profile_views
from dashboard.setup import service_views
from dashboard.stepin import line_views
from dashboard.talk import knob_views, link_views, talk_views
from dashboard.tools import tool_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("live/", live_views.live, name="live"),
    *sign_in_urls.urlpatterns,
    path("live/<key:pk>/", live_views.live_call, name="live_call"),
    path("live/<key:pk>/whisper/", line_views.whisper, name="whisper"),
    path("live/<key:pk>/say/", line_views.say, name="say"),
    path("calls/", list_views.calls, name="calls"),
    path("calls/export/<str:kind>/", list_views.export, name="calls_export"),
    path("calls/<key:pk>/", one_call_views.call, name="call"),
    path("calls/<key:pk>/turns/<key:number>/", one_call_views.turn, name="turn"),
    path("calls/<key:pk>/turns/<key:number>/label/", one_call_views.label, name="turn_label"),
    path("calls/<key:pk>/agreed/", agreed_views.agreed, name="agreed"),
    path("calls/<key:pk>/agreed/correct/", agreed_views.correct, name="agreed_correct"),
    path("calls/<key:pk>/tried/", call_views.tried, name="call_tried"),
    path("calls/<key:pk>/peaks.json", one_call_views.peaks, name="peaks"),
    path("calls/<key:pk>/recording.wav", recording_views.recording, name="recording"),
    path("talk/", talk_views.talk, name="talk"),
    path("talk/knobs/", knob_views.knobs, name="talk_knobs"),
    path("talk/knobs/try/", knob_views.try_knobs, name="talk_try"),
    path("talk/knobs/draft/", knob_views.draft, name="talk_draft"),
    path("talk/links/", link_views.links, name="talk_links"),
    path("talk/links/new/", link_views.new, name="talk_link_new"),
    path("talk/links/<key:pk>/withdraw/", link_views.withdraw, name="talk_link_withdraw"),
    path("latencies/", latency_views.latencies, name="latencies"),
    path("latencies/over-time/", over_time_views.over_time, name="over_time"),
    path("latencies/trade-off/", tradeoff_views.tradeoff, name="tradeoff"),
    path("lab/", replay_views.replays, name="lab"),
    path("lab/trials/", trial_views.trials, name="trials"),
    path("lab/trials/new/", trial_views.new, name="trial_new"),
    path("lab/trials/plan/", trial_views.plan, name="trial_plan"),
    path("lab/trials/<key:number>/", trial_views.trial, name="trial"),
    path("lab/trials/<key:number>/end/", trial_views.end, name="trial_end"),
    path("lab/trials/<key:number>/publish/", trial_views.publish, name="trial_publish"),
    path("lab/new/", replay_views.new, name="replay_new"),
    path("lab/advice/", advice_views.advice, name="advice"),
    path("lab/advice/<key:pk>/", advice_views.advice_of, name="advice_of"),
    path("lab/advice/<key:pk>/<slug:knob>/", advice_views.advice_draft, name="advice_draft"),
    path("lab/predictions/", prediction_views.predictions, name="predictions"),
    path("lab/<key:pk>/", replay_views.replay, name="replay"),
    path("lab/<key:pk>/stop/", replay_views.stop, name="replay_stop"),
    path("people/", people_views.people, name="people"),
    path("people/invite/", people_views.invite, name="person_invite"),
    path("people/<key:pk>/", people_views.person, name="person"),
    path("people/<key:pk>/role/", people_views.change_role, name="person_role"),
    path("people/<key:pk>/active/", people_views.change_active, name="person_active"),
    path("people/<key:pk>/password/", people_views.reset_password, name="person_password"),
    path("people/<key:pk>/two-step/", people_views.reset_second_step, name="person_second_step"),
    path("audit/", people_views.audit, name="audit"),
    path("me/", help_views.settings_of_mine, name="preferences"),
    path("help/shortcuts/", help_views.shortcuts, name="shortcuts"),
    path("help/glossary/", help_views.glossary, name="glossary"),
    path("services/", service_views.services, name="services"),
    path("numbers/", number_views.numbers, name="numbers"),
    path("numbers/new/", number_views.number, name="number_new"),
    path("numbers/<key:pk>/", number_views.number, name="number"),
    path("numbers/<key:pk>/delete/", number_views.delete, name="number_delete"),
    path("numbers/<key:pk>/call/", number_views.call_it, name="number_call"),
    path("numbers/<key:pk>/tools/", tool_views.tools, name="tools"),
    path("numbers/<key:pk>/tools/new/", tool_views.tool, name="tool_new"),
    path("numbers/<key:pk>/tools/<key:tool_pk>/", tool_views.tool, name="tool"),
    path("numbers/<key:pk>/tools/<key:tool_pk>/delete/", tool_views.delete, name="tool_delete"),
    path("numbers/<key:pk>/tools/<key:tool_pk>/try/", tool_views.try_it, name="tool_try"),
    path("numbers/<key:pk>/form/", form_views.form, name="number_form"),
    path("numbers/<key:pk>/form/begin/", form_views.begin, name="form_begin"),
    path("numbers/<key:pk>/form/new/", form_views.field, name="form_field_new"),
    path("numbers/<key:pk>/form/<key:field_pk>/", form_views.field, name="form_field"),
    path("numbers/<key:pk>/form/<key:field_pk>/move/", form_views.move, name="form_field_move"),
    path(
        "numbers/<key:pk>/form/<key:field_pk>/delete/",
        form_views.delete,
        name="form_field_delete",
    ),
    path("numbers/<key:pk>/knowledge/", knowledge_views.knowledge, name="knowledge"),
    path("numbers/<key:pk>/knowledge/found/", knowledge_views.found_for, name="knowledge_found"),
    *(
        each
        for kind in knowledge_views.KINDS
        for each in (
            path(
                f"numbers/<key:pk>/knowledge/{kind}/new/",
                knowledge_views.edit,
                {"kind": kind},
                name=f"knowledge_{kind}_new",
            ),
            path(
                f"numbers/<key:pk>/knowledge/{kind}/<key:known>/",
                knowledge_views.edit,
                {"kind": kind},
                name=f"knowledge_{kind}",
            ),
            path(
                f"numbers/<key:pk>/knowledge/{kind}/<key:known>/delete/",
                knowledge_views.delete,
                {"kind": kind},
                name=f"knowledge_{kind}_delete",
            ),
        )
    ),
    path("test-calls/<key:pk>/", number_views.test_call, name="test_call"),
    path("profiles/", profile_views.profiles, name="profiles"),
    path("profiles/<key:pk>/", profile_views.edit, name="profile"),
    path("profiles/<key:pk>/discard/", draft_views.discard, name="draft_discard"),
    path("profiles/<key:pk>/rebase/", draft_views.rebase, name="draft_rebase"),
    path("profiles/<key:pk>/preset/<slug:preset>/", draft_views.fill, name="draft_fill"),
    path("profiles/<key:pk>/diff/", draft_views.diff, name="profile_diff"),
    path("profiles/<key:pk>/r<key:number>.json", draft_views.export, name="revision_export"),
    path("profiles/<key:pk>/undo/<key:number>/", draft_views.undo, name="profile_undo"),
    path("profiles/<key:pk>/copy/", draft_views.copy, name="profile_copy"),
    path("profiles/<key:pk>/check/", profile_views.check, name="profile_check"),
    path("profiles/<key:pk>/verdict/", lab_views.verdict, name="profile_verdict"),
    path("profiles/<key:pk>/places/", lab_views.places, name="profile_places"),
    path("profiles/<key:pk>/use/", profile_views.use, name="profile_use"),
    path("profiles/<key:pk>/restore/<key:number>/", profile_views.restore, name="profile_restore"),
]
