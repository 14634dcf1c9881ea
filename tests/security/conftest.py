"""An organization with everything, and one beside it whose ids are tried in every address and field."""

import pytest

from directory_sync.models import Series
from tests.audience.factories import make_editor, make_series


@pytest.fixture
def series(db) -> Series:
    return make_series()


@pytest.fixture
def editor(client, series):
    """A signed-in editor of the series' organization."""
    user = make_editor(series)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user
