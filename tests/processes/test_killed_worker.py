"""A worker that dies between two pages: another goes on, and the result is one."""

import pytest

from tests.processes.installation import Installation, wait_until

pytestmark = pytest.mark.processes


def test_worker_killed_between_two_pages_is_followed_by_another(installation: Installation, directory, tenant_server):
    directory.noise = 0
    people = [directory.add_user(displayName=f"P{n}", mail=f"p{n}@contoso.com") for n in range(650)]
    directory.add_group("Everyone here", members=people)
    connection = installation.connect(directory)
    gate = tenant_server.pause_before("users/delta", nth=3)
    first = installation.start_cluster()
    installation.dispatch()

    assert gate.wait(60)
    wait_until(lambda: installation.ask("JournalPage.objects.filter(source='users').count()") == 2)
    installation.kill(first)
    gate.release()
    tenant_server.requests.reset()
    installation.start_cluster()
    wait_until(lambda: _dispatched(installation))

    assert installation.ask("list(SyncRun.objects.values_list('state', 'attempt'))") == [["succeeded", 2]]
    assert tenant_server.requests("users/delta") == 2  # of four pages, the two that were not kept
    rows = installation.manage("export_recipients", connection).stdout.splitlines()[1:]
    assert len(rows) == len(set(rows)) == 650


def _dispatched(installation: Installation) -> bool:
    installation.dispatch()
    return installation.ask("SyncRun.objects.filter(state='succeeded').count()") == 1
