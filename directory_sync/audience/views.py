"""Pages of an organization's editors. Whatever is not theirs is not found."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ..access import organization_for
from ..explain import people_left_out
from ..models import Organization, Recipient, Series
from ..paging import LeanPaginator
from . import changes, choosing, importing, resolve
from .forms import GroupFilter, PeopleFilter, SegmentFilter
from .listing import PER_PAGE, segment_page, sources
from .numbers import account_for
from .standing import directories, problem_of, standing
from .why import why_in

LARGEST_ID = BigIntegerField.MAX_BIGINT
MOST_DIGITS = len(str(LARGEST_ID))  # Python refuses to make numbers of thousands of digits


def of_series(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the series that the address names, if the signed-in user edits its organization.

    The pages name people, so no cache keeps them, not even the browser's own after signing out.
    """

    @never_cache
    @wraps(view)
    @login_required
    def opened(request: HttpRequest, organization: str, series: str, **rest) -> HttpResponse:
        mine = organization_for(request.user, organization)
        return view(request, get_object_or_404(mine.series.select_related("organization"), slug=series), **rest)

    return opened


@require_GET
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The editor's organizations and their series; straight to the one series of somebody who has one."""
    mine = list(Organization.objects.filter(editors__user=request.user.pk).prefetch_related("series"))
    series = [each for organization in mine for each in organization.series.all()]
    if len(series) == len(mine) == 1:
        return redirect("audience:audience", mine[0].slug, series[0].slug)
    return render(request, "audience/home.html", {"organizations": mine})


@require_http_methods(["GET", "HEAD", "POST"])
@of_series
def audience(request: HttpRequest, series: Series) -> HttpResponse:
    """Who receives the series, and the segments that can be chosen; POST chooses."""
    if request.method == "POST":
        return _update(request, series)
    return render(request, "audience/audience.html", _segments(request, series) | _figure(series))


def _update(request: HttpRequest, series: Series) -> HttpResponse:
    try:
        change = choosing.update_audience(
            series, _ids(request, "segments"), shown=_ids(request, "shown"), by=request.user
        )
    except choosing.UnknownSegment:
        raise Http404 from None
    messages.success(request, _told(change))
    return redirect(request.get_full_path())


def _told(change: choosing.Change) -> str:
    parts = []
    if change.added:
        added = ngettext("%(n)s segment added", "%(n)s segments added", change.added) % {"n": change.added}
        parts.append(_("%(added)s; the people are in, and a sync brings them up to date.") % {"added": added})
    if change.removed:
        removed = ngettext("%(n)s segment removed.", "%(n)s segments removed.", change.removed)
        parts.append(removed % {"n": change.removed})
    return " ".join(parts) or _("Nothing to change.")


@require_GET
@of_series
def status(request: HttpRequest, series: Series) -> HttpResponse:
    """How the shown segments stand, for a page that is open during a sync; it asks again until nothing goes on."""
    context = _segments(request, series)
    if not context["is_active"]:
        context |= _figure(series)
    return render(request, "audience/_status.html", context)


@require_POST
@of_series
def sync(request: HttpRequest, series: Series) -> HttpResponse:
    """Read a directory again now, or one group of it."""
    groups = _ids(request, "group")
    try:
        if groups:
            queued = choosing.read_group_again(series.organization, groups[0])
        else:
            queued = choosing.read_again(series.organization, UUID(request.POST.get("connection", "")))
    except (choosing.UnknownDirectory, choosing.UnknownGroup, ValueError):
        raise Http404 from None
    if queued:
        messages.success(request, _("A sync is queued and starts within a minute."))
    else:
        messages.warning(request, _("This directory is paused; support can resume it."))
    here = (series.organization.slug, series.slug)
    return redirect("audience:group", *here, groups[0]) if groups else redirect("audience:audience", *here)


@require_http_methods(["GET", "HEAD", "POST"])
@of_series
def import_segments(request: HttpRequest, series: Series) -> HttpResponse:
    """All groups that the organization may see; POST makes the ticked ones segments."""
    if request.method == "POST":
        return _import(request, series)
    wanted = GroupFilter(request.GET)
    page = Paginator(wanted.narrow(importing.importable(series.organization)), PER_PAGE).get_page(
        request.GET.get("page")
    )
    full = importing.full_directories(series.organization)
    return render(request, "audience/import.html", {"series": series, "wanted": wanted, "page": page, "full": full})


