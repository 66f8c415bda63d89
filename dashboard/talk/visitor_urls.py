"""Addresses without a language: whoever gets a link has chosen none."""

from __future__ import annotations

from django.urls import path

from dashboard.talk import visitor_views

urlpatterns = [path("try/<str:address>/", visitor_views.visit, name="visit")]
