"""An option that would take many people away is held like any other loss."""

from directory_sync.models import Connection
from tests.sync.harness import group, sync


def test_option_that_leaves_out_many_is_held(connection, directory):
    guests = [directory.add_guest(f"g{n}@partner.com") for n in range(15)]
    team = directory.add_group("Team", members=[*guests, *(directory.add_user() for _ in range(25))])
    sync(connection)

    Connection.objects.filter(pk=connection.pk).update(exclude_guests=True)
    run = sync(connection)

    assert (run.state, run.losses) == ("held", sorted(guests))
    assert group(connection, team).recipients == 40


def test_option_turned_back_is_held_no_more(connection, directory):
    team = directory.add_group("Team", members=[directory.add_guest(f"g{n}@partner.com") for n in range(15)])
    sync(connection)
    Connection.objects.filter(pk=connection.pk).update(exclude_guests=True)
    sync(connection)

    Connection.objects.filter(pk=connection.pk).update(exclude_guests=False)
    run = sync(connection)

    assert (run.state, group(connection, team).recipients) == ("succeeded", 15)
