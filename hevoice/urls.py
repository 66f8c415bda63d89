"""All addresses. The carriers' and the shared links' have no language; the dashboard's start with
one."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path
from django.utils.module_loading import import_string
from django.views.generic import RedirectView

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
to_own_password = RedirectView.as_view(pattern_name="account_change_password")
urlpatterns = [
    path("", include("calls.urls")),
    *(path("", include(carrier.urls)) for carrier in map(import_string, settings.CARRIERS)),
    path("", include("dashboard.talk.visitor_urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    *i18n_patterns(
        path("admin/password_change/", to_own_password),
        path("admin/", admin.site.urls),
        path("", include("dashboard.urls")),
    ),
]
