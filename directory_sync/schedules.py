"""What the clusters do by the clock. The clock of the nightly run itself is `Connection.due_at`."""

from django.utils import timezone
from django_q.models import Schedule

# name → (function, minutes between two calls, cluster)
SCHEDULES = {
    "dispatch due runs": ("directory_sync.tasks.dispatch", 1, "now"),
}


def install() -> list[str]:
    """Write every schedule, drop those that are no more, and return the names. Does not disturb a pending one."""
    for name, (function, minutes, cluster) in SCHEDULES.items():
        Schedule.objects.update_or_create(
            name=name,
            defaults={
                "func": function,
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
                "repeats": -1,
                "cluster": cluster,
            },
            create_defaults={
                "func": function,
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
                "repeats": -1,
                "cluster": cluster,
                "next_run": timezone.now(),
            },
        )
    Schedule.objects.filter(func__startswith="directory_sync.").exclude(name__in=SCHEDULES).delete()
    return list(SCHEDULES)
