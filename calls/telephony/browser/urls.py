from django.urls import path

from calls.telephony.browser import ring

urlpatterns = [
    path("talk/ring", ring.ring, name="talk_ring"),
    path("try/<str:address>/ring", ring.ring_by_link, name="link_ring"),
]
