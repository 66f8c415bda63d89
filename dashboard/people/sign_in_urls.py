"""The pages for signing in: those of django-allauth's that we serve, under its names.

Signing up, e-mail and social accounts are not listed here, so those pages do not exist.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.urls import path

urlpatterns = [
    path("login/", account.login, name="login"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="logout"),
    path("logout/", account.logout, name="account_logout"),
    path("login/code/", mfa.authenticate, name="mfa_authenticate"),
    path("me/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("me/confirm/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("me/password/", account.password_change, name="account_change_password"),
    path("me/two-step/", mfa.index, name="mfa_index"),
    path("me/two-step/on/", totp.activate_totp, name="mfa_activate_totp"),
    path("me/two-step/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("me/two-step/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "me/two-step/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"
    ),
    path(
        "me/two-step/codes/codes.txt",
        codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
