"""Records sign-ins, failed attempts, sign-outs and changes to signing in, in the audit.

A sign-in also brings the person's settings to this device."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dashboard import preferences
from dashboard.models import AuditEvent, Preferences

Action = AuditEvent.Action


def connect() -> None:
    account.user_logged_in.connect(_signed_in)
    user_login_failed.connect(_password_refused)
    mfa.authentication_failed.connect(_code_refused)
    user_logged_out.connect(_signed_out)
    account.password_changed.connect(_password_changed)
    mfa.authenticator_added.connect(_second_step_added)
    mfa.authenticator_removed.connect(_second_step_removed)
    mfa.authenticator_reset.connect(_second_step_reset)


def _signed_in(request: HttpRequest, user: Any, response: HttpResponseBase, **rest: Any) -> None:
    used = [record.get("type", "password") for record in get_authentication_records(request, user)]
    AuditEvent.note_by(user, request, Action.SIGN_IN, used=used)
    if Preferences.objects.filter(user=user).exists():
        preferences.remember(response, preferences.of(user))


def _password_refused(
    credentials: dict[str, Any], request: HttpRequest | None = None, **rest: Any
) -> None:
    if request is not None:
        tried = f"{credentials.get('username', '')}"
        AuditEvent.note_by(tried, request, Action.SIGN_IN_FAILED, refused="password")


def _code_refused(request: HttpRequest, user: Any, **rest: Any) -> None:
    AuditEvent.note_by(user, request, Action.SIGN_IN_FAILED, refused="code")


def _signed_out(request: HttpRequest, user: Any, **rest: Any) -> None:
    if user is not None:
        AuditEvent.note_by(user, request, Action.SIGN_OUT)


def _password_changed(request: HttpRequest, user: Any, **rest: Any) -> None:
    Preferences.objects.filter(user=user).update(has_one_time_password=False)
    AuditEvent.note_by(user, request, Action.SECURITY, "password")


def _second_step_added(request: HttpRequest, user: Any, authenticator: Any, **rest: Any) -> None:
    change = {"before": False, "after": True}
    AuditEvent.note_by(user, request, Action.SECURITY, authenticator.type, **change)


def _second_step_removed(request: HttpRequest, user: Any, authenticator: Any, **rest: Any) -> None:
    change = {"before": True, "after": False}
    AuditEvent.note_by(user, request, Action.SECURITY, authenticator.type, **change)


def _second_step_reset(request: HttpRequest, user: Any, authenticator: Any, **rest: Any) -> None:
    AuditEvent.note_by(user, request, Action.SECURITY, authenticator.type, renewed=True)
