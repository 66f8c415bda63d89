"""What Django's admin leaves out: people are changed on /people/, where changes are audited, and
nobody can look at the secrets of a second step."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User

for model in (User, EmailAddress, Authenticator):
    admin.site.unregister(model)
