"""Every page of editors and staff, opened many times. Imported where Django has been set up."""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from directory_sync.models import SyncRun
from onboarding.models import SetupLink, Submission

from .furnished import Furnished, largest_group, somebody

VISITS = 20


@dataclass(frozen=True)
class Page:
    """A page by name. `by` is who opens it, "editor" or "staff"; `is_polled`: by htmx, while a sync runs."""

    name: str
    by: str
    address: str
    is_polled: bool = False


@dataclass(frozen=True)
class Visit:
    """What one page took, in seconds of server time, sorted; `queries` are those of one visit.

    `worked`: how long the processors were at it, the database's session included: a busy machine makes people
    wait, but pages no heavier.
    """

    page: Page
    seconds: list[float]
    worked: list[float]
    queries: int


@dataclass(frozen=True)
class Result:
    """Median and 95th percentile over all visits of all pages, and of each page."""

    visits: list[Visit]

    @property
    def median(self) -> float:
        return statistics.median(self._all)

    @property
    def worst_of_twenty(self) -> float:
        """The 95th percentile."""
        return percentile(self._all, 95)

    def figures(self) -> dict[str, Any]:
        """For the results; pages by name, the slowest first."""
        slowest = sorted(self.visits, key=lambda visit: -statistics.median(visit.seconds))
        worked = [each for visit in self.visits for each in visit.worked]
        return {
            "median": self.median,
            "percentile_95": self.worst_of_twenty,
            "worked_median": statistics.median(worked),
            "worked_percentile_95": percentile(worked, 95),
            "pages": {
                visit.page.name: {
                    "median": statistics.median(visit.seconds),
                    "percentile_95": percentile(visit.seconds, 95),
                    "worked": statistics.median(visit.worked),
                    "queries": visit.queries,
                }
                for visit in slowest
            },
        }

    @property
    def _all(self) -> list[float]:
        return [each for visit in self.visits for each in visit.seconds]


def measure(furnished: Furnished, visits: int = VISITS) -> Result:
    """Open every page `visits` times, as its visitor does; those that are polled, while a run is under way."""
    clients = {"editor": Client(), "staff": Client()}
    for name, client in clients.items():
        client.force_login(getattr(furnished, name), backend="django.contrib.auth.backends.ModelBackend")
    asked = list(pages(furnished))
    done = [_visit(clients[page.by], page, visits) for page in asked if not page.is_polled]
    run = SyncRun.objects.create(
        connection=furnished.connection, state=SyncRun.State.RUNNING, stage="reading", expected_objects=100, pages=1
    )
    try:
        done += [_visit(clients[page.by], page, visits) for page in asked if page.is_polled]
    finally:
        run.delete()
    return Result(done)


def _visit(client: Client, page: Page, visits: int) -> Visit:
    queries: list[str] = []

    def count(execute, sql, *rest):
        queries.append(sql)
        return execute(sql, *rest)

    with database.execute_wrapper(count):
        _open(client, page)
    took = [_open(client, page) for _ in range(visits)]
    return Visit(page, sorted(wall for wall, _ in took), sorted(worked for _, worked in took), len(queries))


def _open(client: Client, page: Page) -> tuple[float, float]:
    """Seconds from the request to the last byte of the answer, and those that processors worked."""
    start, worked = time.perf_counter(), _worked()
    response = client.get(page.address, headers={"host": "localhost"}, secure=False)
    b"".join(response.streaming_content) if response.streaming else response.content
    took = time.perf_counter() - start
    if response.status_code != 200:
        raise RuntimeError(f"{page.name}, {page.address}: {response.status_code}")
    return took, _worked() - worked


def _worked() -> float:
    """Seconds of processor time of this process, and of PostgreSQL's for this session."""
    database.ensure_connection()
    if database.vendor != "postgresql":
        return time.process_time()
    backend = database.connection.info.backend_pid
    nanoseconds, *_ = Path(f"/proc/{backend}/schedstat").read_text().split()
    return time.process_time() + int(nanoseconds) / 1e9


