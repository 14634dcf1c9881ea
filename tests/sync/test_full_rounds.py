"""Full rounds: what is shown in pieces is put together, what was lost comes back, what is the same is not written."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from directory_sync.models import Recipient
from tests.sync.harness import connect, group, names, sync
from tests.sync.rounds import full_round, link, removed
from tests.sync.test_runs import refuse_writing
from tests.sync.walks import fill, is_true

ORDER = pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])


@pytest.fixture
def ann(directory) -> str:
    directory.noise = 0
    return directory.add_user(displayName="Ann", mail="ann@contoso.com", jobTitle="Editor")


@pytest.fixture
def team(directory, ann) -> str:
    return directory.add_group("Team", members=[ann])


def whole(id: str, **properties) -> dict:
    name = properties.get("displayName", "Ann")
    facts = {"displayName": name, "mail": f"{name.lower()}@contoso.com", "userPrincipalName": f"{name}@contoso.com"}
    return {"id": id, **facts, "accountEnabled": True, "userType": "Member", **properties}


def shown_team(team: str, *members: dict) -> dict:
    return {"id": team, "displayName": "Team", "groupTypes": [], "securityEnabled": True, "members@delta": [*members]}


# Pages of users, and what is known of Ann afterwards: name, mail and whether her account is enabled.
IN_PIECES = {
    "facts on two pages": (
        lambda id: [[{"id": id, "displayName": "Anna"}], [{"id": id, "mail": "a@contoso.com", "accountEnabled": True}]],
        ("Anna", "a@contoso.com", True),
    ),
    "facts twice on one page": (
        lambda id: [[{"id": id, "displayName": "Anna"}, {"id": id, "mail": "a@contoso.com", "accountEnabled": False}]],
        ("Anna", "a@contoso.com", False),
    ),
    "facts on three pages, one in between": (
        lambda id: [
            [{"id": id, "displayName": "Anna", "accountEnabled": True}],
            [whole("00000000-0000-4000-8000-000000000001", displayName="Bo")],
            [{"id": id.upper(), "displayName": "Anja"}],
            [{"id": id, "mail": "a@contoso.com"}],
        ],
        ("Anja", "a@contoso.com", True),
    ),
    "id alone first": (lambda id: [[{"id": id}], [whole(id)]], ("Ann", "ann@contoso.com", True)),
    "id alone last": (lambda id: [[whole(id)], [{"id": id}]], ("Ann", "ann@contoso.com", True)),
    "removed and back": (lambda id: [[removed(id)], [whole(id)]], ("Ann", "ann@contoso.com", True)),
    "removed and back on one page": (lambda id: [[removed(id), whole(id)]], ("Ann", "ann@contoso.com", True)),
    "shown, removed and back with less": (
        lambda id: [[whole(id, displayName="Old")], [removed(id)], [{"id": id, "mail": "a@contoso.com"}]],
        ("", "a@contoso.com", None),
    ),
    "the same again": (lambda id: [[whole(id)], [whole(id)], [whole(id)]], ("Ann", "ann@contoso.com", True)),
    "a fact cleared later": (
        lambda id: [[whole(id)], [{"id": id, "mail": None}]],
        ("Ann", "", True),
    ),
}


@ORDER
@pytest.mark.parametrize("case", IN_PIECES)
def test_person_in_pieces_is_one_person(connection, ann, team, is_first, case):
    pages, known = IN_PIECES[case]
    if not is_first:
        sync(connection)

    run = full_round(connection, users=pages(ann), groups=[[shown_team(team, link(ann))]])

    row = connection.recipients.get(entra_id=ann)
    before = True if known[2] is None and not is_first else known[2]  # what was not said of an account has not changed
    assert run.state == "succeeded"
    assert (row.name, row.mail, row.enabled, row.removed_at) == (*known[:2], before, None)
    assert connection.recipients.filter(entra_id=ann).count() == 1
    assert group(connection, team).entra_direct == 1


@pytest.mark.parametrize("pages", [lambda id: [[removed(id)]], lambda id: [[whole(id)], [removed(id, "deleted")]]])
@ORDER
def test_person_whose_last_word_is_a_removal_is_gone(connection, ann, team, is_first, pages):
    if not is_first:
        sync(connection)

    run = full_round(connection, users=pages(ann), groups=[[shown_team(team)]])

    assert run.state == "succeeded"
    assert names(connection, team) == []
    assert not connection.recipients.filter(left_out="").exists()


@ORDER
def test_members_in_pieces_are_put_together_in_the_order_of_the_pages(connection, directory, ann, team, is_first):
    bo, cy, di = (directory.add_user(displayName=name) for name in ("Bo", "Cy", "Di"))
    if not is_first:
        sync(connection)
    people = [whole(id, displayName=name) for id, name in ((ann, "Ann"), (bo, "Bo"), (cy, "Cy"), (di, "Di"))]
    pages = [
        [{"id": team, "members@delta": [link(ann), link(bo)]}],
        [shown_team(team, link(cy), link(bo, gone=True))],
        [{"id": team, "members@delta": [link(di, gone=True), link(cy, gone=True)]}],
        [{"id": team.upper(), "members@delta": [link(di), link(cy.upper())]}, {"id": team}],
    ]
    for member in (cy, di):
        directory.add_member(team, member)

    run = full_round(connection, users=[people], groups=pages)

    assert run.state == "succeeded"
    assert names(connection, team) == ["Ann", "Cy", "Di"]


@ORDER
def test_group_in_pieces_holds_other_groups(connection, directory, ann, team, is_first):
    outer = directory.add_group("Outer")
    if not is_first:
        sync(connection)
    directory.add_member(outer, team)
    directory.add_member(team, outer)
    pages = [
        [{"id": outer, "members@delta": [link(team, "group", gone=True)]}],
        [{"id": team, "members@delta": [link(ann), link(outer, "group")]}],
        [{**shown_team(outer, link(team, "group")), "displayName": "Outer"}, shown_team(team)],
    ]

    run = full_round(connection, users=[[whole(ann)]], groups=pages)

    assert run.state == "succeeded"
    is_true(connection, directory)


@ORDER
@pytest.mark.parametrize("where", ["users", "contacts"])
def test_person_removed_in_one_stream_and_shown_in_the_other_is_there(
    db, endpoints, directory, ann, team, is_first, where
):
    connection = connect(directory, sync_contacts=True)
    if not is_first:
        sync(connection)
    shown, gone = (where, "contacts" if where == "users" else "users")

    run = full_round(
        connection, **{shown: [[whole(ann)]], gone: [[removed(ann)]]}, groups=[[shown_team(team, link(ann))]]
    )

    row = connection.recipients.get(entra_id=ann)
    assert run.state == "succeeded"
    assert (row.removed_at, row.left_out, row.kind) == (None, "", where.removesuffix("s"))
    assert names(connection, team) == ["Ann"]


@ORDER
@pytest.mark.parametrize("stream", ["users", "groups"])
@pytest.mark.parametrize("noise", [0, 1])
def test_failed_stream_beside_a_good_one_is_made_up_for(connection, directory, tenant_server, is_first, stream, noise):
    teams = fill(directory, 6, noise=noise)
    if not is_first:
        sync(connection)
        directory.remove_member(teams[0], sorted(directory.members(teams[0]))[0])
        directory.add_member(teams[1], directory.add_user(displayName="New"))
        directory.disable_user(directory.users[0])
        directory.delete_group(teams[2])
    before = links(connection)
    tenant_server.faults.add(f"{stream}/delta", "403", times=None, after=1)

    run = sync(connection, full=True)

    assert (run.state, run.problem) == ("partial", "permission_missing")
    if stream == "groups":
        assert links(connection) == before
    tenant_server.faults.clear()
    again = sync(connection)
    assert again.state == "succeeded"
    is_true(connection, directory)


def links(connection) -> set[tuple]:
    return set(connection.groups.values_list("entra_id", "status", "memberships__recipient__entra_id"))


@pytest.mark.parametrize("noise", [0, 1])
@pytest.mark.parametrize("pages", [2, 500])
def test_full_round_without_changes_writes_no_row(connection, directory, noise, pages):
    teams = fill(directory, noise=noise)
    directory.link_page_size = pages  # walked at first, or not
    directory.add_member(teams[0], teams[1])
    directory.add_member(teams[1], directory.add_device())
    directory.soft_delete_user(directory.users[0])
    sync(connection)

    refuse_writing("recipient", "group", "membership", "nesting", "groupclosure")
    run = sync(connection, full=True)

    assert (run.state, run.kind, run.added, run.changed, run.removed) == ("succeeded", "full", 0, 0, 0)


@pytest.mark.parametrize("noise", [0, 0.5, 1])
def test_full_round_after_nights_that_were_lost_is_right(connection, directory, tenant_server, noise):
    teams = fill(directory, 12, noise=noise)
    directory.add_member(teams[0], teams[1])
    sync(connection)
    people = directory.users
    directory.disable_user(people[0])
    directory.soft_delete_user(people[1])
    directory.purge_user(people[2])
    directory.update_user(people[3], mail=None)
    directory.remove_member(teams[2], sorted(directory.members(teams[2]))[0])
    directory.remove_member(teams[0], teams[1])
    directory.add_member(teams[3], teams[0])
    directory.add_member(teams[0], teams[3])
    directory.delete_group(teams[4])
    directory.add_group("New", members=[directory.add_user(displayName="New"), teams[5]])
    tenant_server.faults.add("*/delta", "empty_directory", times=None)
    sync(connection)
    tenant_server.faults.clear()
    with pytest.raises(AssertionError):
        is_true(connection, directory)

    run = sync(connection, full=True)

    assert (run.state, run.kind) == ("succeeded", "full")
    is_true(connection, directory)
    assert connection.recipients.get(entra_id=people[1]).removed_at


def queries_of_full_round(connection, directory, number: int) -> int:
    """Of a run whose pages are all read already, one page each."""
    ids = [f"00000000-0000-4000-8000-{n:012}" for n in range(number)]
    users = [whole(id, displayName=f"P{n}") for n, id in enumerate(ids)]
    with CaptureQueriesContext(database) as captured:
        run = full_round(connection, users=[users], groups=[[shown_team(TEAM, *map(link, ids))]])
    assert run.state == "succeeded"
    assert connection.groups.get().recipients == number
    return len(captured)


TEAM = "10000000-0000-4000-8000-000000000000"


def test_queries_of_a_full_round_do_not_grow_with_the_number_of_people(db, endpoints, tenant_server):
    directory = tenant_server.add_tenant()
    few, many = connect(directory, "Few"), connect(tenant_server.add_tenant(), "Many")

    first = queries_of_full_round(few, directory, 50), queries_of_full_round(many, directory, 500)
    again = queries_of_full_round(few, directory, 50), queries_of_full_round(many, directory, 500)
    Recipient.objects.update(facts_hash="")  # everybody is changed
    changed = queries_of_full_round(few, directory, 50), queries_of_full_round(many, directory, 500)

    assert first[0] == first[1]
    assert again[0] == again[1]
    assert changed[0] == changed[1]
