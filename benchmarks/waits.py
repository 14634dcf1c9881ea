"""What people write through pages while a directory is synced. Imported where Django has been set up."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from benchmarks.tenant import ROOT
from directory_sync.models import Connection, Editor, Organization, Segment, Series

EVERY = 0.1  # seconds between two writes
HOST = {"host": "localhost"}

Write = Callable[[], Any]


def measure(connection: Connection) -> dict[str, Any]:
    """Sync in a process of its own, and write every `EVERY` seconds until it ends.

    Returns the longest wait in seconds, of all writes and of each kind, when in the sync it began, and how many
    writes there were. Raises AssertionError when the sync failed.
    """
    kinds = dict(_writes(connection))
    for write in kinds.values():
        write()  # once before, so that nothing is imported later
    waited: dict[str, list[tuple[float, float]]] = {name: [] for name in kinds}
    sync = subprocess.Popen(
        [sys.executable, "manage.py", "sync_directory", str(connection.pk), "--json"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    start = time.monotonic()
    for name in cycle(kinds):
        if sync.poll() is not None:
            break
        begun = time.monotonic()
        kinds[name]()
        waited[name].append((time.monotonic() - begun, begun - start))
        time.sleep(EVERY)
    assert sync.returncode == 0, "the sync failed"
    return {
        "longest": max(max(each)[0] for each in waited.values()),
        "sync_seconds": time.monotonic() - start,
        "kinds": {
            name: {"longest": max(each)[0], "began_at": max(each)[1], "median": sorted(each)[len(each) // 2][0]}
            for name, each in waited.items()
        },
        "writes": sum(len(each) for each in waited.values()),
    }


def _writes(connection: Connection) -> Iterator[tuple[str, Write]]:
    """By name: what an editor and what staff write, ready to be done over and over."""
    organization = connection.accesses.get().organization
    series, _ = Series.objects.get_or_create(organization=organization, slug="during", defaults={"name": "During"})
    full, _ = Segment.objects.get_or_create(
        organization=organization, source=Segment.Source.EVERYONE, connection=connection, defaults={"name": "Everybody"}
    )
    editor = User.objects.create_user("writer", "writer@customer.example")
    Editor.objects.create(user=editor, organization=organization)
    staff = User.objects.create_user("operator", "operator@hq.example", is_staff=True)
    staff.groups.add(Role.objects.get(name="Approver"))
    at_desk, at_hq = _signed_in(editor), _signed_in(staff)
    address = [organization.slug, series.slug]
    ticks = cycle([[full.pk], []])
    audience, sync = (reverse(f"audience:{view}", args=address) for view in ("audience", "sync"))
    act = reverse("admin:directory_sync_connection_act", args=[connection.pk, "sync"])
    change = reverse("admin:directory_sync_organization_change", args=[organization.pk])
    names = cycle([organization.name, f"{organization.name}, renamed"])
    yield "update audience", lambda: _post(at_desk, audience, {"shown": [full.pk], "segments": next(ticks)})
    yield "edit organization", lambda: _post(at_hq, change, _form(organization, next(names)))
    yield "sync now, editor", lambda: _post(at_desk, sync, {"connection": str(connection.pk)})
    yield "sync now, staff", lambda: _post(at_hq, act, {})


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _post(client: Client, address: str, answers: dict[str, Any]) -> None:
    response = client.post(address, answers, headers=HOST)
    assert response.status_code == 302, f"{address}: {response.status_code}"  # anything else was refused


def _form(organization: Organization, name: str) -> dict[str, Any]:
    """The form of an organization's page, with nothing changed but its name, and its series' names with it."""
    form: dict[str, Any] = {"name": name, "slug": organization.slug, "package": organization.package}
    for prefix, rows in (("editors", organization.editors.all()), ("series", organization.series.all())):
        form |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        for number, row in enumerate(rows):
            values = {"id": row.pk, "organization": organization.pk}
            values |= {"role": row.role} if isinstance(row, Editor) else {"name": name, "slug": row.slug}
            form |= {f"{prefix}-{number}-{field}": value for field, value in values.items()}
    return form
