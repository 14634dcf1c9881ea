"""Holding our numbers against Entra's own: one batch a night, the groups longest unchecked first.

A difference may be replication delay; one that is still there another night has that group read anew, member
by member, by the next run.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from ..graph.batch import LARGEST_BATCH, BatchRequest
from ..graph.client import GraphClient
from ..models import Connection, DriftCheck, Group, GroupClosure, Membership, Recipient, SeriesSegment

ANOTHER_NIGHT = timedelta(hours=20)
# group-list-transitivemembers; $count after a cast needs the index (aad-advanced-queries)
COUNT = "/groups/{id}/transitiveMembers/microsoft.graph.{kind}/$count"
EVENTUAL = {"ConsistencyLevel": "eventual"}


def in_use(connection: Connection) -> QuerySet[Group]:
    """Groups of the connection that some series has chosen, to include or to exclude."""
    chosen = SeriesSegment.objects.filter(segment__group__connection=connection)
    return connection.groups.filter(pk__in=chosen.values("segment__group"))


def verify(connection: Connection, client: GraphClient, now: datetime) -> int:
    """Check one batch of the groups in use; returns how many differ from Entra's count.

    Compared are users, and contacts where they are synced: disabled ones included, exclusions ignored, as
    Entra counts them. Hidden groups, which show no members, and held ones, which differ on purpose, are skipped.
    """
    kinds = {"user": Recipient.Kind.USER} | ({"orgContact": Recipient.Kind.CONTACT} if connection.sync_contacts else {})
    groups = list(_longest_unchecked(connection)[: LARGEST_BATCH // len(kinds)])
    if not groups:
        return 0
    asked = [
        BatchRequest(f"{group.entra_id} {kind}", COUNT.format(id=group.entra_id, kind=kind), EVENTUAL)
        for group in groups
        for kind in kinds
    ]
    answers = client.batch(asked)
    differing = 0
    for group in groups:
        told = [answers[f"{group.entra_id} {kind}"] for kind in kinds]
        if all(not answer.error and str(answer.body).isdigit() for answer in told):
            difference = sum(int(str(answer.body)) for answer in told) - _ours(group, kinds.values())
            _note(group, difference, now)
            differing += difference != 0
    return differing


def _longest_unchecked(connection: Connection) -> QuerySet[Group]:
    comparable = in_use(connection).filter(status=Group.Status.SYNCED, is_hidden=False)
    return comparable.select_related("drift_check").order_by(F("drift_check__checked_at").asc(nulls_first=True), "pk")


def _ours(group: Group, kinds: Iterable[str]) -> int:
    below = GroupClosure.objects.filter(ancestor=group.component).values("descendant")
    living = Q(recipient__kind__in=list(kinds), recipient__removed_at=None)
    links = Membership.objects.filter(living, group__in=below)
    return links.aggregate(found=Count("recipient", distinct=True))["found"]


def _note(group: Group, difference: int, now: datetime) -> None:
    """Remember the comparison; a difference that has lasted another night has the group read anew."""
    before = getattr(group, "drift_check", None)
    since = None if difference == 0 else (before and before.differs_since) or now
    DriftCheck.objects.update_or_create(
        group=group, defaults={"checked_at": now, "differs_since": since, "difference": difference}
    )
    if since and since <= now - ANOTHER_NIGHT:
        Group.objects.filter(pk=group.pk).update(reread_due=True)
