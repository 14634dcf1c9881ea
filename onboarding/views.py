"""Doors of the intake. Whoever holds the link is in; no view here needs an account, a session or JavaScript."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect

from directory_sync.vault import SealingKeyMissing

from . import checking, drafts, links, pages, sending
from . import status as standing
from .forms import AskForm
from .models import SetupLink

View = Callable[..., HttpResponse]


def for_link(view: View) -> View:
    """Give the view the open link that the token names; everything else gets the same friendly page.

    Nothing of it is cached, indexed, or told in a report of a defect, whichever door a secret was posted to.
    """

    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        link = links.find(token)
        if link is None:
            answer = render(request, "onboarding/unknown.html", status=404)
        elif link.intent == SetupLink.Intent.RENEW:
            answer = redirect("onboarding:renew", token)  # such a link opens no other door
        else:
            answer = view(request, token, link)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer

    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer, and the time that it takes, are the same to everybody."""
    form = AskForm(request.POST or None)
    if form.is_valid():
        links.ask(form.cleaned_data["email"])
        return redirect(f"{reverse('onboarding:ask')}?asked")
    return render(request, "onboarding/ask.html", {"form": form, "asked": "asked" in request.GET})


@require_http_methods(["GET", "HEAD", "POST"])
@for_link
def intake(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """The form while it is open; after sending, how things stand."""
    if pages.shows_status(link):
        return render(request, "onboarding/status.html", pages.status(link, token))
    if request.method == "POST":
        return _save(request, token, link)
    form = drafts.form_for(link)
    return render(request, "onboarding/intake.html", pages.intake(link, token, form, saved="saved" in request.GET))


def _save(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """Keep everything, then either go on to the next section or, when all is well, to the review."""
    goes_on = request.POST.get("save", "")
    typed = drafts.read(request.POST)
    form = drafts.form_for(link, typed)
    form.full_clean()
    if goes_on in pages.TO_FILL_IN:
        form.forgive_empty()
    try:
        drafts.save(link, typed, form)
    except SealingKeyMissing:
        drafts.save(link, typed, form, with_secret=False)
        form.add_error("secret_value", _("We can’t receive a secret just now. The rest is saved; please tell us."))
    here = reverse("onboarding:intake", args=[token])
    if form.errors:
        form.fields["secret_value"].required = not drafts.has_secret(link)
        return render(request, "onboarding/intake.html", pages.intake(link, token, form))
    if goes_on in pages.TO_FILL_IN:
        return redirect(f"{here}?saved#{goes_on}")
    return redirect("onboarding:review", token)


@require_safe
@for_link
def review(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """The checklist before sending; what is still missing leads back to the form."""
    if pages.shows_status(link):
        return redirect("onboarding:intake", token)
    form = drafts.complete(link)
    if not form.is_valid():
        return render(request, "onboarding/intake.html", pages.intake(link, token, form))
    return render(request, "onboarding/review.html", pages.review(link, token, form))


@require_POST
@for_link
def check(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """Queue a live check of the draft; with htmx the list comes back, without it the page."""
    refused = ""
    if not pages.shows_status(link):
        try:
            checking.ask(link)
        except checking.TooManyChecks as too_many:
            refused = too_many.per
        except checking.NotReady:
            refused = "incomplete"
    if request.htmx:  # type: ignore[attr-defined]  # set by django_htmx's middleware
        return render(request, "onboarding/_checks.html", pages.checks(link, token, refused))
    query = f"?refused={refused}" if refused else ""
    return redirect(f"{reverse('onboarding:review', args=[token])}{query}#check")


@require_safe
@for_link
def checks(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """The fragment that follows a check."""
    return render(request, "onboarding/_checks.html", pages.checks(link, token))


@require_POST
@for_link
def send(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """Send the draft; sending twice sends it once."""
    try:
        sending.send(link)
    except sending.Incomplete:
        return redirect("onboarding:review", token)
    return redirect("onboarding:intake", token)


@require_safe
@for_link
def status(request: HttpRequest, token: str, link: SetupLink) -> HttpResponse:
    """The fragment that follows review and first sync; once the form is open again, it leads back there."""
    if not pages.shows_status(link):
        return HttpResponseClientRedirect(reverse("onboarding:intake", args=[token]))
    return render(request, "onboarding/_status.html", {"status": standing.of(link), "token": token})
