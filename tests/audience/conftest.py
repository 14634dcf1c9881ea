import pytest

from directory_sync.models import Connection, Series

from .factories import make_connection, make_editor, make_series


@pytest.fixture
def series(db) -> Series:
    return make_series()


@pytest.fixture
def contoso(series) -> Connection:
    """A synced directory that the series' organization sees whole."""
    return make_connection(series.organization)


@pytest.fixture
def editor(client, series):
    """A signed-in editor of the series' organization."""
    user = make_editor(series)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user
