"""What the admin's pages leave to others: people are changed on /people/, where it is audited, and
nobody looks at what a second step is made of."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import User

for model in (User, EmailAddress, Authenticator):
    admin.site.unregister(model)
