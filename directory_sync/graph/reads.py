"""Everything the sync asks of Graph, in one place to import from."""

from .batch import AT_ONCE, LARGEST_BATCH, UNITS_A_READ
from .changes import UNCHANGED, Change, Link, changes, has_limited_info, kind_of
from .delta import STREAMS, Page, delta_page, delta_pages, delta_url
from .walking import (
    PAGE_SIZE,
    WalkedPage,
    groups_url,
    list_groups,
    member_of,
    read_groups,
    read_managers,
    walk_batches,
    walk_members,
)

__all__ = [
    "AT_ONCE",
    "LARGEST_BATCH",
    "PAGE_SIZE",
    "STREAMS",
    "UNCHANGED",
    "UNITS_A_READ",
    "Change",
    "Link",
    "Page",
    "WalkedPage",
    "changes",
    "delta_page",
    "delta_pages",
    "delta_url",
    "groups_url",
    "has_limited_info",
    "kind_of",
    "list_groups",
    "member_of",
    "read_groups",
    "read_managers",
    "walk_batches",
    "walk_members",
]
