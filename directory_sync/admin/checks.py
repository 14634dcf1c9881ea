"""The live checks that staff ask for; a worker does them, since it alone can open the secret."""

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django_q.tasks import async_task

from .. import connections
from ..models import Connection

AT_MOST_EVERY = 10  # seconds; a double click asks Entra once


def ask(connection: Connection, *, by: str, user) -> bool:
    """Queue the checks. False when they were asked for a moment ago, or the connection has no secret any more."""
    if connection.state == Connection.State.DISCONNECTED:
        return False
    if not cache.add(f"check-asked-{connection.pk}", 1, AT_MOST_EVERY):
        return False
    async_task("directory_sync.admin.checks.run", str(connection.pk), user.pk, cluster="now")
    return True


def run(connection_id: str, user_id: int) -> bool:
    """Called by the queue: whether every check passed. The answers are in the activity log."""
    connection = Connection.objects.get(pk=connection_id)
    user = get_user_model().objects.get(pk=user_id)
    return connections.check(connection, by=user.email or user.get_username(), user=user).facts["ok"]
