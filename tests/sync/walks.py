"""First syncs whose groups come on so many small pages that walking them is quicker, and the truth about them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from demo.tenant.directory import Directory
from demo.tenant.faults import Gate
from directory_sync.graph.patience import Patience
from directory_sync.models import Connection, SyncRun
from directory_sync.sync import journal
from directory_sync.sync.fetch import MEMBERS
from directory_sync.sync.pull import pull
from directory_sync.sync.sign_in import open_client
from directory_sync.sync.staging import Staging
from tests.sync.truth import Options, expected, stored

TEAMS = 45  # three batches of groups


def fill(directory: Directory, teams: int = TEAMS, *, noise: float = 0) -> list[str]:
    """Teams of four out of thirty people, on pages of two links; returns the teams."""
    directory.noise, directory.page_size, directory.link_page_size = noise, 10, 2
    people = [directory.add_user(displayName=f"P{n:02}", mail=f"p{n:02}@contoso.com") for n in range(30)]
    return [
        directory.add_group(
            f"Team {n}", members={people[(n * step) % 30] for step in (1, 3, 7)} | {people[(n + 5) % 30]}
        )
        for n in range(1, teams + 1)
    ]


def is_true(connection: Connection, directory: Directory, *without: str, **options: bool) -> None:
    """Whom each group reaches, and why others are left out, as the tenant says; `without`: groups not asked about."""
    ours, right = stored(connection), expected(directory, Options(**options))
    assert {id: people for id, people in ours.items() if id not in without} == {
        id: people for id, people in right.items() if id not in without
    }


def read_groups(run: SyncRun) -> set[str]:
    """Object ids of the groups whose members the journal has whole."""
    return {each["id"] for items in journal.items(run, MEMBERS) for each in items if each["done"]}


def pull_until_it_fails(run: SyncRun) -> None:
    """Read as a worker would that dies before it can tell."""
    with open_client(run.connection) as client, closing(Staging(run)) as staging:
        client.patience = Patience(1, 0)
        pull(run, client, staging)


@contextmanager
def meanwhile(gate: Gate, act: Callable[[], object]) -> Iterator[None]:
    """Do something in the tenant while a request stands at the gate, then let it through."""
    met = []

    def wait_and_act() -> None:
        met.append(gate.wait())
        act()
        gate.release()

    other = threading.Thread(target=wait_and_act)
    other.start()
    yield
    other.join()
    assert met == [True], "nothing came to the gate"
