"""Full rounds whose pages a test writes itself: kept in the journal, as another worker would have left them."""

import hashlib
from typing import Any

from directory_sync.models import Connection, JournalPage, SyncRun
from directory_sync.sync import claim, journal
from directory_sync.sync.perform import perform
from directory_sync.sync.pull import selects

Pages = list[list[dict[str, Any]]]


def full_round(connection: Connection, **streams: Pages) -> SyncRun:
    """A full run for which all has been read; streams that are not named showed nothing."""
    connection = Connection.objects.get(pk=connection.pk)
    run = claim.begin(connection, SyncRun.Trigger.MANUAL, full=True)
    assert run is not None, "another run is active"
    for stream, select in selects(connection).items():
        pages = streams.get(stream) or [[]]
        fingerprint = hashlib.sha256(f"{connection.client_id} {','.join(select)}".encode()).hexdigest()
        for number, items in enumerate(pages):
            is_last = number + 1 == len(pages)
            links = {"delta_link": "https://graph.example/"} if is_last else {"next_link": "https://graph.example/"}
            page = JournalPage(source=stream, number=number, is_full=True, fingerprint=fingerprint, **links)
            journal.write(run, page, items)
    return perform(run)


def removed(id: str, reason: str = "changed") -> dict[str, Any]:
    """An object that is gone."""
    return {"id": id, "@removed": {"reason": reason}}


def link(id: str, kind: str = "user", *, gone: bool = False) -> dict[str, Any]:
    """A member, or one that was taken out."""
    entry: dict[str, Any] = {"@odata.type": f"#microsoft.graph.{kind}", "id": id}
    return entry | ({"@removed": {"reason": "deleted"}} if gone else {})
