"""Every address of the product, from the resolver, so that a new one can't be forgotten."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core import serializers
from django.urls import URLResolver, get_resolver

REGEXES = {
    "admin/^(?P<app_label>auth|directory_sync|onboarding)/$": "admin/onboarding/",
    "admin/(?P<url>.*)$": "admin/x/",
}
ALLAUTHS = "accounts/"


def every_address(known: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Route → address. `known`: beginning of routes → what stands in their places; a longer beginning wins."""
    return {route: f"/{_filled(route, known)}" for route in _routes(get_resolver(), "") if ALLAUTHS not in route}


def _routes(resolver: URLResolver, before: str) -> Iterator[str]:
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _routes(each, route)
        else:
            yield route


def _filled(route: str, known: Mapping[str, Mapping[str, Any]]) -> str:
    if route in REGEXES:
        return REGEXES[route]
    values = {}
    for beginning in sorted(known, key=len):
        if route.startswith(beginning):
            values |= known[beginning]
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda place: str(values[place[1]]), route)


def everything_stored() -> dict[str, str]:
    """Model → its rows; sessions, the cache and sign-in's own tables apart."""
    return {
        model._meta.label: serializers.serialize("json", model.objects.order_by("pk"))
        for label in ("directory_sync", "onboarding", "admin", "auth", "django_q")
        for model in apps.get_app_config(label).get_models()
        if model._meta.label != "auth.User"  # signing in writes the time
    }
