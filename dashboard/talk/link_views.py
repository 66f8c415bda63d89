"""Shared links: made, copied, looked after and withdrawn by whoever may."""

from __future__ import annotations

from dataclasses import dataclass

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from calls.telephony.browser.talk_link import SHORTEST_S, Closed, TalkLink
from dashboard.access import may
from dashboard.models import AuditEvent
from dashboard.profiles.draft_saving import person_of
from dashboard.talk.link_form import LinkForm
from hevoice import bus


@dataclass(frozen=True, slots=True)
class Row:
    link: TalkLink
    address: str
    calls: int
    minutes: float
    """Today, as the next."""
    spend: float
    closed: Closed | None


@require_safe
@may("calls.view_talklink")
def links(request: HttpRequest) -> HttpResponse:
    return _links(request, LinkForm())


@require_http_methods(["GET", "HEAD", "POST"])
@may("calls.view_talklink", "calls.add_talklink")
def new(request: HttpRequest) -> HttpResponse:
    """The language switch comes back with a GET."""
    if request.method != "POST":
        return redirect("talk_links")
    form = LinkForm(request.POST)
    if not form.is_valid():
        return _links(request, form, status=422)
    link = form.made_by(person_of(request))
    AuditEvent.note(
        request,
        AuditEvent.Action.LINK,
        link,
        settings=f"{link.number or ''}",
        days=form.cleaned_data["days"],
        calls=link.most_calls,
        minutes_a_call=form.cleaned_data["minutes_a_call"],
        minutes_a_day=link.most_minutes_a_day,
        dollars_a_day=f"{link.most_spend_a_day}" if link.minute_price else "",
    )
    messages.success(request, _("The link is made. Copy its address, and send it."))
    return redirect("talk_links")


@require_POST
@may("calls.view_talklink", "calls.change_talklink")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Calls in progress by it are told, and end politely."""
    with transaction.atomic():
        link = get_object_or_404(TalkLink.objects.select_for_update(), pk=pk)
        if link.withdrawn_at:
            return redirect("talk_links")
        in_progress = link.withdraw()
    for call in in_progress:
        message = {"type": "call.limited", "call": call, "longest_s": SHORTEST_S}
        async_to_sync(bus.tell)("calls", message)
    AuditEvent.note(request, AuditEvent.Action.WITHDRAW_LINK, link, in_progress=len(in_progress))
    messages.success(request, _("The link is withdrawn. Nobody can call by it any more."))
    return redirect("talk_links")


def _links(request: HttpRequest, form: LinkForm, status: int = 200) -> HttpResponse:
    found = TalkLink.objects.select_related("number", "made_by")
    rows = [_row(request, link) for link in found]
    context = {"rows": rows, "form": form}
    return render(request, "dashboard/talk/links.html", context, status=status)


def _row(request: HttpRequest, link: TalkLink) -> Row:
    seconds = link.seconds_today()
    return Row(
        link=link,
        address=request.build_absolute_uri(reverse("visit", args=[link.address])),
        calls=link.calls_made(),
        minutes=seconds / 60,
        spend=float(link.spend(seconds)),
        closed=link.closed(),
    )
