"""Reading groups and their members by id, twenty at a time."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .batch import AT_ONCE, LARGEST_BATCH, BatchAnswer, BatchRequest
from .changes import kind_of
from .client import VERSION, GraphClient
from .clouds import Cloud
from .delta import Page, delta_page
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
    for pages in walk_batches(client, group_ids, select=select, nested=nested):
        yield from pages


def walk_batches(
    client: GraphClient,
    group_ids: Iterable[str],
    *,
    select: Iterable[str],
    nested: bool = True,
    read: Iterable[str] = (),
) -> Iterator[list[WalkedPage]]:
    """As `walk_members`, with what came in one answer together. Groups that have been `read` are left out."""
    query = f"members?$select={_with_id(select)}&$top={PAGE_SIZE}"
    visited = {id.lower() for id in read}
    pending: deque[tuple[str, str]] = deque()

    def visit(group_id: str) -> None:
        if group_id.lower() not in visited:
            visited.add(group_id.lower())
            pending.append((group_id, ""))

    for group_id in group_ids:
        visit(group_id)
    for pages in _walk(client, pending, f"/groups/{{id}}/{query}"):
        for page in pages if nested else ():
            for item in page.items:
                if kind_of(item) == "group" and item.get("id"):
                    visit(item["id"])
        yield pages


def list_groups(client: GraphClient, link: str) -> Iterator[Page]:
    """All groups from a listing's link on, in pages of 999 ("group-list"); start with `groups_url`."""
    seen: set[int] = set()
    while link:
        if hash(link) in seen:
            raise UnexpectedResponse(code="endless_paging")
        seen.add(hash(link))
        page = delta_page(client, link)  # which reads any page, and knows a link that has expired
        yield page
        link = page.next_link


def groups_url(cloud: Cloud, select: Iterable[str]) -> str:
    """Where the listing of all groups begins."""
    return f"{cloud.graph_url}{VERSION}/groups?$select={_with_id(select)}&$top={PAGE_SIZE}"


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
    pending = deque((id, "") for id in found)
    for pages in _walk(client, pending, f"/users/{{id}}/memberOf?$select=id&$top={PAGE_SIZE}"):
        for page in pages:
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


def _walk(client: GraphClient, pending: deque[tuple[str, str]], first: str) -> Iterator[list[WalkedPage]]:
    """Read (id, nextLink) pairs in batches side by side, and what comes after them, until none is left.

    `first`: the path that stands for "" as the nextLink, with a place for the id. Yields what came in one answer
    together. Whoever iterates may add pairs.
    """
    seen: set[int] = set()
    running: dict[Future[dict[str, BatchAnswer]], list[tuple[str, str]]] = {}
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="walk")
    try:
        while pending or running:
            while pending and len(running) < AT_ONCE:
                asked = [pending.popleft() for _ in range(min(LARGEST_BATCH, len(pending)))]
                paths = [link or first.format(id=quote(id, safe="")) for id, link in asked]
                requests = [BatchRequest(str(number), path) for number, path in enumerate(paths)]
                running[pool.submit(client.batch, requests)] = asked
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                answers, asked = done.result(), running.pop(done)
                pages = [_page(client, id, answers[str(number)], seen) for number, (id, _) in enumerate(asked)]
                pending.extend((page.group_id, page.next_link) for page in pages if page.next_link)
                yield pages
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
