from django.urls import path

from calls.telephony.browser import ring

urlpatterns = [path("talk/ring", ring.ring, name="talk_ring")]
