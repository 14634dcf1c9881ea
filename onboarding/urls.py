"""Addresses of the intake, below /connect/."""

from django.urls.resolvers import URLPattern

app_name = "onboarding"
urlpatterns: list[URLPattern] = []