def _import(request: HttpRequest, series: Series) -> HttpResponse:
    try:
        everyone = [UUID(value) for value in request.POST.getlist("everyone")]
        made = importing.import_segments(
            series.organization, _ids(request, "groups"), connection_ids=everyone, by=request.user
        )
    except (importing.UnknownGroup, ValueError):
        raise Http404 from None
    if not made:
        messages.warning(request, _("Nothing was ticked, so nothing was imported."))
        return redirect(request.get_full_path())
    told = ngettext("%(n)s segment imported.", "%(n)s segments imported.", made) % {"n": made}
    messages.success(request, told + " " + _("Tick what this series goes to and press Update audience."))
    return redirect("audience:audience", series.organization.slug, series.slug)


@require_GET
@of_series
def people(request: HttpRequest, series: Series) -> HttpResponse:
    """Who gets the series, and why each of them does."""
    wanted = PeopleFilter(request.GET)
    figure = _figure(series)
    known = None if wanted.value("q") else figure["reach"].people
    people = LeanPaginator(wanted.narrow(resolve.people(series)), PER_PAGE, known=known, source=Recipient.objects)
    page = people.get_page(request.GET.get("page"))
    found = why_in(series, page.object_list)
    rows = [(person, found[person.pk]) for person in page.object_list]
    return render(
        request,
        "audience/people.html",
        {"series": series, "wanted": wanted, "page": page, "rows": rows, **figure},
    )


@require_GET
@of_series
def group(request: HttpRequest, series: Series, group: int) -> HttpResponse:
    """A group's people and those left out, and why its numbers differ from Entra's."""
    mine = resolve.groups(series.organization)
    shown = get_object_or_404(mine, pk=group)
    directory = directories(resolve.accesses(series.organization), timezone.now())[shown.connection_id]
    left_out = request.GET.get("show") == "left-out"
    wanted = PeopleFilter(request.GET)
    account = account_for(shown)
    listed = LeanPaginator(
        wanted.narrow(people_left_out(shown) if left_out else shown.reached()),
        PER_PAGE,
        known=None if wanted.value("q") else account.left_out if left_out else account.recipients,
        source=Recipient.objects,
    )
    context = {
        "series": series,
        "group": shown,
        "standing": standing(shown, directory, changes.held_in([shown]).get(shown.component, 0)),
        "directory": directory,
        "week": changes.of_group(shown, timezone.now()),
        "sync_time_zone": settings.SYNC_TIME_ZONE,
        "problem": problem_of(shown),
        "account": account,
        "nested": mine.filter(closure_up__ancestor=shown.component).exclude(pk=shown.pk).order_by("name")[:PER_PAGE],
        "left_out": left_out,
        "wanted": wanted,
        "page": listed.get_page(request.GET.get("page")),
    }
    return render(request, "audience/group.html", context)


def _segments(request: HttpRequest, series: Series) -> dict:
    """What page and fragment have in common: the directories and one page of segments."""
    standings = directories(resolve.accesses(series.organization), timezone.now())
    wanted = SegmentFilter(request.GET, sources=sources(series))
    page, rows = segment_page(series, wanted, request.GET.get("page", ""), standings)
    return {
        "series": series,
        "directories": list(standings.values()),
        "is_active": any(directory.is_active for directory in standings.values()),
        "wanted": wanted,
        "page": page,
        "rows": rows,
        "address": request.GET.urlencode(),
        "sync_time_zone": settings.SYNC_TIME_ZONE,
    }


def _figure(series: Series) -> dict:
    """The one number, and how it has changed of late."""
    return {"reach": resolve.reach(series), "week": changes.of_series(series, timezone.now())}


def _ids(request: HttpRequest, name: str) -> list[int]:
    """The posted ids; what can't be one of ours is not found."""
    values = request.POST.getlist(name)
    if not all(value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS for value in values):
        raise Http404
    if any(int(value) > LARGEST_ID for value in values):
        raise Http404
    return [int(value) for value in values]
