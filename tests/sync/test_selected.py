"""Scope `selected`: what is read, and what is kept of the rest."""

from directory_sync.models import Connection, Recipient, SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform
from directory_sync.tasks import run_next_due
from tests.sync.harness import connect, group, names, reasons, sync


def test_managers_from_outside_are_kept_by_name_and_reach_nobody(db, endpoints, directory):
    boss = directory.add_user(displayName="Boss", mail="boss@contoso.com", jobTitle="CEO")
    listed = directory.add_group("Listed", members=[directory.add_user(displayName="Ann", manager=boss)])
    directory.add_user(displayName="Stranger")
    connection = connect(directory, group_ids=(listed,), attributes=("manager_name",))

    run = sync(connection)

    row = connection.recipients.get(name="Boss")
    assert (row.mail, row.enabled, row.left_out) == ("boss@contoso.com", None, "unread")
    assert connection.recipients.get(name="Ann").manager_entra_id == boss
    assert (run.users, connection.recipients.count()) == (1, 2)


def test_manager_from_outside_goes_when_nobody_is_managed_any_more(db, endpoints, directory):
    boss = directory.add_user(displayName="Boss")
    ann = directory.add_user(displayName="Ann", manager=boss)
    listed = directory.add_group("Listed", members=[ann])
    connection = connect(directory, group_ids=(listed,), attributes=("manager_name",))
    sync(connection)

    directory.clear_manager(ann)
    sync(connection)

    assert set(connection.recipients.values_list("name", flat=True)) == {"Ann"}


def test_manager_that_can_not_be_read_stays(db, endpoints, directory, tenant_server):
    boss = directory.add_user(displayName="Boss")
    listed = directory.add_group("Listed", members=[directory.add_user(displayName="Ann", manager=boss)])
    connection = connect(directory, group_ids=(listed,), attributes=("manager_name",))
    sync(connection)

    tenant_server.faults.add("manager", "403", times=None)
    sync(connection)

    assert connection.recipients.get(name="Ann").manager_entra_id == boss


def test_managers_are_not_asked_for_unless_approved(db, endpoints, directory, tenant_server):
    listed = directory.add_group("Listed", members=[directory.add_user(manager=directory.add_user())])
    connection = connect(directory, group_ids=(listed,))
    tenant_server.requests.reset()

    sync(connection)

    assert tenant_server.requests("manager") == 0


def test_people_with_an_excluded_value_are_left_out_whatever_its_case(db, endpoints, directory):
    connection = connect(directory, attributes=("employee_type", "division_name"))
    external = directory.add_user(displayName="Ext", employeeType="Contractor")
    lab = directory.add_user(displayName="Lab", employeeOrgData={"division": "Labs", "costCenter": "1"})
    team = directory.add_group("Team", members=[external, lab, directory.add_user(displayName="Ann")])
    sync(connection)

    Connection.objects.update(
        excluded_values=[
            {"attribute": "employee_type", "value": "contractor"},
            {"attribute": "division_name", "value": "labs"},
            {"attribute": "manager_name", "value": "not a stored value"},
        ]
    )
    sync(connection)

    assert names(connection, team) == ["Ann"]
    assert reasons(connection, team) == {"Ext": "excluded", "Lab": "excluded"}


def test_listed_group_of_a_government_tenant_is_read_in_its_cloud(db, endpoints, directory):
    listed = directory.add_group("Listed", members=[directory.add_user(displayName="Ann")])
    connection = connect(directory, group_ids=(listed,), cloud="usgov_l4")

    sync(connection)

    assert names(connection, listed) == ["Ann"]
    assert group(connection, listed).recipients == Recipient.objects.filter(left_out="").count() == 1


def test_parked_walk_goes_on_with_the_groups_not_read_yet(endpoints, db, directory, tenant_server):
    people = [directory.add_user(displayName=f"P{number}", mail=f"p{number}@contoso.com") for number in range(60)]
    groups = [directory.add_group(f"G{number}", members=[each]) for number, each in enumerate(people)]
    connection = connect(directory, group_ids=tuple(groups))
    parked = perform(claim.begin(connection, SyncRun.Trigger.MANUAL), deadline=0)
    state = parked.state
    tenant_server.requests.reset()

    assert run_next_due() == "succeeded"

    assert state == SyncRun.State.QUEUED
    assert tenant_server.requests("members") == 40  # whichever of three batches came first
    assert connection.recipients.filter(left_out="").count() == 60
