"""Doors of a renewal. A renew link opens these and no others; the mailed code is asked for in each browser."""

import logging
from collections.abc import Callable
from functools import wraps
from smtplib import SMTPException
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from directory_sync.diagnosis import diagnose
from directory_sync.vault import SealingKeyMissing

from . import checking, drafts, links, mistakes, renewal
from .forms import IntakeForm
from .models import LiveCheck, SetupLink
from .wording import APP_NAME

log = logging.getLogger(__name__)

COOKIE = "renewal"
View = Callable[..., HttpResponse]


class RenewForm(forms.Form):
    """The new secret and nothing else."""

    secret_value = IntakeForm.base_fields["secret_value"]
    secret_id = IntakeForm.base_fields["secret_id"]
    secret_expires_on = IntakeForm.base_fields["secret_expires_on"]

    def __init__(self, typed: drafts.Typed | None = None) -> None:
        super().__init__({**typed.fields, drafts.SECRET: typed.secret} if typed else None)
        for name in (typed.misplaced if typed else frozenset()) & set(self.fields):
            self.fields[name].error_messages["required"] = gettext_lazy(
                "This looked like the secret’s value, so we did not keep it here. It belongs into “Secret value”."
            )

    def clean_secret_value(self) -> str:
        return mistakes.check_secret(self.cleaned_data["secret_value"])

    def clean_secret_expires_on(self):
        return mistakes.check_expiry(self.cleaned_data["secret_expires_on"], timezone.localdate())


def for_renewal(view: View) -> View:
    """Give the view the link when it may renew; everything else gets the page of links that do not work."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        link = links.find(token)
        is_mine = link is not None and renewal.may_renew(link)
        answer = view(request, token, link) if is_mine else render(request, "onboarding/unknown.html", status=404)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return found


@require_http_methods(["GET", "HEAD", "POST"])
@for_renewal
def renew(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """First the code, then the form, then what Entra says."""
    if link.submitted_at or not _has_entered(request, link):
        return render(request, "onboarding/renew.html", _context(link, token))
    if request.method != "POST":
        return render(request, "onboarding/renew.html", _context(link, token, RenewForm()))
    form = RenewForm(drafts.read(request.POST))
    if form.is_valid() and _keep(link, form):
        return redirect("onboarding:renew", token)
    return render(request, "onboarding/renew.html", _context(link, token, form))


def _keep(link: SetupLink, form: RenewForm) -> bool:
    """Seal it and have it tried; otherwise the form says why not."""
    given = form.cleaned_data
    try:
        renewal.enter(link, given["secret_value"], secret_id=given["secret_id"], expires_on=given["secret_expires_on"])
    except SealingKeyMissing:
        form.add_error("secret_value", _("We can’t receive a secret just now; please tell us."))
    except checking.TooManyChecks:
        form.add_error(None, _("That was often. Please wait an hour before the next try."))
    except renewal.Closed:
        return True  # used up a moment ago: the page tells how it ended
    return not form.errors


@require_POST
@for_renewal
def mail_code(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """Mail a code to the owner whom we know, not to an address from the request."""
    error = ""
    try:
        renewal.mail_code(link)
    except renewal.TooManyCodes:
        error = _("No more codes today. Please write to our support, or come back tomorrow.")
    except renewal.Closed:
        return redirect("onboarding:renew", token)
    except (OSError, SMTPException) as failed:
        log.error("code for link %s could not be mailed: %s", link.pk, type(failed).__name__)
        error = _("The mail could not be sent just now. Please try again in a few minutes.")
    if error:
        return render(request, "onboarding/renew.html", {**_context(link, token), "error": error})
    return redirect("onboarding:renew", token)


@require_POST
@for_renewal
def enter_code(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """A right code opens the form in this browser for half an hour."""
    code = renewal.enter_code(link, request.POST.get("code", ""))
    if code is None:
        error = _("This code is not right, or its time is over.")
        return render(request, "onboarding/renew.html", {**_context(link, token), "error": error})
    answer = redirect("onboarding:renew", token)
    answer.set_signed_cookie(
        COOKIE,
        str(code.pk),
        max_age=renewal.ENTERED_FOR,
        path=reverse("onboarding:ask"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return answer


@require_POST
@for_renewal
def again(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """Try the secret that is here already once more."""
    if _has_entered(request, link):
        try:
            renewal.try_again(link)
        except checking.TooManyChecks:
            error = _("That was often. Please wait an hour before the next try.")
            return render(request, "onboarding/renew.html", {**_context(link, token, RenewForm()), "error": error})
        except renewal.Closed:
            pass
    return redirect("onboarding:renew", token)


@require_safe
@for_renewal
def standing(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """The fragment that follows a trial; when it is over, the whole page comes anew."""
    context = _context(link, token, RenewForm()) if _has_entered(request, link) else {"checking": False}
    if not context["checking"]:
        return HttpResponseClientRedirect(reverse("onboarding:renew", args=[token]))
    return render(request, "onboarding/_renew_checking.html", context)


def _has_entered(request: HttpRequest, link: SetupLink) -> bool:
    code_id = request.get_signed_cookie(COOKIE, default="", max_age=renewal.ENTERED_FOR)
    return renewal.has_entered(link, code_id or "")


def _context(link: SetupLink, token: str, form: RenewForm | None = None) -> dict[str, Any]:
    """`form` is given once the code was entered; before, nothing is told but that a code is out."""
    context = {"link": link, "token": token, "form": form, "app_name": APP_NAME, "checking": False}
    if form is None:
        return {**context, "code_is_out": renewal.waiting_code(link) is not None}
    check = renewal.latest(link)
    refused = [answer for answer in check.answers if not answer["ok"]] if check else []
    return {
        **context,
        "checking": check is not None and check.state != LiveCheck.State.DONE and not form.is_bound,
        "problems": [
            diagnose(answer["problem"], answer["subject"], cloud=link.connection.cloud)
            for answer in refused
            if link.connection
        ],
        "has_next": renewal.has_next(link),
    }
