"""What every test may ask for: keys, a make-believe tenant over HTTPS, and a connection to it."""

import os

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in the tests' own thread
os.environ["READ_DOT_ENV"] = "false"

from collections.abc import Iterator

import pytest
from django.db import connections as databases
from hypothesis import settings as hypothesis_settings

from demo.tenant.directory import Directory
from demo.tenant.server import TenantServer
from directory_sync import vault
from directory_sync.models import Connection
from tests.sync.harness import connect

hypothesis_settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis_settings.load_profile("ci")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database: `make test` runs on both."""
    vendor = databases["default"].vendor
    others = [item for item in items if any(mark.args[0] != vendor for mark in item.iter_markers("only_on"))]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory) -> None:
    """Keep the test database in a file: threads and processes then meet as they do in an installation."""
    database = databases["default"]
    if database.vendor == "sqlite":
        database.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def static_files_as_they_are(settings) -> None:
    settings.WHITENOISE_AUTOREFRESH = True  # nothing is collected before a test


@pytest.fixture(scope="session")
def tenant_server() -> Iterator[TenantServer]:
    """Login and Graph hosts on localhost; each test makes its own tenants in it."""
    with TenantServer() as server:
        yield server


@pytest.fixture
def directory(tenant_server: TenantServer) -> Iterator[Directory]:
    """A tenant of its own, empty, without faults."""
    tenant_server.faults.clear()
    yield tenant_server.add_tenant()
    tenant_server.faults.clear()


@pytest.fixture(autouse=True)
def sealing_keys(settings) -> None:
    public, private = vault.generate_keys()
    settings.SEALING_PUBLIC_KEY = public
    settings.SEALING_PRIVATE_KEYS = [private]


@pytest.fixture
def endpoints(settings, monkeypatch, tenant_server: TenantServer) -> None:
    """Point both clouds at the tenant, and trust its CA, as an installation would."""
    urls = {"login_url": tenant_server.login_url, "graph_url": tenant_server.graph_url}
    settings.ENTRA_ENDPOINTS = {"global": urls, "usgov_l4": urls}
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", tenant_server.ca_file)


@pytest.fixture
def connection(db, endpoints, directory: Directory) -> Connection:
    """An open connection to the directory, with nothing synced yet."""
    return connect(directory)
