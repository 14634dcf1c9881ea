"""Many small reads in few round trips ("json-batching")."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from requests.structures import CaseInsensitiveDict

from .codes import graph_error
from .errors import GraphError, Unavailable

if TYPE_CHECKING:
    from .client import GraphClient  # which imports this module

LARGEST_BATCH = 20
AT_ONCE = 6  # batches on their way
UNITS_A_READ = 2  # resource units of the dearest read that we batch, members with $select ("throttling-limits")


@dataclass(frozen=True)
class BatchRequest:
    """A GET for a path below /v1.0, or for a nextLink."""

    id: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchAnswer:
    """`error` is None when the request succeeded; `body` is parsed JSON then."""

    status: int
    headers: Mapping[str, str]
    body: Any
    error: GraphError | None


def send(client: "GraphClient", requests: Sequence[BatchRequest]) -> dict[str, BatchAnswer]:
    """Answers by request id; more than one batch are sent side by side.

    Each inner request is throttled by itself, so only those that were, or that met a broken server, are
    sent again, after the longest Retry-After among them. One that fails carries its error and the others
    go on; an error of the batch as a whole is raised.
    """
    if len({request.id for request in requests}) != len(requests):
        raise ValueError("Ids of a batch have to differ.")
    parts = [requests[start : start + LARGEST_BATCH] for start in range(0, len(requests), LARGEST_BATCH)]
    if len(parts) == 1:
        return _send_until_settled(client, parts[0])
    answers: dict[str, BatchAnswer] = {}
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="batch")
    try:
        for part in pool.map(partial(_send_until_settled, client), parts):
            answers |= part
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _send_until_settled(client: "GraphClient", requests: Sequence[BatchRequest]) -> dict[str, BatchAnswer]:
    answers: dict[str, BatchAnswer] = {}
    attempt = 1
    while True:
        answers |= _send_once(client, requests)
        unavailable = {id: answer.error for id, answer in answers.items() if isinstance(answer.error, Unavailable)}
        if any(error.status == 429 for error in unavailable.values()):
            client.quota.refused()
        if not unavailable or not client.patience.wait(attempt, _longest_wait(unavailable.values())):
            return answers
        requests = [request for request in requests if request.id in unavailable]
        attempt += 1


def _send_once(client: "GraphClient", requests: Sequence[BatchRequest]) -> dict[str, BatchAnswer]:
    wanted = {request.id: client.relative(request.path) for request in requests}
    client.quota.take(UNITS_A_READ * len(requests))
    bodies = [
        {"id": request.id, "method": "GET", "url": wanted[request.id]}
        | ({"headers": dict(request.headers)} if request.headers else {})
        for request in requests
    ]
    answered = dict(_answers(client.post("/$batch", {"requests": bodies}), wanted))
    missing = Unavailable("left out of a batch", code="unavailable")
    return {id: answered.get(id) or BatchAnswer(0, {}, None, missing) for id in wanted}


def _answers(body: dict[str, Any], wanted: Mapping[str, str]) -> Iterator[tuple[str, BatchAnswer]]:
    """They come in any order; only the id tells which is which."""
    responses = body.get("responses")
    for response in responses if isinstance(responses, list) else ():
        if isinstance(response, dict) and response.get("id") in wanted:
            yield response["id"], _answer(response, wanted[response["id"]])


def _answer(response: dict[str, Any], path: str) -> BatchAnswer:
    status = response.get("status")
    status = status if isinstance(status, int) else 0
    headers = response.get("headers")
    headers = CaseInsensitiveDict(headers if isinstance(headers, dict) else {})
    body = response.get("body")
    error = None if 200 <= status < 300 else graph_error(status, headers, body, path=path)
    return BatchAnswer(status, headers, body, error)


def _longest_wait(errors: Iterable[Unavailable]) -> float | None:
    named = [error.retry_after for error in errors if error.retry_after is not None]
    return max(named, default=None)
