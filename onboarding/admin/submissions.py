"""The review of submissions: a queue by state and age, and a page with three buttons."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST, require_safe

from directory_sync.connections import MOST_LISTED_GROUPS
from directory_sync.diagnosis import diagnose
from onboarding import checking, comparison, review
from onboarding.models import Submission
from onboarding.wording import ATTRIBUTES, check_label

QUEUE = ("link__organization", "organization", "connection", "credential", "decided_by")


class MessageForm(forms.Form):
    message = forms.CharField(
        label="What has to be changed",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Mailed to the setup owner and shown above the reopened form.",
    )


class ApproveForm(forms.Form):
    attributes = forms.MultipleChoiceField(
        label="Attributes to approve", required=False, widget=forms.CheckboxSelectMultiple
    )
    raise_limit = forms.BooleanField(required=False)

    def __init__(self, data=None, *, submission: Submission) -> None:
        super().__init__(data, initial={"attributes": submission.attributes})
        choices = [(name, ATTRIBUTES.get(name, name)) for name in submission.attributes]
        self.fields["attributes"].choices = choices  # type: ignore[attr-defined]  # of a MultipleChoiceField
        if not choices:
            del self.fields["attributes"]
        if len(submission.group_ids) > MOST_LISTED_GROUPS:
            self.fields[
                "raise_limit"
            ].label = f"Raise the limit of {MOST_LISTED_GROUPS} to the {len(submission.group_ids)} groups listed"
        else:
            del self.fields["raise_limit"]


@admin.register(Submission)
class SubmissionAdmin(admin.ModelAdmin):
    list_display = ["company_name", "organization", "state", "checked", "age", "created_at", "decided_by"]
    list_filter = ["state", "cloud", "created_at"]
    list_select_related = ["organization", "decided_by"]
    search_fields = ["company_name", "organization__name", "owner_name", "owner_email", "tenant_id"]

    @admin.display(description="age", ordering="-created_at")
    def age(self, submission: Submission) -> str:
        return timesince(submission.created_at, submission.decided_at)

    @admin.display(description="checks")
    def checked(self, submission: Submission) -> str:
        if submission.checks is None:
            return "not yet"
        wrong = sum(not answer["ok"] for answer in submission.checks)
        return f"{wrong} to mend" if wrong else "all well"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Submission | None = None) -> bool:
        return False

    def may_approve(self, request: HttpRequest) -> bool:
        return request.user.has_perm("onboarding.approve_submission")

    def get_urls(self):
        view = self.admin_site.admin_view
        doors = [
            path(f"<int:pk>/{name}/", view(door), name=f"onboarding_submission_{name}")
            for name, door in (
                ("approve", self.approve),
                ("ask-for-changes", self.ask_for_changes),
                ("decline", self.decline),
                ("check", self.check_now),
                ("panel", self.panel),
            )
        ]
        return [*doors, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context=None):
        """The review page in place of a form: testimony is never edited. POST goes to the doors below."""
        submission = self._visible(request, object_id)
        return self._page(request, submission)

    def _page(self, request: HttpRequest, submission: Submission, message: MessageForm | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": str(submission),
            "opts": self.opts,
            "submission": submission,
            "answers": comparison.answers(submission),
            "differences": comparison.differences(submission),
            "approve_form": ApproveForm(submission=submission),
            "message_form": message or MessageForm(),
            "is_open": submission.state == Submission.State.RECEIVED,
            "may_approve": self.may_approve(request),
            "may_ask": self.has_change_permission(request),
            **_check_context(submission),
        }
        return TemplateResponse(request, "onboarding/admin/submission.html", context)

    @method_decorator(require_safe)
    def panel(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The checks alone, for htmx."""
        submission = self._visible(request, pk)
        return TemplateResponse(request, "onboarding/admin/_panel.html", _check_context(submission))

    @method_decorator(require_POST)
    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        submission = self._visible(request, pk)
        if not self.may_approve(request):
            raise PermissionDenied
        form = ApproveForm(request.POST, submission=submission)
        if not form.is_valid():
            messages.error(request, "Only attributes that were asked for can be approved.")
            return self._back(pk)
        groups = submission.group_ids if form.cleaned_data.get("raise_limit") else None
        try:
            done = review.approve(
                submission, by=request.user, attributes=form.cleaned_data.get("attributes", ()), group_ids=groups
            )
        except review.ConnectionRefused as refused:
            messages.error(request, str(refused))
            return self._back(pk)
        self._say(request, done, "Approved. The first sync starts within a minute.")
        return self._back(pk)

    @method_decorator(require_POST)
    def ask_for_changes(self, request: HttpRequest, pk: int) -> HttpResponse:
        submission = self._visible(request, pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = MessageForm(request.POST)
        if not form.is_valid():
            return self._page(request, submission, form)
        done = review.ask_for_changes(submission, by=request.user, message=form.cleaned_data["message"])
        self._say(request, done, "Asked for changes. The customer's form is open again, with everything in it.")
        return self._back(pk)

    @method_decorator(require_POST)
    def decline(self, request: HttpRequest, pk: int) -> HttpResponse:
        submission = self._visible(request, pk)
        if not self.may_approve(request):
            raise PermissionDenied
        done = review.decline(submission, by=request.user, message=request.POST.get("message", "").strip()[:4000])
        self._say(request, done, "Declined, and the secret destroyed.")
        return self._back(pk)

    @method_decorator(require_POST)
    def check_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        submission = self._visible(request, pk)
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            checking.repeat(submission)
        except checking.TooManyChecks as too_many:
            messages.warning(request, f"The checks for this {too_many.per} are used up.")
        return self._back(pk)

    def _visible(self, request: HttpRequest, pk: int | str) -> Submission:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Submission.objects.select_related(*QUEUE), pk=pk)

    @staticmethod
    def _say(request: HttpRequest, done: bool, words: str) -> None:
        if done:
            messages.success(request, words)
        else:
            messages.warning(request, "Somebody has decided already; nothing was changed.")

    @staticmethod
    def _back(pk: int) -> HttpResponse:
        return redirect("admin:onboarding_submission_change", pk)


def _check_context(submission: Submission) -> dict[str, object]:
    answers = [
        {
            **answer,
            "label": check_label(answer["name"]),
            "diagnosis": None
            if answer["ok"]
            else diagnose(answer["problem"], answer["subject"], cloud=submission.cloud, client_id=submission.client_id),
        }
        for answer in submission.checks or []
    ]
    return {"submission": submission, "checks": answers, "checking": checking.is_under_way(submission)}
