"""Groups that an editor chooses, or asks for, are read anew by the next run."""

import pytest
from django.utils import timezone

from directory_sync.models import Access, Connection, Group

from .factories import choose, make_connection, make_everyone, make_group, make_segment, make_series
from .test_pages import address, body, group_address


def due(connection: Connection) -> set[str]:
    """Names of the groups that the next run reads anew."""
    return set(connection.groups.filter(reread_due=True).values_list("name", flat=True))


def test_chosen_group_is_read_anew_and_nothing_else(client, series, contoso, editor):
    new, old, other = (make_segment(series, make_group(contoso, name)) for name in ("New", "Old", "Other"))
    choose(series, old)

    client.post(address(series), {"shown": [new.pk, old.pk, other.pk], "segments": [new.pk, old.pk]})

    assert due(contoso) == {"New"}


def test_full_directory_has_no_group_to_read_anew(client, series, contoso, editor):
    make_group(contoso, "Sales")
    everyone = make_everyone(series, contoso)

    client.post(address(series), {"shown": [everyone.pk], "segments": [everyone.pk]})

    assert due(contoso) == set()


def test_sync_now_on_a_group_reads_it_anew_however_often_it_is_pressed(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    make_group(contoso, "Other")
    Connection.objects.update(due_at=None)

    answers = [client.post(address(series, "sync"), {"group": group.pk}) for _ in range(2)]

    assert [answer.url for answer in answers] == [group_address(series, group)] * 2
    assert due(contoso) == {"Sales"}
    contoso.refresh_from_db()
    assert contoso.due_at <= timezone.now()


def test_group_page_has_the_button_unless_a_sync_is_due(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    button = f'name="group" value="{group.pk}"'
    assert button in body(client.get(group_address(series, group)))

    Connection.objects.update(due_at=timezone.now())

    assert button not in body(client.get(group_address(series, group)))


def test_group_of_another_organization_is_not_found(client, series, contoso, editor):
    theirs = make_group(make_connection(make_series("Other").organization), "Theirs")

    assert client.post(address(series, "sync"), {"group": theirs.pk}).status_code == 404
    assert not Group.objects.filter(reread_due=True).exists()


def test_group_beyond_the_access_is_not_found(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[])

    assert client.post(address(series, "sync"), {"group": group.pk}).status_code == 404


@pytest.mark.parametrize("group", ["x", "-1", ""])
def test_syncing_no_group_at_all_is_not_found(client, series, contoso, editor, group):
    assert client.post(address(series, "sync"), {"group": group}).status_code == 404


def test_group_of_a_paused_directory_waits_for_its_day(client, series, contoso, editor):
    group = make_group(contoso, "Sales")
    Connection.objects.update(state=Connection.State.PAUSED)

    page = body(client.post(address(series, "sync"), {"group": group.pk}, follow=True))

    assert "paused" in page
    assert due(contoso) == {"Sales"}
