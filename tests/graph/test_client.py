import gzip

import pytest

from directory_sync.graph.errors import AccessDenied, UnexpectedResponse

from .microsoft import GRAPH, TOKENS, access_token, calls_to, example, issued


def test_path_is_read_below_v1_with_the_token_and_low_priority(client, signed_in):
    signed_in.get(f"{GRAPH}/organization", json={"value": []})

    assert client.get("/organization") == {"value": []}
    sent = signed_in.calls[-1].request.headers
    assert sent["Authorization"] == f"Bearer {access_token()}"
    assert sent["x-ms-throttle-priority"] == "low"
    assert sent["Accept-Encoding"] == "gzip"


def test_netrc_does_not_replace_the_token(client, signed_in, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine graph.microsoft.com login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    signed_in.get(f"{GRAPH}/organization", json={})

    client.get("/organization")

    assert signed_in.calls[-1].request.headers["Authorization"] == f"Bearer {access_token()}"


def test_compressed_answer_is_read(client, signed_in):
    packed = gzip.compress(b'{"value": [1]}')
    signed_in.get(f"{GRAPH}/users", body=packed, headers={"Content-Encoding": "gzip"})

    assert client.get("/users") == {"value": [1]}


def test_each_request_is_counted_and_those_for_tokens_are_not(client, signed_in, waits):
    signed_in.get(f"{GRAPH}/users", status=503)
    signed_in.get(f"{GRAPH}/users", json={})
    signed_in.post(f"{GRAPH}/$batch", json={"responses": []})

    client.get("/users")
    client.batch([])

    assert client.requests == 2


@pytest.mark.parametrize("body", ["42", "\ufeff42", " 42\r\n"])
def test_count_is_read_as_plain_text_with_eventual_consistency(client, signed_in, body):
    signed_in.get(f"{GRAPH}/users/$count", body=body.encode(), content_type="text/plain")

    assert client.count("/users") == 42
    assert signed_in.calls[-1].request.headers["ConsistencyLevel"] == "eventual"


def test_401_renews_the_token_once(client, signed_in):
    signed_in.post(TOKENS, json=issued(2))
    signed_in.get(f"{GRAPH}/users", status=401, json={"error": {"code": "InvalidAuthenticationToken"}})
    signed_in.get(f"{GRAPH}/users", json={"value": []})

    client.get("/users")

    assert signed_in.calls[-1].request.headers["Authorization"] == f"Bearer {access_token(2)}"
    assert client.requests == 2


def test_second_401_is_a_rejected_token(client, signed_in):
    signed_in.get(f"{GRAPH}/users", status=401, json={"error": {"code": "InvalidAuthenticationToken"}})

    with pytest.raises(AccessDenied) as refusal:
        client.get("/users")

    assert refusal.value.code == "token_rejected"
    assert len(calls_to(signed_in, TOKENS)) == 2
    assert client.requests == 2


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/users/delta", "User.Read.All"),
        ("/users/1/memberOf", "GroupMember.Read.All"),
        ("/groups/1/members", "GroupMember.Read.All"),
        ("/contacts/delta", "OrgContact.Read.All"),
        ("/applications", ""),
    ],
)
def test_request_denied_names_the_missing_permission(client, signed_in, path, permission):
    signed_in.get(f"{GRAPH}{path}", status=403, json=example("authorization-requestdenied"))

    with pytest.raises(AccessDenied) as denial:
        client.get(path)

    assert (denial.value.code, denial.value.subject) == ("permission_missing", permission)
    assert denial.value.microsoft_code == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("status", "microsoft_code", "kind", "code"),
    [
        (403, "UnknownError", AccessDenied, "conditional_access"),
        (403, "Authorization_IdentityNotFound", AccessDenied, "service_principal_missing"),
        (404, "Request_ResourceNotFound", UnexpectedResponse, "not_found"),
        (404, "", UnexpectedResponse, "unexpected_response"),
        (400, "Request_UnsupportedQuery", UnexpectedResponse, "unexpected_response"),
        (501, "NotImplemented", UnexpectedResponse, "unsupported_property"),
    ],
)
def test_refusals_of_graph_are_sorted_by_who_must_act(client, signed_in, status, microsoft_code, kind, code):
    signed_in.get(f"{GRAPH}/users", status=status, json={"error": {"code": microsoft_code}})

    with pytest.raises(kind) as refusal:
        client.get("/users")

    assert (refusal.value.code, refusal.value.status) == (code, status)


def test_unsupported_operation_of_the_overview_is_an_unsupported_property(client, signed_in):
    signed_in.get(f"{GRAPH}/users/delta", status=501, json=example("delta-query-overview-01"))

    with pytest.raises(UnexpectedResponse) as refusal:
        client.get("/users/delta")

    assert refusal.value.code == "unsupported_property"


def test_unsupported_property_is_named(client, signed_in):
    text = "Could not find a property named 'shoeSize' on type 'microsoft.graph.user'."
    signed_in.get(f"{GRAPH}/users", status=400, json={"error": {"code": "BadRequest", "message": text}})

    with pytest.raises(UnexpectedResponse) as refusal:
        client.get("/users")

    assert (refusal.value.code, refusal.value.subject) == ("unsupported_property", "shoeSize")


@pytest.mark.parametrize("name", ["errors-02", "errors-03"])
def test_error_without_a_code_is_unexpected(client, signed_in, name):
    signed_in.get(f"{GRAPH}/users", status=400, json=example(name))

    with pytest.raises(UnexpectedResponse) as refusal:
        client.get("/users")

    assert refusal.value.microsoft_code == ""


def test_request_id_is_kept_from_the_header(client, signed_in):
    request_id = "94fb3b52-452a-4535-a601-69e0a90e3aa2"
    signed_in.get(f"{GRAPH}/users", status=403, headers={"request-id": request_id})

    with pytest.raises(AccessDenied) as refusal:
        client.get("/users")

    assert refusal.value.request_id == request_id
    assert request_id in str(refusal.value)


def test_body_of_a_refusal_is_not_repeated(client, signed_in):
    error = {"code": "Forbidden for adele@contoso.com", "message": "adele@contoso.com is not allowed"}
    signed_in.get(f"{GRAPH}/users", status=403, json={"error": error})

    with pytest.raises(AccessDenied) as refusal:
        client.get("/users")

    assert "contoso" not in repr(refusal.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_of_graph_is_refused(client, signed_in, status):
    signed_in.get(f"{GRAPH}/users", status=status, headers={"Location": f"{GRAPH}/elsewhere"})

    with pytest.raises(UnexpectedResponse) as refusal:
        client.get("/users")

    assert refusal.value.code == "redirected"
    assert client.requests == 1


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/users",
        "http://graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com.evil.example/v1.0/users",
        "https://graph.microsoft.com@evil.example/v1.0/users",
        "https://user@graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com:444/v1.0/users",
        "https://graph.microsoft.com\\@evil.example/v1.0/users",
        "https://evil.example\\@graph.microsoft.com/v1.0/users",
        "https://graph.microsoft.com/v1.0/us ers",
        "users",
    ],
)
def test_link_to_a_foreign_host_never_gets_a_token(client, signed_in, link):
    with pytest.raises(UnexpectedResponse) as refusal:
        client.get(link)

    assert refusal.value.code == "foreign_host"
    assert not signed_in.calls


def test_path_can_not_leave_the_host(client, signed_in):
    signed_in.get(f"{GRAPH}//evil.example/v1.0/users", json={})

    client.get("//evil.example/v1.0/users")

    assert signed_in.calls[-1].request.url.startswith("https://graph.microsoft.com/")
