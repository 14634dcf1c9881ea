"""A small company that is synced, in use, and has changed since: what every fault is held against."""

from dataclasses import dataclass

import pytest

from demo.tenant.directory import Directory
from demo.tenant.server import TenantServer
from directory_sync.graph import patience
from directory_sync.graph.auth import TokenSource
from directory_sync.graph.client import GraphClient
from directory_sync.models import Connection
from tests.faults.night import Night, night
from tests.faults.snapshot import Facts, snapshot
from tests.sync.audiences import choose
from tests.sync.harness import connect, sync
from tests.sync.truth import Options, expected, stored

DELTA_LINKS: Facts = {
    "delta link of contacts": "moved",
    "delta link of groups": "moved",
    "delta link of users": "moved",
}
SYNCED: Facts = {
    "person Ann": "ann@contoso.com",
    "person Bo": "bo@contoso.com",
    "person Cy": "cy@contoso.com",
    "person Di": "disabled",
    "person Paper": "paper@press.example",
    "group Team": "synced, 2 of 2",
    "group Child": "synced, 2 of 3",
    "group Parent": "synced, 3 of 5",
    "Team has Ann": "yes",
    "Team has Bo": "yes",
    "Child has Cy": "yes",
    "Child has Di": "yes",
    "Child has Paper": "yes",
    "Parent has Ann": "yes",
    "Parent holds Child": "yes",
    "Parent reaches Child": "yes",
}
# What happened in Entra since: Eve came, into Team; Bo left Team; Cy has another address.
NEWS: Facts = {
    "person Eve": "eve@contoso.com",
    "person Cy": "cy.new@contoso.com",
    "Team has Eve": "yes",
    "Team has Bo": None,
}
TONIGHT = NEWS | DELTA_LINKS


@dataclass
class Company:
    """The synced directory; `before` is what the database held when it was well."""

    connection: Connection
    directory: Directory
    server: TenantServer
    ids: dict[str, str]
    before: Facts

    def night(self, *, full: bool = False) -> Night:
        return night(self.connection, self.server, full=full)

    def fault(self, where: str, kind: str, **options):
        return self.server.faults.add(where, kind, **options)

    def news(self) -> None:
        """What TONIGHT is about."""
        eve = self.directory.add_user(displayName="Eve", mail="eve@contoso.com")
        self.ids["Eve"] = eve
        self.directory.add_member(self.ids["Team"], eve)
        self.directory.remove_member(self.ids["Team"], self.ids["Bo"])
        self.directory.update_user(self.ids["Cy"], mail="cy.new@contoso.com")

    def converges(self) -> Night:
        """End every fault and run once more: the rows are the truth again, and no problem is left."""
        self.server.faults.clear()
        again = self.night()
        self.is_true()
        self.connection.refresh_from_db()
        assert (again.state, self.connection.problem, self.connection.state) == ("succeeded", "", "active")
        return again

    def is_true(self) -> None:
        options = Options(contacts=self.connection.sync_contacts)
        assert stored(self.connection) == expected(self.directory, options)


@pytest.fixture
def hurried(monkeypatch) -> None:
    """The same number of tries, in less time."""
    monkeypatch.setattr(patience, "FIRST_WAIT", 0.01)
    monkeypatch.setitem(GraphClient.__init__.__kwdefaults__, "timeout", (5, 0.5))
    monkeypatch.setitem(TokenSource.__init__.__kwdefaults__, "timeout", (5, 0.5))


@pytest.fixture
def company(db, endpoints, hurried, directory: Directory, tenant_server: TenantServer) -> Company:
    """Synced once, with Team and Parent in an audience."""
    return build_company(directory, tenant_server)


def build_company(directory: Directory, server: TenantServer) -> Company:
    """Pages of two objects, so that every stream has several; no noise, so that a test says what is odd."""
    directory.noise, directory.page_size, directory.link_page_size = 0, 2, 2
    connection = connect(directory, sync_contacts=True)
    people = {name: directory.add_user(displayName=name, mail=f"{name.lower()}@contoso.com") for name in ("Ann", "Bo")}
    people["Cy"] = directory.add_user(displayName="Cy", mail="cy@contoso.com")
    people["Di"] = directory.add_user(displayName="Di", mail="di@contoso.com", accountEnabled=False)
    people["Paper"] = directory.add_contact(displayName="Paper", mail="paper@press.example")
    team = directory.add_group("Team", members=[people["Ann"], people["Bo"]])
    child = directory.add_group("Child", kind="distribution", members=[people[name] for name in ("Cy", "Di", "Paper")])
    parent = directory.add_group("Parent", kind="distribution", members=[people["Ann"], child])
    sync(connection)
    choose(connection, team, parent)
    sync(connection)
    ids = people | {"Team": team, "Child": child, "Parent": parent}
    before = snapshot(connection)
    without_links = {fact: value for fact, value in before.items() if not fact.startswith("delta link")}
    assert without_links == SYNCED
    connection.refresh_from_db()
    return Company(connection, directory, server, ids, before)
