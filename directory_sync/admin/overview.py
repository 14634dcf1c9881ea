"""What stands on a connection's page."""

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When

from ..diagnosis import Diagnosis, diagnose
from ..models import AttributeGrant, Connection, Event, Group
from ..progress import time_left
from ..sync.attributes import NAMES
from . import held
from .health import health
from .sharing import SHARE

RUNS = 15
GROUPS = 20
EVENTS = 15
PRESSING = [Group.Status.ERROR, Group.Status.HELD, Group.Status.GONE, Group.Status.SYNCING, Group.Status.WAITING]
CHECKED = "connection checked"


def overview(connection: Connection, user) -> dict[str, Any]:
    """Everything the page shows. `connection` comes with its standing."""
    checked = connection.events.filter(verb=CHECKED).first()
    runs = list(connection.runs.all()[:RUNS])
    return {
        **progress(connection),
        "holds": held.of_connection(connection),
        "health": health(connection),
        "diagnosis": _diagnosis(connection, connection.problem, connection.problem_subject),
        "credential": connection.current_credential(),
        "accesses": attributes_by_organization(connection),
        "runs": runs,
        "longest": max((run.seconds for run in runs), default=0) or 1,
        "groups": [
            (group, _diagnosis(connection, problem_code(group), subject_of(group)))
            for group in groups_by_urgency(connection)
        ],
        "group_count": connection.groups.filter(is_read=True).count(),
        "recipient_count": connection.recipients.filter(left_out="").count(),
        "checked": checked,
        "checks": check_results(connection, checked) if checked else [],
        "events": connection.events.exclude(verb=CHECKED)[:EVENTS],
        "may_operate": user.has_perm("directory_sync.change_connection"),
        "may_approve": user.has_perm("directory_sync.add_attributegrant"),
        "may_share": user.has_perm(SHARE),
        "may_withdraw": user.has_perm("directory_sync.change_attributegrant"),
        "is_live": connection.state != Connection.State.DISCONNECTED,
    }


def progress(connection: Connection) -> dict[str, Any]:
    """The run that holds the connection now, if any, and how long it goes on reading."""
    run = connection.runs.active().first()
    return {"connection": connection, "active_run": run, "time_left": time_left(run) if run else ""}


def attributes_by_organization(connection: Connection) -> list[dict[str, Any]]:
    """Each organization's access with its decided and awaited attributes, and those that nobody asked for."""
    rows = []
    for access in connection.accesses.select_related("organization").prefetch_related("grants__decided_by"):
        grants = sorted(access.grants.all(), key=lambda grant: NAMES.index(grant.attribute))
        held = {grant.attribute for grant in grants if grant.state != AttributeGrant.State.DECLINED}
        rows.append({"access": access, "grants": grants, "others": [name for name in NAMES if name not in held]})
    return rows


def groups_by_urgency(connection: Connection) -> QuerySet[Group]:
    """The groups to show: those with a problem first, then the largest."""
    urgency = Case(
        *(When(status=status, then=Value(place)) for place, status in enumerate(PRESSING)),
        default=Value(len(PRESSING)),
        output_field=IntegerField(),
    )
    return connection.groups.filter(is_read=True).order_by(urgency, "-recipients", "name")[:GROUPS]


def problem_code(group: Group) -> str:
    """What keeps the group from being up to date, "" for one that is."""
    return group.problem if group.status in (Group.Status.ERROR, Group.Status.HELD) else ""


def subject_of(group: Group) -> str:
    """What its problem is about: the group, where it is not a permission, which the group does not know."""
    return "" if group.problem == "permission_missing" else group.name or group.entra_id


def check_results(connection: Connection, checked: Event) -> list[dict[str, Any]]:
    """The answers of the last live check, with the words for what failed."""
    return [
        {**check, "diagnosis": _diagnosis(connection, check["problem"], check["subject"])}
        for check in checked.facts.get("checks", [])
    ]


def _diagnosis(connection: Connection, code: str, subject: str) -> Diagnosis | None:
    return diagnose(code, subject, cloud=connection.cloud, client_id=connection.client_id) if code else None
