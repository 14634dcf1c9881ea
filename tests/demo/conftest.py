"""The demo's pages in this process, with a tenant that they can change."""

import json

import pytest

from demo import seed
from demo.tenant.snapshot import write_facts


@pytest.fixture
def demo_settings(settings, tmp_path):
    """As `demo` sets them for the web, but for the Entra that could be reached."""
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "demo"]
    settings.ROOT_URLCONF = "tests.demo.urls"
    settings.VAR_DIR = tmp_path
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "outbox")
    (tmp_path / "outbox").mkdir()
    (tmp_path / "tenant").mkdir()
    return settings


@pytest.fixture
def demo(db, demo_settings, endpoints):
    """A demo with its people, connected to nothing yet."""
    demo_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    seed.make_people("a long enough password")
    return demo_settings


@pytest.fixture
def live(demo, directory, connection, tenant_server, tmp_path):
    """The same with a live connection, and the tenant's facts where the pages look for them."""
    file = tmp_path / "tenant" / "tenant.json"
    write_facts(tenant_server, file)
    facts = json.loads(file.read_text())
    [own] = [each for each in facts["tenants"] if each["tenant_id"] == directory.tenant_id]
    file.write_text(json.dumps(facts | own))  # the server has tenants of other tests, too
    return connection
