"""The login host answers as Entra does."""

import base64
import json

import pytest
import requests

from demo.tenant import TenantServer
from tests.tenant.client import GraphClient

UNKNOWN = "00000000-1111-4222-8333-444444444444"


def discovery(client, tenant):
    url = f"{client.server.login_url}/{tenant}/v2.0/.well-known/openid-configuration"
    return client.session.get(url, timeout=10)


def claims_of(answer):
    body = answer.json()["access_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=="))


def test_discovery_names_the_tenant_and_its_token_endpoint(client, directory, server):
    document = discovery(client, directory.tenant_id).json()

    base = f"{server.login_url}/{directory.tenant_id}"
    assert document["issuer"] == f"{base}/v2.0"
    assert document["token_endpoint"] == f"{base}/oauth2/v2.0/token"


def test_a_domain_finds_its_tenant(client, directory):
    assert directory.tenant_id in discovery(client, directory.domain).json()["issuer"]


def test_an_unknown_tenant_has_no_discovery_document(client):
    answer = discovery(client, UNKNOWN)

    assert answer.status_code == 400
    assert (answer.json()["error"], answer.json()["error_codes"]) == ("invalid_tenant", [90002])


@pytest.mark.parametrize(
    ("cloud", "scope", "graph_host"),
    [
        ("gcc", "GCC", "graph.microsoft.com"),
        ("gcc_high", "DODCON", "graph.microsoft.us"),
        ("dod", "DOD", "dod-graph.microsoft.us"),
        ("china", None, "microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_discovery_tells_the_cloud(server, client, cloud, scope, graph_host):
    tenant = server.add_tenant(cloud=cloud)

    document = discovery(client, tenant.tenant_id).json()

    assert (document.get("tenant_region_sub_scope"), document["msgraph_host"]) == (scope, graph_host)


def test_a_token_carries_the_claims_of_an_app(client, directory, server):
    claims = claims_of(client.ask_token())

    assert claims["tid"] == directory.tenant_id
    assert (claims["aud"], claims["idtyp"], claims["ver"]) == (server.graph_url, "app", "1.0")
    assert set(claims["roles"]) == client.app.roles
    assert claims["exp"] - claims["iat"] == directory.token_life_seconds


def test_without_consent_the_token_comes_without_roles(client, directory):
    for role in list(client.app.roles):
        directory.withdraw_role(role)

    assert "roles" not in claims_of(client.ask_token())


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_id": UNKNOWN}, 400, "unauthorized_client", 700016),
        ({"client_secret": "guess"}, 401, "invalid_client", 7000215),
        ({"client_secret": ""}, 401, "invalid_client", 7000216),
        ({"client_id": ""}, 400, "invalid_request", 900144),
        ({"scope": "User.Read"}, 400, "invalid_scope", 70011),
        ({"scope": "https://graph.microsoft.us/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": UNKNOWN}, 400, "invalid_request", 90002),
        ({"tenant": "not a tenant"}, 400, "invalid_request", 900023),
    ],
)
def test_a_wrong_request_gets_microsofts_error(client, form, status, error, code):
    answer = client.ask_token(**form)

    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert f"\r\nTrace ID: {body['trace_id']}\r\nCorrelation ID: {body['correlation_id']}" in body["error_description"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("expire_secret", 7000222),
        ("disable_app", 7000112),
        ("remove_service_principal", 7000229),
        ("remove_app", 700016),
    ],
)
def test_a_change_of_the_app_stops_tokens(client, directory, change, code):
    getattr(directory, change)()

    assert client.ask_token().json()["error_codes"] == [code]


def test_an_old_secret_works_beside_the_new_one_when_they_overlap(client, directory):
    old = client.app.secret

    directory.replace_secret(keep_old=True)

    assert client.ask_token(client_secret=old).status_code == 200
    assert client.ask_token(client_secret=client.app.secret).status_code == 200


def test_a_replaced_secret_is_refused(client, directory):
    old = client.app.secret

    directory.replace_secret()

    assert client.ask_token(client_secret=old).json()["error_codes"] == [7000215]


def test_a_tenant_of_another_cloud_gets_no_token(server):
    tenant = server.add_tenant(cloud="gcc_high")
    tenant.add_app()

    with GraphClient(server, tenant) as client:
        assert client.ask_token().json()["error_codes"] == [900382]


def test_a_tenant_of_the_other_government_cloud_is_refused_by_graph():
    with TenantServer(cloud="usgov_l4") as government:
        tenant = government.add_tenant(cloud="dod")
        tenant.add_app()
        with GraphClient(government, tenant) as client:
            answer = client.get("users")

    assert answer.status_code == 401
    assert "InvalidCloudInstance" in answer.json()["error"]["message"]


def test_nobody_trusts_the_server_without_its_authority(server, tmp_path):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.login_url, timeout=5)
