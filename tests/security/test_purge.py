"""What is past its time goes, what is in use stays, and a second time finds nothing."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from directory_sync import connections, purge, schedules
from directory_sync.models import (
    Credential,
    Event,
    Group,
    GroupChange,
    HeldRemoval,
    JournalPage,
    Membership,
    Recipient,
    Segment,
    SyncRun,
)
from onboarding import links, purging
from onboarding.models import LinkRequest, SetupLink, Submission
from tests.admin.factories import make_connection, make_group, make_person, make_run
from tests.audience.factories import choose, make_everyone, make_segment, make_series
from tests.onboarding.factories import CANARY, answers, page, sent, setup_link, submission

pytestmark = pytest.mark.django_db


def days_ago(days: float):
    return timezone.now() - timedelta(days=days)


def test_journal_of_an_ended_run_goes_and_that_of_an_active_one_stays():
    ended, active = make_run(make_connection()), make_run(make_connection(), SyncRun.State.QUEUED)
    for run in (ended, active):
        JournalPage.objects.create(run=run, source="users", number=1, is_full=True, fingerprint="x", body=b"")

    purge.purge(timezone.now())

    assert [page.run for page in JournalPage.objects.all()] == [active]


def test_changes_of_groups_are_kept_for_thirty_days():
    connection = make_connection()
    old, new = make_run(connection, created_at=days_ago(31)), make_run(connection, created_at=days_ago(29))
    for run in (old, new):
        GroupChange.objects.create(run=run, added=1)

    purge.purge(timezone.now())

    assert [change.run for change in GroupChange.objects.all()] == [new]


def test_log_is_kept_for_two_years():
    for days in (729, 731):
        Event.objects.create(at=days_ago(days), verb=f"{days}", actor_label="test")

    purge.purge(timezone.now())

    assert list(Event.objects.values_list("verb", flat=True)) == ["729"]


def test_people_deleted_in_entra_go_after_the_time_in_which_they_can_come_back():
    connection = make_connection()
    gone, recent = make_person(connection, removed_at=days_ago(61)), make_person(connection, removed_at=days_ago(59))
    there = make_person(connection)
    group = make_group(connection, gone, recent, there)
    before = (group.people, group.recipients)

    purge.purge(timezone.now())

    group.refresh_from_db()
    assert set(Recipient.objects.all()) == {recent, there}
    assert Membership.objects.count() == 2
    assert (group.people, group.recipients) == before


def test_person_about_whom_somebody_has_to_decide_stays():
    connection = make_connection()
    gone = make_person(connection, removed_at=days_ago(61))
    HeldRemoval.objects.create(group=make_group(connection, gone), member_entra_id=gone.entra_id)

    purge.purge(timezone.now())

    assert Recipient.objects.filter(pk=gone.pk).exists()


def end(connection, days: float) -> None:
    connections.disconnect(connection, by="test")
    Event.objects.filter(connection=connection, verb=purge.DISCONNECTED).update(at=days_ago(days))


def test_data_of_a_disconnected_directory_goes_after_the_grace_period():
    connection, other = make_connection("Acme"), make_connection("Globex")
    series = make_series("Acme")
    for each in (connection, other):
        make_group(each, make_person(each), make_person(each))
    choose(series, make_segment(series, connection.groups.get()))
    choose(series, make_everyone(series, connection))
    make_run(connection, losses=["somebody"])
    end(connection, 31)

    purge.purge(timezone.now())

    assert {each.connection for each in (*Recipient.objects.all(), *Group.objects.all())} == {other}
    assert not Segment.objects.exists()
    assert not SyncRun.objects.exclude(losses=[]).exists()
    assert Event.objects.get(verb="synced data purged").facts == {"people": 2, "groups": 1}


def test_data_of_a_disconnected_directory_stays_for_the_grace_period():
    connection = make_connection()
    make_group(connection, make_person(connection))
    end(connection, 29)

    purge.purge(timezone.now())

    assert (connection.recipients.count(), connection.groups.count()) == (1, 1)


def test_purging_again_finds_nothing_and_writes_nothing():
    connection = make_connection()
    make_group(connection, make_person(connection))
    end(connection, 31)
    purge.purge(timezone.now())
    events = Event.objects.count()

    again = purge.purge(timezone.now())

    assert set(again.values()) == {0}
    assert Event.objects.count() == events


def test_more_than_a_batch_goes(monkeypatch):
    connection = make_connection()
    make_group(connection, *(make_person(connection, removed_at=days_ago(90)) for _ in range(7)))

    deleted = purge._delete(purge.departed(timezone.now()), batch=3)

    assert deleted == 7
    assert not Membership.objects.exists()


def close(link: SetupLink, how: str) -> None:
    if how == "revoked":
        links.revoke(link)
    else:
        SetupLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())


@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_secret_of_a_draft_whose_link_is_closed_is_destroyed(client, how):
    link, token = setup_link()
    client.post(page(token), answers())
    close(link, how)

    purging.purge(timezone.now())

    assert list(Credential.objects.values_list("sealed", "slot")) == [("", "retired")]
    assert Event.objects.get(verb="draft secrets purged").facts == {"secrets": 1}


def test_secret_of_an_open_draft_stays(client):
    _, token = setup_link()
    client.post(page(token), answers())
    Credential.objects.update(created_at=days_ago(10))

    purging.purge(timezone.now())

    assert Credential.objects.get().sealed


def test_secret_of_a_submission_in_review_stays_though_its_link_is_revoked(client):
    links.revoke(sent(client).link)

    purging.purge(timezone.now())

    assert Credential.objects.get().sealed


def test_secret_of_a_live_connection_stays():
    make_connection()
    Credential.objects.update(created_at=days_ago(400))

    purging.purge(timezone.now())

    assert Credential.objects.get().sealed


def test_secret_that_nothing_points_at_is_destroyed_within_a_day():
    connections.draft_credential(CANARY)
    stray = connections.draft_credential(CANARY)
    Credential.objects.filter(pk=stray.pk).update(created_at=days_ago(1.1))

    purging.purge(timezone.now())

    assert Credential.objects.filter(sealed="").get() == stray


def test_form_of_a_link_made_anew_asks_for_the_secret_again(client):
    link, token = setup_link()
    client.post(page(token), answers())
    close(link, "expired")
    purging.purge(timezone.now())

    shown = client.get(page(links.resend(link)))

    assert b"Contoso Ltd" in shown.content
    assert b"Secret received" not in shown.content


def test_submission_sent_back_and_left_alone_loses_its_secret():
    waiting = submission()
    Submission.objects.update(state=Submission.State.CHANGES_REQUESTED)
    SetupLink.objects.update(submitted_at=None, expires_at=days_ago(1))

    purging.purge(timezone.now())

    waiting.credential.refresh_from_db()
    assert waiting.credential.sealed == ""


def test_request_for_a_link_that_no_worker_answered_goes():
    LinkRequest.objects.create(email="old@customer.example", created_at=days_ago(2))
    LinkRequest.objects.create(email="new@customer.example")

    purging.purge(timezone.now())

    assert LinkRequest.objects.get().email == "new@customer.example"


def test_command_purges_directories_and_drafts(capsys):
    call_command("purge", "--json")

    told = json.loads(capsys.readouterr().out)
    assert {"journal_pages", "removed_people", "disconnected_data", "events", "draft_secrets"} <= told.keys()


def test_both_are_scheduled_every_day():
    schedules.install()

    wanted = schedules.wanted()
    assert {wanted[name][0] for name in ("purge", "purge drafts")} == {
        "directory_sync.tasks.purge",
        "onboarding.tasks.purge",
    }
