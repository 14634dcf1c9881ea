"""`POST /$batch`: up to twenty requests in one (json-batching)."""

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import orjson

from demo.tenant.messages import JSON, GraphError, Request, Response
from demo.tenant.ready import Ready, packed, splice

if TYPE_CHECKING:  # the routing imports this module
    from demo.tenant.graph import Context


def answer(context: "Context") -> Response:
    """Answers in no particular order, each with its own status, throttled or not by itself."""
    requests = _requests(context.request)
    statuses: dict[str, int] = {}
    answers: list[list[bytes | Ready]] = []
    for inner in requests:
        failed = [name for name in inner.get("dependsOn", []) if statuses.get(name, 424) >= 400]
        response = _failed_dependency() if failed else _inner_response(context, inner)
        statuses[inner["id"]] = response.status
        answers.append(_described(inner["id"], response))
    random.shuffle(answers)
    return Response(200, _joined(answers), {"Content-Type": JSON})


def _requests(request: Request) -> list[dict[str, Any]]:
    try:
        requests = orjson.loads(request.body)["requests"]
        ids = [str(inner["id"]) for inner in requests]
    except (ValueError, KeyError, TypeError) as error:
        raise GraphError(400, "BadRequest", "Invalid batch payload format.") from error
    if len(requests) > 20:
        raise GraphError(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.")
    if len(set(ids)) < len(ids):
        raise GraphError(400, "BadRequest", "Request Id is not unique.")
    return [{**inner, "id": str(inner["id"])} for inner in requests]


def _inner_response(context: "Context", inner: dict[str, Any]) -> Response:
    outer = context.request
    headers = {"Authorization": outer.header("Authorization"), **(inner.get("headers") or {})}
    body = orjson.dumps(inner["body"]) if inner.get("body") is not None else b""
    target = "/v1.0/" + str(inner.get("url", "")).lstrip("/")
    if target == "/v1.0/$batch":
        raise GraphError(400, "BadRequest", "A batch may not hold a batch.")
    request = Request(str(inner.get("method", "GET")).upper(), target, headers, body)
    response = context.server.answer("graph", request, inner=True)
    return GraphError(504, "UnknownError", "No answer.").response() if response.break_off else response


def _failed_dependency() -> Response:
    return GraphError(424, "FailedDependency", "A request that this one depends on has failed.").response()


def _described(name: str, response: Response) -> list[bytes | Ready]:
    """An inner answer, its body left in one piece if it is ready JSON already."""
    kept = {name: value for name, value in response.headers.items() if name.lower() != "content-encoding"}
    described: dict[str, Any] = {"id": name, "status": response.status, "headers": kept}
    if isinstance(response.content, Ready):
        return [orjson.dumps(described)[:-1] + b',"body":', response.content, b"}"]
    try:
        described["body"] = orjson.loads(response.content) if response.content else None
    except ValueError:
        described["body"] = response.content.decode(errors="replace")
    return [orjson.dumps(described)]


def _joined(answers: list[list[bytes | Ready]]) -> bytes | Ready:
    """All of it as one body; what is not ready is gathered up to the next part that is."""
    parts = [*_gathered(answers)]
    if len(parts) == 1 and isinstance(parts[0], bytes):
        return parts[0]
    return splice(packed(part) if isinstance(part, bytes) else part for part in parts)


def _gathered(answers: list[list[bytes | Ready]]) -> Iterator[bytes | Ready]:
    waiting = b'{"responses":['
    for number, parts in enumerate(answers):
        waiting += b"," if number else b""
        for part in parts:
            if isinstance(part, Ready):
                yield waiting
                yield part
                waiting = b""
            else:
                waiting += part
    yield waiting + b"]}"
