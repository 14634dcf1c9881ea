"""Doors that only a demo has. Each is closed wherever the settings could concern a real directory."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from csp.decorators import csp, csp_update
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from . import cast, open_link, outbox, shown, world
from .remote import TenantSilent

HERE = {"localhost", "127.0.0.1", "::1"}
# A mail has its styles inline, and nothing else: no script, no picture, no form; its links open in the whole window.
MAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-top-navigation-by-user-activation"],
}
LATEST = 4
SEE = "Press “Midnight now” to see what the next sync makes of it."
WORLD = "world"  # marks what is said beside the buttons that change the world, not at the top


def is_demo() -> bool:
    """Whether this is a demo: its app is installed, and every Entra that it could reach is on this machine."""
    urls = [url for cloud in settings.ENTRA_ENDPOINTS.values() for url in cloud.values()]
    return apps.is_installed("demo") and all(urlsplit(url).hostname in HERE for url in urls)


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """404 unless this is a demo."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not is_demo():
            raise Http404
        return view(request, *args, **kwargs)

    return opened


@require_safe
@demo_only
def home(request: HttpRequest) -> HttpResponse:
    """Four doors, and what can be done to the world."""
    said = list(messages.get_messages(request))
    context = {
        "messages": [message for message in said if WORLD not in message.tags],
        "told": [message for message in said if WORLD in message.tags],
        "staff": cast.STAFF,
        "editors": cast.EDITORS,
        "operator": cast.OPERATOR,
        "setup": open_link.current(),
        "setup_owner": cast.SETUP_OWNER[0],
        "fabrikam": cast.FABRIKAM,
        "changes": world.CHANGES.values(),
        "is_changed": world.is_changed(),
        "mails": outbox.mails()[:LATEST],
        "directories": shown.directories(),
    }
    return render(request, "demo/home.html", context)


@require_POST
@demo_only
def enter(request: HttpRequest) -> HttpResponse:
    """Sign in as somebody of the cast, without a password."""
    person = cast.person(request.POST.get("person", ""))
    if person is None:
        raise Http404
    user = get_object_or_404(User, username=person.email)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect({"editor": "audience:home", "operator": "demo:operator"}.get(person.role, "admin:index"))


@require_POST
@demo_only
def change(request: HttpRequest, name: str) -> HttpResponse:
    """Change the world, let it be midnight, or put the world right."""
    try:
        messages.success(request, _change(name), extra_tags=WORLD)
    except world.NothingToChange as nothing:
        messages.warning(request, str(nothing), extra_tags=WORLD)
    except TenantSilent as silent:
        messages.error(request, str(silent), extra_tags=WORLD)
    return redirect(f"{reverse('home')}#world")


def _change(name: str) -> str:
    if name == "midnight":
        due = world.midnight()
        return f"It is midnight: {due} {'directory is' if due == 1 else 'directories are'} read again."
    if name == "put-right":
        return f"The world is as it was. {SEE}" if world.put_right() else "Nothing had been changed."
    if name not in world.CHANGES:
        raise Http404
    return f"{world.change(name)} {SEE}"


@require_POST
@demo_only
def setup_link(request: HttpRequest) -> HttpResponse:
    """Another open setup link, with an app registration of its own."""
    try:
        open_link.make_link()
        messages.success(request, "A new setup link is open, and in the outbox.")
    except TenantSilent as silent:
        messages.error(request, str(silent))
    return redirect("home")


@require_safe
@demo_only
def standing(request: HttpRequest) -> HttpResponse:
    """The fragment that follows the directories."""
    return render(request, "demo/_standing.html", {"directories": shown.directories()})


@require_safe
@demo_only
def latest_mails(request: HttpRequest) -> HttpResponse:
    """The fragment that follows the outbox; nothing while `seen` is the newest, so that focus stays where it is."""
    newest = outbox.mails()[:LATEST]
    if newest and newest[0].name == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "demo/_latest_mails.html", {"mails": newest})


@require_safe
@demo_only
def mails(request: HttpRequest) -> HttpResponse:
    """The outbox."""
    return render(request, "demo/outbox.html", {"mails": outbox.mails()})


@csp_update({"frame-src": ["'self'"]})
@require_safe
@demo_only
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """A mail: its text, and its HTML in a frame that can do nothing."""
    return render(request, "demo/mail.html", {"mail": _mail(name)})


@xframe_options_sameorigin
@csp(MAIL_POLICY)
@require_safe
@demo_only
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail as it was sent; only its links are told to leave the frame."""
    return HttpResponse(_mail(name).html.replace("<head>", '<head><base target="_top">', 1))


def _mail(name: str) -> outbox.Mail:
    found = outbox.mail(name)
    if found is None:
        raise Http404
    return found


@user_passes_test(lambda user: user.is_superuser)
@require_safe
@demo_only
def operator(request: HttpRequest) -> HttpResponse:
    """Queue, clusters, schedules and runs, and commands to try."""
    return render(request, "demo/operator.html", shown.operations())
