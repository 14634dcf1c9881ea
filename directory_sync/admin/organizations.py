"""Organizations with their editors and series; editors are found by address, or invited."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from ..invitations import invite_editor
from ..models import Editor, Event, Organization, Series
from .reading import actor


class EditorForm(forms.ModelForm):
    """An editor by the address of an existing account."""

    email = forms.EmailField(label="E-mail address")

    class Meta:
        model = Editor
        fields = ("email", "role")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["email"].initial = self.instance.user.email
            self.fields["email"].disabled = True

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if not self.instance.pk:
            user = get_user_model().objects.filter(email__iexact=email).first()
            if user is None:
                raise forms.ValidationError("Nobody has an account with this address yet: use “Invite an editor”.")
            if Editor.objects.filter(user=user, organization=self.instance.organization_id).exists():
                raise forms.ValidationError("This person is an editor here already.")
            self.instance.user = user
        return email


class EditorInline(admin.StackedInline):
    model = Editor
    form = EditorForm
    fields = (("email", "role"),)
    extra = 0

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).select_related("user")


class SeriesInline(admin.StackedInline):
    model = Series
    fields = (("name", "slug"),)
    extra = 0


class InvitationForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)
    name = forms.CharField(max_length=150, required=False, help_text="As it should stand in greetings.")
    role = forms.ChoiceField(choices=Editor.Role, initial=Editor.Role.EDITOR)


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    list_display = ("name", "package", "directories")
    list_filter = ("package",)
    search_fields = ("name", "slug", "editors__user__email")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (EditorInline, SeriesInline)
    actions = None
    show_full_result_count = False
    change_form_template = "admin/directory_sync/organization/change_form.html"

    def get_queryset(self, request: HttpRequest):
        return super().get_queryset(request).prefetch_related("accesses__connection")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict:
        return self.prepopulated_fields if self.has_change_permission(request, obj) and obj is None else {}

    def log_addition(self, request: HttpRequest, obj: Organization, message: Any):
        self._record(request, obj, "organization added", message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Organization, message: Any):
        self._record(request, obj, "organization changed", message)
        return super().log_change(request, obj, message)

    def _record(self, request: HttpRequest, organization: Organization, verb: str, message: Any) -> None:
        """Enter what the form changed, editors included, in the activity log too."""
        who = actor(request)
        facts = {"changes": message}
        Event.objects.create(
            organization=organization, verb=verb, actor=who["user"], actor_label=who["by"], facts=facts
        )

    @admin.display(description="directories")
    def directories(self, organization: Organization) -> str:
        return ", ".join(str(access.connection) for access in organization.accesses.all()) or "–"

    def get_urls(self) -> list:
        invite = path(
            "<int:pk>/invite/", self.admin_site.admin_view(self.invite), name="directory_sync_organization_invite"
        )
        return [invite, *super().get_urls()]

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for an address; make the account and mail its owner a link to choose a password."""
        if not request.user.has_perm("directory_sync.add_editor"):
            raise PermissionDenied
        organization = self.get_object(request, str(pk))
        if organization is None:
            raise Http404
        form = InvitationForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._invite(request, organization, form.cleaned_data)
            return redirect(reverse("admin:directory_sync_organization_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "Invite an editor",
            "opts": self.opts,
            "original": organization,
            "form": form,
            "button": "Send the invitation",
        }
        return render(request, "admin/directory_sync/form.html", context)

    def _invite(self, request: HttpRequest, organization: Organization, answers: dict) -> None:
        is_new = invite_editor(organization, **answers, **actor(request))
        email = answers["email"]
        told = f"{email} was invited by mail." if is_new else f"{email} has an account already and is an editor now."
        self.message_user(request, told, messages.SUCCESS)
