"""What is ours in signing in: its words, what it refuses, and how recent a sign-in is enough.

django-allauth does the rest (docs/operations.md, "People"). Rules: nobody signs up; a wrong name
and a wrong password are answered alike; its pages are templates/account and templates/mfa.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from qrcode.image.svg import SvgPathFillImage

RECENT_S = 300
"""Who signed in so recently need not give the password again to change how they sign in."""
WRONG_CODE = _("This code is wrong, or was used already. Wait for the next one and try again.")
TOO_MANY = _(
    "Too many wrong tries. Wait five minutes and try again, or ask an admin to reset your password."
)


class OperatorAdapter(DefaultAccountAdapter):
    error_messages: ClassVar[dict[str, Promise]] = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("The name or the password is wrong."),
        "incorrect_password": _("The password is wrong."),
        "enter_current_password": _("The present password is wrong."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return redirect("login")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return resolve_url("preferences")

    def clean_password(self, password: str, user: Any = None) -> str:
        if user is not None and user.check_password(password):
            raise ValidationError(_("This is the present password. Choose another one."))
        return str(super().clean_password(password, user))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not any(
            time.time() - record["at"] < RECENT_S
            for record in get_authentication_records(self.request, self.request.user)
        )


class SecondStepAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Promise]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": _(
            "Your role needs two-step sign-in, so it cannot be turned off. For another telephone, "
            "ask an admin to reset it."
        ),
        "cannot_generate_recovery_codes": _("Turn on two-step sign-in first."),
    }

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        from dashboard.people.required_steps import needs_second_step

        return not needs_second_step(authenticator.user)

    def build_totp_svg(self, url: str) -> str:
        """Dark on light whatever the theme, or telephones do not see it."""
        code = qrcode.QRCode()
        code.add_data(url)
        hidden = {"class": "qr", "aria-hidden": "true", "focusable": "false"}
        image = code.make_image(image_factory=SvgPathFillImage, **hidden)
        return str(image.to_string(encoding="unicode"))
