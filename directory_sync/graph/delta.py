"""Delta rounds: page after page until Graph hands out the link for the next round."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .client import VERSION, GraphClient
from .clouds import Cloud
from .errors import DeltaLinkExpired, UnexpectedResponse

STREAMS = ("users", "groups", "contacts")

# Pages of Microsoft write the token's name in several ways.
_CARRIES_TOKEN = re.compile(r"[?&](?:\$|%24)?(?:delta|skip)token=(?!latest(?:&|$))", re.IGNORECASE)


@dataclass(frozen=True)
class Page:
    """One answer: raw objects as they came, and exactly one of the links in a running round."""

    items: list[dict[str, Any]]
    next_link: str
    delta_link: str


def delta_url(cloud: Cloud, stream: str, select: Iterable[str], *, latest: bool = False) -> str:
    """Where a full round of `users`, `groups` or `contacts` starts; `latest` skips to "from now".

    `select` also decides which changes are tracked later ("delta-query-overview"). `members` and
    `manager` are selected like properties.
    """
    if stream not in STREAMS:
        raise ValueError(f"There is no delta stream called {stream}.")
    token = "&$deltatoken=latest" if latest else ""
    return f"{cloud.graph_url}{VERSION}/{stream}/delta?$select={','.join(select)}{token}"


def delta_page(client: GraphClient, link: str) -> Page:
    """Read one page; one request.

    Raises DeltaLinkExpired when only a full round helps: 410, syncStateNotFound, resyncRequired, and any
    400 or 404 for a link that Graph gave us. Its Location header is not followed: our own first URL says
    the same and stays with our host.
    """
    try:
        body = client.get(link)
    except UnexpectedResponse as error:
        if error.status not in (400, 404) or not _CARRIES_TOKEN.search(link):
            raise
        expired = DeltaLinkExpired(
            code="delta_link_expired",
            status=error.status,
            microsoft_code=error.microsoft_code,
            request_id=error.request_id,
        )
        raise expired from error
    return _page(client, body)


def delta_pages(client: GraphClient, link: str, *, page_cap: int = 200_000) -> Iterator[Page]:
    """Read from `link` to the end of the round; the last page carries the delta link.

    Empty pages in between are normal. Raises UnexpectedResponse `endless_paging` when a link comes back
    or there are more than `page_cap` pages.
    """
    seen = {hash(link)}
    for _ in range(page_cap):
        page = delta_page(client, link)
        yield page
        if page.delta_link:
            return
        if not page.next_link:
            raise UnexpectedResponse("a round without an end", code="unexpected_response")
        link = page.next_link
        if hash(link) in seen:
            break
        seen.add(hash(link))
    raise UnexpectedResponse(code="endless_paging")


def _page(client: GraphClient, body: dict[str, Any]) -> Page:
    items = body.get("value")
    page = Page(
        items if isinstance(items, list) else [],
        str(body.get("@odata.nextLink") or ""),
        str(body.get("@odata.deltaLink") or ""),
    )
    if not isinstance(items, list) or (page.next_link and page.delta_link):
        raise UnexpectedResponse("not a page of a delta round", code="unexpected_response")
    client.check_link(page.next_link)
    client.check_link(page.delta_link)
    return page
