"""Whether this process lives, and whether the whole is ready: answers for machines, without names or secrets."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection as database
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.brokers import get_broker
from django_q.models import Schedule
from django_q.status import Stat

from . import schedules
from .system_checks import is_key

log = logging.getLogger(__name__)
CLUSTERS = 2  # `sync` and `now`; django-q2 does not tell which is which
CLOCK_STOPPED_AFTER = timedelta(minutes=5)  # the cluster `now` keeps a schedule of every minute


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """`/healthz`: the process answers. Asks nothing else, so that a database that is away restarts nobody."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """`/readyz`: each check and whether it passed; 503 when one did not."""
    checks = {name: _passes(name, check) for name, check in CHECKS.items()}
    ready = all(checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _passes(name: str, check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception as error:
        log.warning("not ready: %s raised %s", name, type(error).__name__)
        return False


def database_answers() -> bool:
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def broker_answers() -> bool:
    return bool(get_broker().ping())


def keys_are_there() -> bool:
    """What the web needs: the signing key that all processes share, and the public half of the sealing key."""
    return not settings.SECRET_KEY_IS_RANDOM and is_key(settings.SEALING_PUBLIC_KEY)


def schedules_are_installed() -> bool:
    wanted = schedules.wanted()
    return Schedule.objects.filter(name__in=wanted).count() == len(wanted)


def clusters_are_alive() -> bool:
    """Both have reported within seconds, and the clock that `now` keeps goes."""
    stopped = Schedule.objects.filter(
        name=schedules.EVERY_MINUTE, next_run__lt=timezone.now() - CLOCK_STOPPED_AFTER
    ).exists()
    return len(Stat.get_all()) >= CLUSTERS and not stopped


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "broker": broker_answers,
    "keys": keys_are_there,
    "schedules": schedules_are_installed,
    "clusters": clusters_are_alive,
}
