"""How tests connect a make-believe tenant and sync it."""

from demo.tenant.directory import Directory
from directory_sync import connections
from directory_sync.models import Connection, Group, Organization, Recipient, SyncRun
from directory_sync.sync import claim
from directory_sync.sync.perform import perform


def connect(directory: Directory, organization: str = "Acme", **options) -> Connection:
    """Register an app in the tenant and open a connection with its secret."""
    app = directory.add_app()
    owner = Organization.objects.get_or_create(name=organization)[0]
    credential = connections.draft_credential(app.secret)
    new = connections.NewConnection(
        tenant_id=directory.tenant_id,
        client_id=app.client_id,
        owner_name="Ada Admin",
        owner_email="ada@customer.example",
        **options,
    )
    return connections.open_connection(new, credential, [owner], by="test")


def sync(connection: Connection, *, full: bool = False) -> SyncRun:
    """One run, in this process, whatever its outcome."""
    run = claim.begin(Connection.objects.get(pk=connection.pk), SyncRun.Trigger.COMMAND, full=full)
    assert run is not None, "another run is active"
    return perform(run)


def group(connection: Connection, entra_id: str) -> Group:
    return Group.objects.get(connection=connection, entra_id=entra_id)


def names(connection: Connection, entra_id: str) -> list[str]:
    """Names of the group's recipients, sorted."""
    return sorted(group(connection, entra_id).reached().values_list("name", flat=True))


def reasons(connection: Connection, entra_id: str) -> dict[str, str]:
    """Name → reason, of the group's living members to whom nothing goes."""
    left_out = group(connection, entra_id).members().exclude(left_out__in=["", Recipient.LeftOut.REMOVED])
    return dict(left_out.values_list("name", "left_out"))
