"""Staff make, resend and revoke setup links. The personal address is shown once, right after it was made."""

import logging
from smtplib import SMTPException
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from directory_sync.models import Connection
from onboarding import links
from onboarding.models import SetupLink

log = logging.getLogger(__name__)

ASKED = ("organization", "intent", "connection", "owner_name", "owner_email")
OFFERED = (SetupLink.Intent.CONNECT, SetupLink.Intent.RENEW)
FACTS = ("told_state", "created_by", "created_at", "mailed_at", "expires_at", "submitted_at")


class LinkForm(forms.ModelForm):
    """A link to connect a directory, or to renew the secret of one that the organization shares in."""

    def __init__(self, *args, **options) -> None:
        super().__init__(*args, **options)
        if "intent" not in self.fields:
            return  # shown, not changed
        self.fields["connection"].help_text = "To renew the secret only. The link goes to the connection's own owner."
        for name in ("intent", "owner_name", "owner_email"):
            self.fields[name].required = False  # the usual intent, and the connection's owner; `clean` sees to the rest

    def clean(self) -> dict[str, Any]:
        """Whose secret is renewed, and who is asked, is the connection's to say."""
        given = super().clean() or self.cleaned_data
        connection, organization = given.get("connection"), given.get("organization")
        if given.get("intent") != SetupLink.Intent.RENEW:
            for name in ("owner_name", "owner_email"):
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, "This field is required.")
            if connection:
                self.add_error("connection", "Leave this empty; approval makes the connection.")
        elif connection is None:
            self.add_error("connection", "Choose whose secret is to be renewed.")
        elif organization and not connection.accesses.filter(organization=organization).exists():
            self.add_error("connection", "This organization has no part in that connection.")
        else:
            given |= {"owner_name": connection.owner_name, "owner_email": connection.owner_email}
        return given


@admin.register(SetupLink)
class SetupLinkAdmin(admin.ModelAdmin):
    list_display = ["organization", "owner_name", "owner_email", "intent", "told_state", "expires_at", "created_at"]
    list_filter = ["intent", "organization__package", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["organization__name", "owner_name", "owner_email"]
    change_form_template = "onboarding/admin/link.html"
    form = LinkForm

    @admin.display(description="state")
    def told_state(self, link: SetupLink) -> str:
        return link.state

    def formfield_for_choice_field(self, db_field, request, **options):
        if db_field.name == "intent":
            options["choices"] = [(intent.value, intent.label) for intent in OFFERED]
        return super().formfield_for_choice_field(db_field, request, **options)

    def formfield_for_foreignkey(self, db_field, request, **options):
        if db_field.name == "connection":
            options["queryset"] = Connection.objects.live()
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_fields(self, request, obj=None):
        return [*ASKED, *FACTS] if obj else [*ASKED]

    def has_change_permission(self, request: HttpRequest, obj: SetupLink | None = None) -> bool:
        return False  # what a link says stays as it was made; it is resent or revoked

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return super().change_view(request, object_id, form_url, {"may_change": self.may_change(request)})

    def may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.change_setuplink")

    def has_delete_permission(self, request: HttpRequest, obj: SetupLink | None = None) -> bool:
        return False  # a link is revoked, so that what it led to stays on record

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/resend/", view(self.resend), name="onboarding_setuplink_resend"),
            path("<int:pk>/revoke/", view(self.revoke), name="onboarding_setuplink_revoke"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: SetupLink, form, change: bool) -> None:
        link, request.setup_token = links.create(  # type: ignore[attr-defined]  # handed to response_add below
            obj.organization,
            owner_name=obj.owner_name,
            owner_email=obj.owner_email,
            intent=obj.intent,
            connection=obj.connection,
            by=request.user,
        )
        obj.pk, obj.expires_at, obj._state.adding = link.pk, link.expires_at, False  # noqa: SLF001 - Django's own way to say that a row exists

    def response_add(self, request: HttpRequest, obj: SetupLink, post_url_continue: str | None = None) -> HttpResponse:
        return self._show_once(request, obj, request.setup_token)  # type: ignore[attr-defined]  # set by save_model

    @method_decorator(require_POST)
    def resend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new token in place of the others, mailed and shown once."""
        link = self._changeable(request, pk)
        token = links.resend(link, by=request.user)
        if token is None:
            messages.warning(request, "This link was revoked; make a new one.")
            return redirect("admin:onboarding_setuplink_change", pk)
        return self._show_once(request, link, token)

    @method_decorator(require_POST)
    def revoke(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close the link at once."""
        if links.revoke(self._changeable(request, pk), by=request.user):
            messages.success(request, "Revoked. Whoever opens the link is told to ask for a new one.")
        return redirect("admin:onboarding_setuplink_change", pk)

    def _changeable(self, request: HttpRequest, pk: int) -> SetupLink:
        if not self.may_change(request):
            raise PermissionDenied
        return get_object_or_404(SetupLink.objects.select_related("organization"), pk=pk)

    @method_decorator(never_cache)
    def _show_once(self, request: HttpRequest, link: SetupLink, token: str) -> HttpResponse:
        """The page with the address; not a redirect, so that the token passes through no cookie or session."""
        try:
            links.send(link, token)
            mailed = True
        except (OSError, SMTPException) as error:
            log.error("setup link %s could not be mailed: %s", link.pk, type(error).__name__)
            mailed = False
        context = {
            **self.admin_site.each_context(request),
            "title": "Setup link made",
            "opts": self.opts,
            "link": link,
            "url": links.url(token),
            "mailed": mailed,
        }
        return TemplateResponse(request, "onboarding/admin/link_made.html", context)
