from tests.sync.harness import group, names, sync


def test_parent_with_one_member_and_a_child_group_of_five_has_six_recipients(connection, directory):
    people = [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(6)]
    child = directory.add_group("Child", members=people[1:])
    parent = directory.add_group("Parent", members=[people[0], child])

    sync(connection)

    row = group(connection, parent)
    assert (row.entra_direct, row.entra_transitive, row.recipients) == (2, 7, 6)
    assert names(connection, parent) == ["P0", "P1", "P2", "P3", "P4", "P5"]
