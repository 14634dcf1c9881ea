import pytest

from directory_sync.graph.reads import UNCHANGED, Link, changes, delta_page, has_limited_info

from .microsoft import GRAPH, example

ALICE, BOB = "693acd06-2877-4339-8ade-b704261fe7a0", "49320844-be99-4164-8167-87ff5d047ace"


@pytest.fixture
def parse(client, signed_in):
    """What an example says after it came through the client."""

    def parse(name):
        signed_in.get(f"{GRAPH}/users/delta", json=example(name))
        return list(changes(delta_page(client, "/users/delta").items))

    return parse


def change(**item):
    [only] = changes([{"id": "1", **item}])
    return only


def person(id, **facts):
    return {"@odata.type": "#microsoft.graph.user", "id": id, **facts}


GONE = {"@removed": {"reason": "deleted"}}


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("delta-query-users-01", {"Testuser1": "John", "Testuser2": "Jane"}),
        ("delta-query-users-02", {"Testuser3": "Pat", "Testuser4": "Meghan"}),
        ("delta-query-users-03", {"Testuser5": "Al", "Testuser6": "Sam"}),
        ("delta-query-users-04", {}),
    ],
)
def test_users_are_read_with_their_properties(parse, name, people):
    read = parse(name)

    assert {each.properties["displayName"]: each.properties["givenName"] for each in read} == people
    assert all(each.removed == "" and each.manager is UNCHANGED and each.added == () for each in read)


def test_removed_user_of_the_example_can_be_restored(parse):
    joe, gone = parse("delta-query-users-05")

    assert (joe.removed, joe.properties["givenName"]) == ("", "Joe")
    assert (gone.id, gone.removed, gone.properties) == ("8ffff70c-1c63-4860-b963-e34ec660931d", "changed", {})


def test_user_with_all_default_properties_is_read(parse):
    [adele] = parse("user-delta-01")

    assert adele.id == "87d349ed-44d7-43e1-9a83-5f2406dee5bd"
    assert adele.properties["businessPhones"] == ["+1 425 555 0109"]
    assert len(adele.properties) == 10
    assert "id" not in adele.properties


@pytest.mark.parametrize(
    "name",
    [
        *("user-delta-02", "user-delta-03"),
        *("group-delta-01", "group-delta-02", "group-delta-03"),
        *("orgcontact-delta-02", "orgcontact-delta-03"),
    ],
)
def test_examples_shortened_by_their_ids_say_nothing_about_anybody(parse, name):
    assert parse(name) == []


def test_contact_is_read(parse):
    [contact] = parse("orgcontact-delta-01")

    assert (contact.id, contact.properties["mail"]) == ("string (identifier)", "mail-value")


def test_manager_of_the_guidelines_is_set(parse):
    grady, gone = parse("users-delta-manager")

    assert grady.manager == "99789584-a1e1-4232-90e5-866170e3d4e7"
    assert "manager@delta" not in grady.properties
    assert (gone.removed, gone.manager) == ("changed", UNCHANGED)


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("delta-query-groups-01", {"TestGroup1": [ALICE, BOB], "TestGroup2": []}),
        (
            "delta-query-groups-02",
            {
                "TestGroup3": ["632f6bb2-3ec8-4c1f-9073-0027a8c68593"],
                "TestGroup4": ["3c8ac7c4-d365-4df9-abfa-356a9dd7763c", BOB],
            },
        ),
        ("delta-query-groups-03", {"TestGroup5": [], "TestGroup6": []}),
        ("delta-query-groups-04", {}),
        ("group-delta-2024", {"All Company": [ALICE, BOB]}),
    ],
)
def test_groups_are_read_with_their_members(parse, name, members):
    read = parse(name)

    assert {each.properties["displayName"]: [link.id for link in each.added] for each in read} == members
    assert {link.kind for each in read for link in each.added} <= {"user"}
    assert all(each.dropped == () for each in read)


def test_members_that_left_are_told_from_those_that_came(parse):
    [group] = parse("delta-query-groups-05")

    assert group.added == (Link("37de1ae3-408f-4702-8636-20824abda004", "user"),)
    assert group.dropped == ("632f6bb2-3ec8-4c1f-9073-0027a8c6859",)


@pytest.mark.parametrize("kind", ["user", "group", "orgContact", "device", "servicePrincipal", "unheardOf"])
def test_kinds_are_microsofts_names(kind):
    group = change(**{"@odata.type": "#microsoft.graph.group", "members@delta": [person("2")]})
    member = change(**{"members@delta": [{"@odata.type": f"#microsoft.graph.{kind}", "id": "2"}]})

    assert group.kind == "group"
    assert member.kind == ""
    assert member.added == (Link("2", kind),)


def test_later_entry_about_the_same_member_wins():
    entries = [person("2"), person("3"), person("2", **GONE), person("4", **GONE), person("4")]

    group = change(**{"members@delta": entries})

    assert [link.id for link in group.added] == ["3", "4"]
    assert group.dropped == ("2",)


@pytest.mark.parametrize(
    ("entries", "manager"),
    [
        ([person("2")], "2"),
        ([person("2", **GONE)], ""),
        ([person("2", **GONE), person("3")], "3"),
        ([person("3"), person("2", **GONE)], "3"),
        ([person("2", **GONE), person("2")], "2"),
        ([person("2"), person("2", **GONE)], ""),
        ([], UNCHANGED),
        (None, UNCHANGED),
    ],
)
def test_manager_is_set_cleared_or_unchanged(entries, manager):
    assert change(**{"manager@delta": entries}).manager == manager


def test_cleared_property_is_null_and_one_not_sent_is_absent():
    assert change(mail=None).properties == {"mail": None}


@pytest.mark.parametrize(
    ("removed", "reading"),
    [
        ({"reason": "changed"}, "changed"),
        ({"reason": "deleted"}, "deleted"),
        ({"reason": "novel"}, "changed"),
        (None, "changed"),
    ],
)
def test_removal_forgets_for_good_only_when_told_so(removed, reading):
    assert change(**{"@removed": removed}).removed == reading


def test_members_with_limited_information_are_recognised(client, signed_in):
    signed_in.get(f"{GRAPH}/groups/1/members", json=example("members-limited-info"))

    members = client.get("/groups/1/members")["value"]

    assert [has_limited_info(member) for member in members] == [False, False, True]
