"""Addresses of the audience pages, below /audience/."""

from django.urls.resolvers import URLPattern

app_name = "audience"
urlpatterns: list[URLPattern] = []
