"""Pages for everybody who is signed in: their own settings, and help."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from dashboard import preferences
from dashboard.access import signed_in
from dashboard.help.glossary import GLOSSARY
from dashboard.help.shortcuts import SHORTCUTS
from dashboard.models import Preferences
from dashboard.people.required_steps import needs_second_step
from dashboard.people.roles import LABELS, MEANINGS, ROLES, role_of


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = Preferences
        fields = ("language", "theme", "shortcuts")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def settings_of_mine(request: HttpRequest) -> HttpResponse:
    kept = preferences.of(request.user)
    if kept.pk is None:  # what they see now is what they start from
        kept.language = translation.get_language() or kept.language
        kept.theme = request.COOKIES.get("theme", kept.theme)
    form = PreferencesForm(request.POST if request.method == "POST" else None, instance=kept)
    if form.is_valid():
        form.save()
        with translation.override(kept.language):
            messages.success(request, _("Saved, here and for your next sign-in."))
            response = redirect("preferences")
        preferences.remember(response, kept)
        return response
    role = role_of(request.user)  # type: ignore[arg-type]
    context = {
        "form": form,
        "languages": settings.LANGUAGES,
        "themes": Preferences.Theme.choices,
        "role": LABELS[role],
        "may": [MEANINGS[each] for each in list(ROLES)[: list(LABELS).index(role) + 1]]
        if role
        else [],
        "has_second_step": is_mfa_enabled(request.user),
        "needs_second_step": needs_second_step(request.user),
    }
    return render(
        request, "dashboard/people/preferences.html", context, status=422 if form.errors else 200
    )


@require_safe
@signed_in
@vary_on_headers("HX-Request")
def shortcuts(request: HttpRequest) -> HttpResponse:
    """A page; for keys.js, which opens it over another page, its table alone."""
    is_fragment = bool(request.headers.get("HX-Request"))
    template = "dashboard/help/_shortcuts.html" if is_fragment else "dashboard/help/shortcuts.html"
    return render(request, template, {"groups": SHORTCUTS})


@require_safe
@signed_in
def glossary(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/help/glossary.html", {"groups": GLOSSARY})
