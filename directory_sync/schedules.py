"""What the clusters do by the clock. The clock of the nightly run itself is `Connection.due_at`."""

from typing import Any

from django.apps import apps
from django.utils import timezone
from django_q.models import Schedule


def _minutes(minutes: int) -> dict[str, Any]:
    return {"schedule_type": Schedule.MINUTES, "minutes": minutes, "cron": None}


def _daily(cron: str) -> dict[str, Any]:
    """By the calendar of SYNC_TIME_ZONE, clock changes included."""
    return {"schedule_type": Schedule.CRON, "cron": cron, "minutes": None}


EVERY_MINUTE = "dispatch due runs"
# name → (function, when); all on the cluster that never waits for a run
SCHEDULES = {
    EVERY_MINUTE: ("directory_sync.tasks.dispatch", _minutes(1)),
    "probe credentials": ("directory_sync.tasks.probe_credentials", _daily("0 7 * * *")),
    "notice missed nights": ("directory_sync.tasks.notice_missed_nights", _minutes(60)),
    "purge": ("directory_sync.tasks.purge", _daily("0 3 * * *")),
}


def wanted() -> dict[str, tuple[str, dict[str, Any]]]:
    """Ours, and those that another app's configuration names in `daily`: name → (function, cron)."""
    found = dict(SCHEDULES)
    for app in apps.get_app_configs():
        for name, (function, cron) in getattr(app, "daily", {}).items():
            found[name] = (function, _daily(cron))
    return found


def install() -> list[str]:
    """Write every schedule, drop those that are no more, and return the names. Does not disturb a pending one."""
    schedules = wanted()
    for name, (function, when) in schedules.items():
        facts = {"func": function, "repeats": -1, "cluster": "now", **when}
        schedule, is_new = Schedule.objects.update_or_create(name=name, defaults=facts)
        if is_new and schedule.schedule_type == Schedule.CRON:
            Schedule.objects.filter(pk=schedule.pk).update(next_run=schedule.calculate_next_run(timezone.now()))
    Schedule.objects.filter(func__startswith="directory_sync.").exclude(name__in=schedules).delete()
    return list(schedules)
