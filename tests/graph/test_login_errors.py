import pytest

from directory_sync.graph.clouds import GLOBAL, discover
from directory_sync.graph.errors import AccessDenied, Unavailable, UnexpectedResponse

from .microsoft import DISCOVERY, TENANT, TOKENS, add_discovery, example, token_source

REFUSALS = [
    ("token-error-90002", 400, "tenant_not_found"),
    ("token-error-900023", 400, "tenant_id_malformed"),
    ("token-error-700016", 400, "app_not_found"),
    ("token-error-7000215", 401, "secret_wrong"),
    ("token-error-7000216", 401, "credential_missing"),
    ("token-error-7000222", 401, "secret_expired"),
    ("token-error-7000229", 401, "service_principal_missing"),
    ("token-error-70011", 400, "wrong_cloud"),
    ("token-error-900382", 400, "wrong_cloud"),
]


@pytest.mark.parametrize(("name", "status", "code"), REFUSALS)
def test_token_refusals_name_what_the_customer_has_to_mend(web, name, status, code):
    add_discovery(web)
    web.post(TOKENS, json=example(name), status=status)

    with pytest.raises(AccessDenied) as refusal:
        token_source().token()

    assert refusal.value.code == code
    assert refusal.value.status == status
    assert refusal.value.microsoft_code == name.replace("token-error-", "AADSTS")
    assert refusal.value.request_id == "aaaa0000-bb11-2222-33cc-444444dddddd"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (7000112, "app_disabled"),
        (700025, "app_is_public_client"),
        (65001, "consent_missing"),
        (53003, "conditional_access"),
        (530032, "blocked_by_policy"),
        (500011, "wrong_cloud"),
        (90038, "wrong_cloud"),
    ],
)
def test_refusals_without_an_example_are_known_by_number(web, number, code):
    add_discovery(web)
    web.post(TOKENS, json={"error": "invalid_request", "error_codes": [number]}, status=400)

    with pytest.raises(AccessDenied) as refusal:
        token_source().token()

    assert refusal.value.code == code


def test_number_is_read_from_the_text_when_it_is_not_listed(web):
    add_discovery(web)
    text = example("token-error-7000222")["error_description"]
    web.post(TOKENS, json={"error": "invalid_client", "error_description": text}, status=401)

    with pytest.raises(AccessDenied) as refusal:
        token_source().token()

    assert refusal.value.code == "secret_expired"


def test_unknown_number_is_ours_to_learn(web):
    add_discovery(web)
    web.post(TOKENS, json={"error": "invalid_request", "error_codes": [9999999]}, status=400)

    with pytest.raises(UnexpectedResponse) as refusal:
        token_source().token()

    assert (refusal.value.code, refusal.value.microsoft_code) == ("login_error", "AADSTS9999999")


def test_oauth_error_without_a_number_is_kept(web):
    add_discovery(web)
    web.post(TOKENS, json={"error": "invalid_grant"}, status=400)

    with pytest.raises(UnexpectedResponse) as refusal:
        token_source().token()

    assert (refusal.value.code, refusal.value.microsoft_code) == ("login_error", "invalid_grant")


@pytest.mark.parametrize("number", [50033, 90006, 90033])
def test_transient_numbers_are_asked_again(web, waits, number):
    add_discovery(web)
    web.post(TOKENS, json={"error": "temporarily_unavailable", "error_codes": [number]}, status=400)

    with pytest.raises(Unavailable):
        token_source(waits.append).token()

    assert len(waits) == 3


def test_discovery_of_an_unknown_tenant_says_so(web):
    web.get(DISCOVERY, json=example("oidc-discovery-error-90002"), status=400)

    with pytest.raises(AccessDenied) as refusal:
        discover(GLOBAL, TENANT)

    assert (refusal.value.code, refusal.value.microsoft_code) == ("tenant_not_found", "AADSTS90002")


def test_unknown_tenant_is_named_the_same_when_a_token_is_asked_for(web):
    web.get(DISCOVERY, json=example("oidc-discovery-error-90002"), status=400)

    with pytest.raises(AccessDenied) as refusal:
        token_source().token()

    assert refusal.value.code == "tenant_not_found"