def percentile(values: list[float], share: int) -> float:
    """The value that `share` % of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, -(-share * len(ordered) // 100) - 1)]


def pages(furnished: Furnished) -> Iterator[Page]:
    """Every page of editors and staff that has to do with the directory."""
    for series in (furnished.weekly, furnished.everybody):
        yield from _of_series(furnished, series.organization.slug, series.slug)
    yield from _of_lists(furnished)
    yield from _of_objects(furnished)


def _of_series(furnished: Furnished, organization: str, series: str) -> Iterator[Page]:
    def page(name: str, view: str, query: str = "", *more: int, polled: bool = False) -> Page:
        address = reverse(f"audience:{view}", args=[organization, series, *more])
        return Page(f"{series}: {name}", "editor", address + (f"?{query}" if query else ""), polled)

    yield page("audience", "audience")
    yield page("people", "people")
    yield page("people, search", "people", "q=ada")
    yield page("people, page 10", "people", "page=10")
    yield page("people, last page", "people", "page=last")
    yield page("status during a sync", "status", polled=True)
    if series != "weekly":
        return
    yield page("audience, search", "audience", "q=Sales")
    yield page("audience, largest first", "audience", "sort=size")
    yield page("audience, what is in", "audience", "chosen=on")
    yield page("audience, by source", "audience", "source=azure")
    yield page("audience, page 10", "audience", "page=10")
    yield page("audience, last page", "audience", "page=last")
    yield page("audience during a sync", "audience", polled=True)
    yield page("import", "import")
    yield page("import, search", "import", "q=Sales")
    yield page("import, last page", "import", "page=last")
    largest = largest_group(furnished.connection).pk
    held = furnished.connection.groups.filter(status="held")[0].pk
    yield page("largest group", "group", "", largest)
    yield page("largest group, search", "group", "q=ada", largest)
    yield page("largest group, last page", "group", "page=last", largest)
    yield page("largest group, left out", "group", "show=left-out", largest)
    yield page("held group", "group", "", held)


def _of_lists(furnished: Furnished) -> Iterator[Page]:
    directory = furnished.connection.pk
    yield Page("admin: index", "staff", reverse("admin:index"))
    lists = {
        "directory_sync_connection": ("", "q=Customer+1", "worklist=stale", "worklist=held", "state__exact=active"),
        "directory_sync_syncrun": ("", "q=Customer+1", "state__exact=succeeded", "p=10", "LAST"),
        "directory_sync_group": (
            *("", "q=Sales", "status__exact=error", f"connection__id__exact={directory}", "p=10", "LAST", "o=-5"),
        ),
        "directory_sync_recipient": (
            *("", "q=ada", "q=nobody-at-all", "left_out__exact=disabled", "kind__exact=user&left_out__exact="),
            *(f"connection__id__exact={directory}", "p=10", "LAST", "o=4"),
        ),
        "directory_sync_event": ("", "q=Customer", "verb__exact=sync+requested", "LAST"),
        "directory_sync_organization": ("", "q=Customer+1"),
        "onboarding_submission": ("", "q=Company+1", "state__exact=received"),
        "onboarding_setuplink": ("", "q=Ada"),
    }
    for model, queries in lists.items():
        name = model.rpartition("_")[2]
        for query in queries:
            address = reverse(f"admin:{model}_changelist")
            asked = f"p={_last(model, 50 if 'onboarding' not in model else 100)}" if query == "LAST" else query
            told = query.partition("=")[0] if "connection__id" in query else query
            yield Page(f"admin: {name}s {told}".strip(), "staff", f"{address}?{asked}" if asked else address)


def _last(model: str, per_page: int) -> int:
    rows = apps.get_model(*model.rsplit("_", 1)).objects.count()
    return -(-rows // per_page)


def _of_objects(furnished: Furnished) -> Iterator[Page]:
    connection = furnished.connection
    shown: dict[str, object] = {
        "directory_sync_connection": connection.pk,
        "directory_sync_syncrun": connection.runs.exclude(group_changes=None)[0].pk,
        "directory_sync_group": largest_group(connection).pk,
        "directory_sync_recipient": somebody(connection).pk,
        "directory_sync_event": connection.events.all()[0].pk,
        "directory_sync_organization": furnished.weekly.organization_id,
        "onboarding_submission": Submission.objects.all()[0].pk,
        "onboarding_setuplink": SetupLink.objects.all()[0].pk,
    }
    for model, pk in shown.items():
        yield Page(f"admin: one {model.rpartition('_')[2]}", "staff", reverse(f"admin:{model}_change", args=[pk]))
    for door, is_polled in (("options", False), ("disconnect", False), ("progress", True), ("change", True)):
        address = reverse(f"admin:directory_sync_connection_{door}", args=[connection.pk])
        yield Page(f"admin: connection, {door}{' during a sync' * is_polled}", "staff", address, is_polled)
