"""The front page's worklists, and what is kept out of admin."""

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from .health import WORKLISTS

# django-q2's pages run any function by its dotted name; allauth's show tokens and keys.
NOT_FOR_STAFF = ("django_q", "account", "mfa", "socialaccount")

for label in NOT_FOR_STAFF:
    for model in apps.get_app_config(label).get_models():
        if admin.site.is_registered(model):
            admin.site.unregister(model)

admin.site.site_header = admin.site.site_title = settings.PRODUCT_NAME
admin.site.index_title = "Support"
admin.site.site_url = None
admin.site.enable_nav_sidebar = False

plain_index = admin.site.index


def index(request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
    """The index with how many connections wait for somebody, to those who may see them."""
    lists = []
    if request.user.has_perm("directory_sync.view_connection"):
        lists = [(worklist, worklist.connections().count()) for worklist in WORKLISTS]
    return plain_index(request, {"worklists": lists, **(extra_context or {})})


admin.site.index = index  # type: ignore[method-assign, assignment]  # as config.urls does with the site's login
