"""One server for all these tests; every test brings a tenant of its own."""

import pytest

from demo.tenant import TenantServer
from tests.tenant.client import GraphClient


@pytest.fixture(scope="session")
def server():
    with TenantServer() as running:
        yield running


@pytest.fixture
def directory(server):
    made = server.add_tenant(noise=0)
    made.add_app()
    yield made
    server.faults.clear()
    server.latency = 0
    server.remove_tenant(made)


@pytest.fixture
def client(server, directory):
    with GraphClient(server, directory) as made:
        yield made
