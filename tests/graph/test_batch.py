import json

import pytest

from directory_sync.graph.batch import BatchRequest
from directory_sync.graph.errors import AccessDenied, Unavailable, UnexpectedResponse

from .microsoft import GRAPH, example, graph_client

BATCH = f"{GRAPH}/$batch"


def requests_for(*ids):
    return [BatchRequest(id, f"/groups/{id}") for id in ids]


def add_answers(web, answers):
    """Play one round of answers after the other; returns the ids asked for in each."""
    asked, rounds = [], iter(answers)

    def answer(request):
        wanted = json.loads(request.body)["requests"]
        asked.append([inner["id"] for inner in wanted])
        return 200, {}, json.dumps({"responses": next(rounds)(wanted)})

    web.add_callback("POST", BATCH, answer)
    return asked


def fine(wanted):
    return [{"id": inner["id"], "status": 200, "body": {"url": inner["url"]}} for inner in wanted]


def throttled(**seconds):
    """Fine, but for the ids named, which have to wait."""

    def answers(wanted):
        return [
            {"id": inner["id"], "status": 429, "headers": {"retry-after": seconds[inner["id"]]}}
            if inner["id"] in seconds
            else {"id": inner["id"], "status": 200, "body": {}}
            for inner in wanted
        ]

    return answers


def test_example_of_json_batching_is_matched_by_id(client, signed_in):
    signed_in.post(BATCH, json=example("json-batching-02"))

    answers = client.batch(requests_for("1", "2", "3", "4"))

    assert [answers[id].status for id in "1234"] == [302, 200, 401, 204]
    assert answers["2"].body["value"] == []
    assert (answers["4"].body, answers["4"].error) == (None, None)
    assert isinstance(answers["1"].error, UnexpectedResponse)
    assert answers["1"].error.code == "redirected"
    assert isinstance(answers["3"].error, AccessDenied)
    assert answers["3"].error.microsoft_code == "Forbidden"


def test_any_number_is_cut_into_twenties(client, signed_in):
    asked = add_answers(signed_in, [fine] * 3)

    answers = client.batch(requests_for(*(str(number) for number in range(45))))

    assert [len(ids) for ids in asked] == [20, 20, 5]
    assert len(answers) == 45
    assert client.requests == 3


def test_next_link_is_asked_for_below_v1(client, signed_in):
    add_answers(signed_in, [fine])

    answers = client.batch([BatchRequest("1", f"{GRAPH}/groups/1/members?$skiptoken=abc")])

    assert answers["1"].body["url"] == "/groups/1/members?$skiptoken=abc"


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("https://evil.example/v1.0/users", "foreign_host"),
        ("https://graph.microsoft.com/beta/users", "unexpected_response"),
    ],
)
def test_link_elsewhere_is_not_put_into_a_batch(client, signed_in, link, code):
    with pytest.raises(UnexpectedResponse) as refusal:
        client.batch([BatchRequest("1", link)])

    assert refusal.value.code == code


def test_headers_go_with_their_request(client, signed_in):
    signed_in.post(BATCH, json={"responses": [{"id": "1", "status": 200, "body": "42"}]})

    client.batch([BatchRequest("1", "/users/$count", {"ConsistencyLevel": "eventual"})])

    [inner] = json.loads(signed_in.calls[-1].request.body)["requests"]
    assert inner["headers"] == {"ConsistencyLevel": "eventual"}


def test_only_throttled_requests_are_sent_again_after_the_longest_wait(client, signed_in, waits):
    asked = add_answers(signed_in, [throttled(b="2", c="5.5"), throttled(c="1"), fine])

    answers = client.batch(requests_for("a", "b", "c"))

    assert asked == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert waits == [5.5, 1.0]
    assert all(answer.error is None for answer in answers.values())


def test_request_that_stays_throttled_carries_its_error(client, signed_in, waits):
    add_answers(signed_in, [throttled(b="2")] * 6)

    answers = client.batch(requests_for("a", "b"))

    assert answers["a"].error is None
    assert isinstance(answers["b"].error, Unavailable)
    assert answers["b"].error.retry_after == 2.0
    assert len(waits) == 5


def test_wait_that_is_too_long_is_not_waited_for(signed_in):
    add_answers(signed_in, [throttled(b="600")])

    with graph_client() as client:
        answers = client.batch(requests_for("a", "b"))

    assert answers["b"].error.retry_after == 600.0


def test_answer_left_out_is_asked_for_again(client, signed_in, waits):
    asked = add_answers(signed_in, [lambda wanted: fine(wanted)[:1], fine])

    answers = client.batch(requests_for("a", "b"))

    assert asked == [["a", "b"], ["b"]]
    assert answers["b"].status == 200


def test_denied_request_names_its_permission_and_is_not_sent_again(client, signed_in):
    denied = {"id": "1", "status": 403, "body": example("authorization-requestdenied")}
    signed_in.post(BATCH, json={"responses": [denied]})

    answers = client.batch([BatchRequest("1", "/contacts")])

    assert (answers["1"].error.code, answers["1"].error.subject) == ("permission_missing", "OrgContact.Read.All")


def test_same_id_twice_is_our_mistake(client):
    with pytest.raises(ValueError, match="differ"):
        client.batch(requests_for("1", "1"))
