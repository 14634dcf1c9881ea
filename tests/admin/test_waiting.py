"""What staff do while a run is being applied does not wait for its end, which may take a minute."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import connection as database
from django.db import connections as databases

from directory_sync import connections, holds, sharing
from directory_sync.admin.options import OptionsForm
from directory_sync.models import Access, Connection, Organization, SyncRun
from tests.admin import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("postgresql")]


@pytest.fixture
def customer(transactional_db) -> Connection:
    return factories.make_connection("Acme")


@pytest.fixture
def applied(customer) -> Iterator[SyncRun]:
    """A run under way, in a transaction that has written its stage and people of the connection."""
    run = SyncRun.objects.create(connection=customer, state=SyncRun.State.RUNNING)
    other = databases["default"].copy()
    other.set_autocommit(False)
    try:
        with other.cursor() as cursor:
            cursor.execute("UPDATE directory_sync_syncrun SET stage = 'applying' WHERE id = %s", [run.pk])
            cursor.execute("SELECT 1 FROM directory_sync_connection WHERE id = %s FOR KEY SHARE", [customer.pk])
        with database.cursor() as cursor:
            cursor.execute("SET lock_timeout = '300ms'")
        yield run
    finally:
        other.rollback()
        other.close()
        database.close()


def options(customer: Connection) -> connections.Options:
    form = OptionsForm(OptionsForm.of(customer))
    assert form.is_valid(), form.errors
    return form.options()


def test_options_are_changed_while_a_run_writes_people(customer, applied):
    changed = connections.change_options(customer, replace(options(customer), owner_name="Bea"), by="test")

    assert changed == ["owner_name"]


def test_organization_is_added_while_a_run_writes_people(customer, applied):
    other = Organization.objects.create(name="Globex")

    assert sharing.add_organization(customer, other, sees=Access.Sees.ALL, group_ids=[], by="test")


def test_release_says_no_at_once_while_a_run_is_applied(customer, applied):
    held = SyncRun.objects.create(connection=customer, state=SyncRun.State.HELD, losses=["somebody"])

    assert holds.release(held, by="test") is None
