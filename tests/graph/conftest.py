import pytest
import responses

from .microsoft import TOKENS, add_discovery, graph_client, issued


@pytest.fixture
def web():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        yield mocked


@pytest.fixture
def signed_in(web):
    add_discovery(web)
    web.post(TOKENS, json=issued())
    return web


@pytest.fixture
def waits():
    return []


@pytest.fixture
def client(signed_in, waits):
    with graph_client(sleep=waits.append) as client:
        yield client
