import pytest
import requests

from directory_sync.graph.clouds import GLOBAL, USGOV_L4, Cloud, discover, matches, refused
from directory_sync.graph.errors import AccessDenied, Unavailable, UnexpectedResponse

from .microsoft import DISCOVERY, TENANT, example


def discovered(web, name, cloud=GLOBAL):
    web.get(f"{cloud.login_url}/contoso.com/v2.0/.well-known/openid-configuration", json=example(name))
    return discover(cloud, "contoso.com")


def test_scope_names_the_graph_of_the_cloud():
    assert USGOV_L4.scope == "https://graph.microsoft.us/.default"


def test_domain_resolves_to_the_tenant_id(web):
    facts = discovered(web, "oidc-commercial")

    assert (facts.tenant_id, facts.region_scope, facts.graph_host) == (TENANT, "EU", "graph.microsoft.com")


@pytest.mark.parametrize(
    ("name", "cloud", "code"),
    [
        ("oidc-commercial", GLOBAL, ""),
        ("oidc-gcc", GLOBAL, ""),
        ("oidc-gcchigh", USGOV_L4, ""),
        ("oidc-dod", USGOV_L4, "cloud_dod"),
    ],
)
def test_only_dod_is_refused_among_the_clouds_of_the_us(web, name, cloud, code):
    assert refused(discovered(web, name, cloud)) == code


def test_china_is_refused(web):
    china = {**example("oidc-commercial"), "msgraph_host": "microsoftgraph.chinacloudapi.cn"}
    web.get(DISCOVERY, json=china)

    assert refused(discover(GLOBAL, TENANT)) == "cloud_china"


def test_gcc_high_tenant_does_not_match_the_global_cloud(web):
    facts = discovered(web, "oidc-gcchigh")

    assert not matches(GLOBAL, facts)
    assert matches(USGOV_L4, facts)


def test_stand_in_for_a_cloud_matches_what_it_plays(web):
    stand_in = Cloud("usgov_l4", "https://localhost:9001", "https://localhost:9002")

    assert matches(stand_in, discovered(web, "oidc-gcchigh"))


@pytest.mark.parametrize("tenant", ["common", "organizations", "", "not a tenant", "../other", "a/b", "a?b", "a@b"])
def test_text_that_names_no_single_tenant_is_refused_without_a_request(web, tenant):
    with pytest.raises(AccessDenied) as refusal:
        discover(GLOBAL, tenant)

    assert refusal.value.code == "tenant_id_malformed"
    assert not web.calls


def test_redirect_of_the_discovery_is_refused(web):
    web.get(DISCOVERY, status=302, headers={"Location": "https://evil.example/"})

    with pytest.raises(UnexpectedResponse) as refusal:
        discover(GLOBAL, TENANT)

    assert refusal.value.code == "redirected"
    assert len(web.calls) == 1


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (requests.exceptions.SSLError(), "tls"),
        (requests.exceptions.ConnectTimeout(), "timeout"),
        (requests.exceptions.ConnectionError(), "network"),
    ],
)
def test_network_failures_are_told_apart(web, failure, code):
    web.get(DISCOVERY, body=failure)

    with pytest.raises(Unavailable) as unavailable:
        discover(GLOBAL, TENANT)

    assert unavailable.value.code == code


@pytest.mark.parametrize("url", ["http://graph.microsoft.com", "https://graph.microsoft.com/"])
def test_cloud_takes_only_https_addresses_without_a_slash_at_the_end(url):
    with pytest.raises(ValueError, match="https://"):
        Cloud("global", "https://login.microsoftonline.com", url)
