"""From a tenant over HTTPS to the audience page, through the engine."""

from directory_sync.audience import choosing, importing, resolve
from directory_sync.audience.listing import labelled
from directory_sync.models import Organization
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from tests.sync.harness import group, sync

from .factories import make_editor, make_series
from .test_pages import address, body


def choose_group(series, row) -> None:
    """Import the group and put it into the audience, as an editor does."""
    by = make_editor(series)
    importing.import_groups(series.organization, [row.pk], by=by)
    segment = labelled(series).get(group=row)
    choosing.update_audience(series, [segment.pk], shown=[segment.pk], by=by)


def test_parent_with_one_member_and_a_child_group_of_five_reaches_six(connection, directory):
    people = [directory.add_user(mail=f"p{n}@contoso.com") for n in range(6)]
    child = directory.add_group("Child", members=people[1:])
    parent = directory.add_group("Parent", members=[people[0], child])
    sync(connection)
    series = make_series(Organization.objects.get().name)

    choose_group(series, group(connection, parent))

    assert resolve.reach(series).addresses == 6


def test_choosing_a_group_makes_the_next_worker_read_it_again(connection, directory):
    sales = directory.add_group("Sales", members=[directory.add_user()])
    sync(connection)
    series = make_series(Organization.objects.get().name)
    directory.add_member(sales, directory.add_user())

    choose_group(series, group(connection, sales))
    before = resolve.reach(series).addresses
    perform(claim.claim_next())

    assert (before, resolve.reach(series).addresses) == (1, 2)


def test_group_deleted_in_entra_keeps_its_people_in_until_unticked(client, connection, directory):
    sales = directory.add_group("Sales", members=[directory.add_user()])
    sync(connection)
    series = make_series(Organization.objects.get().name)
    choose_group(series, group(connection, sales))
    directory.delete_group(sales)
    sync(connection)
    client.force_login(make_editor(series), backend="django.contrib.auth.backends.ModelBackend")

    gone = body(client.get(address(series)))
    client.post(address(series), {"shown": [labelled(series).get().pk]})

    assert "Deleted in Entra" in gone
    assert 'data-addresses="1"' in gone
    assert resolve.reach(series).addresses == 0


def test_person_disabled_in_entra_leaves_the_audience_at_the_next_sync(connection, directory):
    ada, ben = directory.add_user(), directory.add_user()
    sales = directory.add_group("Sales", members=[ada, ben])
    sync(connection)
    series = make_series(Organization.objects.get().name)
    choose_group(series, group(connection, sales))

    directory.disable_user(ada)
    sync(connection)

    assert [person.entra_id for person in resolve.people(series)] == [ben]
