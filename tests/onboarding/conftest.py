"""What the tests of the intake may ask for."""

import pytest

from onboarding import links


@pytest.fixture
def token(connection) -> str:
    """The token of a renew link of the connection."""
    owner = connection.accesses.get().organization
    made = links.create(owner, owner_name="-", owner_email="-", intent="renew", connection=connection)
    return made[1]
