"""What the demo's pages show of the product: how directories stand, and what an operator looks at."""

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django_q.models import OrmQ, Schedule, Task
from django_q.status import Stat

from directory_sync.admin.health import health, with_standing
from directory_sync.diagnosis import diagnose
from directory_sync.models import Connection, SyncRun

RUNS = 10
# A command and what it tells; {connection} and {group} are filled in.
COMMANDS = (
    ("check_connection {connection}", "Asks Entra what the live checks ask."),
    ("sync_directory {connection} --json", "Syncs here and now, in your terminal."),
    ("explain_group {connection} {group}", "Why Parent has six recipients and Entra counts seven."),
    ("export_recipients {connection} --group {group}", "Exactly the people who count, as CSV."),
    ("install_schedules", "Writes the schedules; as often as you like."),
    ("qinfo", "What django-q itself says about clusters and queues."),
)


def directories() -> list[dict[str, Any]]:
    """Every connection with its health, its last run and its problem in words."""
    rows = with_standing(Connection.objects.prefetch_related("accesses__organization").order_by("created_at"))
    return [_directory(each) for each in rows]


def _directory(connection: Any) -> dict[str, Any]:
    state, word = health(connection)
    problem = diagnose(connection.problem, connection.problem_subject) if connection.problem else None
    return {
        "connection": connection,
        "organizations": [str(access.organization) for access in connection.accesses.all()],
        "state": state,
        "word": word,
        "problem": problem,
        "recipients": connection.recipients.filter(left_out="").count(),
        "run": connection.runs.first(),
    }


def operations() -> dict[str, Any]:
    """The queue per cluster, the clusters that report, the schedules, the last runs, and commands with real ids."""
    waiting: dict[str, int] = dict.fromkeys([settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]], 0)
    for job in OrmQ.objects.all():
        waiting[job.key] = waiting.get(job.key, 0) + 1
    return {
        "clusters": sorted(Stat.get_all(), key=lambda each: str(each.cluster_id)),
        "waiting": waiting,
        "failed_jobs": Task.objects.filter(success=False).count(),
        "schedules": Schedule.objects.order_by("name"),
        "runs": SyncRun.objects.select_related("connection")[:RUNS],
        "commands": _commands(),
        "environment": _environment_file(),
    }


def _commands() -> list[tuple[str, str]]:
    connection = Connection.objects.live().order_by("created_at").first()
    if connection is None:
        return []
    parent = connection.groups.filter(name="Parent").first()
    ids = {"connection": connection.pk, "group": parent.entra_id if parent else "OBJECT_ID"}
    return [(f".venv/bin/python manage.py {command.format(**ids)}", told) for command, told in COMMANDS]


def _environment_file() -> str:
    """The file that turns a terminal into a worker of this demo, as one types it."""
    path = Path(settings.VAR_DIR) / "environment"
    return os.path.relpath(path, settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else str(path)
