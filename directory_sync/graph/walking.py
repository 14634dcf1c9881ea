"""Reading groups and their members by id, twenty at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .batch import LARGEST_BATCH, BatchAnswer, BatchRequest
from .changes import kind_of
from .client import GraphClient
from .errors import GraphError, UnexpectedResponse

PAGE_SIZE = 999  # the most that "group-list-members" allows


@dataclass(frozen=True)
class WalkedPage:
    """Some members of a group, raw; `done` with its last page or with the error that ended it."""

    group_id: str
    items: list[dict[str, Any]]
    next_link: str
    done: bool
    error: GraphError | None


def walk_members(
    client: GraphClient, group_ids: Iterable[str], *, select: Iterable[str], nested: bool = True
) -> Iterator[WalkedPage]:
    """The direct members of the groups and, with `nested`, of the groups inside them, level by level.

    Each group is read once, however often it is nested. One that can't be read yields its error and the
    others go on; only what stops every request is raised.
    """
    query = f"members?$select={_with_id(select)}&$top={PAGE_SIZE}"
    visited: set[str] = set()
    pending: deque[tuple[str, str]] = deque()

    def visit(group_id: str) -> None:
        if group_id.lower() not in visited:
            visited.add(group_id.lower())
            pending.append((group_id, f"/groups/{quote(group_id, safe='')}/{query}"))

    for group_id in group_ids:
        visit(group_id)
    for page in _walk(client, pending):
        yield page
        for item in page.items if nested else ():
            if kind_of(item) == "group" and item.get("id"):
                visit(item["id"])


def read_groups(
    client: GraphClient, ids: Iterable[str], *, select: Iterable[str]
) -> dict[str, dict[str, Any] | GraphError]:
    """Each group's raw properties, or why it could not be read (`not_found` when there is none)."""
    query = f"$select={_with_id(select)}"
    requests = [BatchRequest(id, f"/groups/{quote(id, safe='')}?{query}") for id in dict.fromkeys(ids)]
    return {id: _object(answer) for id, answer in client.batch(requests).items()}


def member_of(client: GraphClient, user_ids: Iterable[str]) -> dict[str, list[str] | GraphError]:
    """Ids of the groups each user is directly in ("user-list-memberof").

    For somebody who comes back: groups/delta does not announce his links again ("delta-query-groups").
    """
    found: dict[str, list[str] | GraphError] = {id: [] for id in user_ids}
    query = f"memberOf?$select=id&$top={PAGE_SIZE}"
    pending = deque((id, f"/users/{quote(id, safe='')}/{query}") for id in found)
    for page in _walk(client, pending):
        groups = found[page.group_id]
        if page.error:
            found[page.group_id] = page.error
        elif isinstance(groups, list):
            groups.extend(item["id"] for item in page.items if kind_of(item) == "group")
    return found


def read_managers(client: GraphClient, user_ids: Iterable[str]) -> dict[str, dict[str, Any] | GraphError | None]:
    """Each user's manager with id, name and mail; None for who has none ("user-list-manager" answers 404)."""
    requests = [
        BatchRequest(id, f"/users/{quote(id, safe='')}/manager?$select=id,displayName,mail")
        for id in dict.fromkeys(user_ids)
    ]
    found: dict[str, dict[str, Any] | GraphError | None] = {}
    for id, answer in client.batch(requests).items():
        missing = answer.error is not None and answer.error.code == "not_found"
        found[id] = None if missing else answer.error or _object(answer)
    return found


def _walk(client: GraphClient, pending: deque[tuple[str, str]]) -> Iterator[WalkedPage]:
    """Read (id, path) pairs in batches, and their nextLinks after them, until none is left.

    Whoever iterates may add pairs.
    """
    seen: set[int] = set()
    while pending:
        asked = [pending.popleft() for _ in range(min(LARGEST_BATCH, len(pending)))]
        requests = [BatchRequest(str(number), path) for number, (_, path) in enumerate(asked)]
        answers = client.batch(requests)
        for number, (id, _) in enumerate(asked):
            page = _page(client, id, answers[str(number)], seen)
            if page.next_link:
                pending.append((id, page.next_link))
            yield page


def _page(client: GraphClient, id: str, answer: BatchAnswer, seen: set[int]) -> WalkedPage:
    """The answer as a page; what is wrong with it ends this group only."""
    body = _object(answer)
    if isinstance(body, GraphError):
        return WalkedPage(id, [], "", True, body)
    next_link = str(body.get("@odata.nextLink") or "")
    error = _fault(client, body, next_link, seen)
    if error:
        return WalkedPage(id, [], "", True, error)
    seen.add(hash(next_link))
    return WalkedPage(id, body["value"], next_link, not next_link, None)


def _fault(client: GraphClient, body: dict[str, Any], next_link: str, seen: set[int]) -> GraphError | None:
    if not isinstance(body.get("value"), list):
        return UnexpectedResponse("not a page", code="unexpected_response", status=200)
    if next_link and hash(next_link) in seen:
        return UnexpectedResponse(code="endless_paging")
    try:
        client.check_link(next_link)
    except UnexpectedResponse as error:
        return error
    return None


def _object(answer: BatchAnswer) -> dict[str, Any] | GraphError:
    if answer.error or isinstance(answer.body, dict):
        return answer.error or answer.body
    return UnexpectedResponse("not an object", code="unexpected_response", status=answer.status)


def _with_id(select: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(("id", *select)))
