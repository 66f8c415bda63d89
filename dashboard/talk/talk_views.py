"""Talk: the browser is the telephone. The page only; what it says to the agent goes over the socket
of calls.telephony.browser, and what it shows of the call over dashboard.talk.sockets."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.telephony.carrier import KEYS
from calls.telephony.phone_number import PhoneNumber
from dashboard.access import may

KEYPAD = f"{KEYS[1:10]}*{KEYS[0]}#"


@require_safe
@may("calls.talk_call")
def talk(request: HttpRequest) -> HttpResponse:
    numbers = PhoneNumber.objects.select_related("profile")
    chosen = request.GET.get("number", "")
    context = {"numbers": numbers, "chosen": chosen, "keys": KEYPAD}
    return render(request, "dashboard/talk/talk.html", context)
