"""PostgreSQL's statistics: refreshed after a run that has read much, so that pages need not wait for autovacuum."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from directory_sync.sync import perform
from tests.sync.harness import sync


@pytest.mark.parametrize(("links", "is_much"), [(3, True), (4, False)])
def test_statistics_are_refreshed_after_many_links(connection, directory, monkeypatch, links, is_much):
    monkeypatch.setattr(perform, "MANY_LINKS", links)
    directory.add_group("Team", members=[directory.add_user(displayName=f"P{n}") for n in range(3)])

    with CaptureQueriesContext(database) as queries:
        run = sync(connection)

    assert (run.state, run.memberships) == ("succeeded", 3)
    refreshed = [each["sql"] for each in queries if each["sql"].startswith("ANALYZE")]
    assert len(refreshed) == (5 if is_much and database.vendor == "postgresql" else 0)
