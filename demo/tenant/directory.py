"""One make-believe tenant: what is in it, and the plain truth about it for tests."""

from collections.abc import Iterator
from typing import Any

from demo.tenant.answers import Answers
from demo.tenant.apps import App, Apps
from demo.tenant.groups import Groups
from demo.tenant.people import People
from demo.tenant.recent import Recent


class Directory(People, Groups, Apps):
    """A tenant. Objects are named by their Entra object id, a string.

    `noise` (0 to 1) is how often delta answers repeat, replay, reorder and send empty pages. `expiry_answer`
    is `410` or `400`, how an old delta token is refused. Sizes of pages are the service's own limits. What is in
    `untracked` is refused by delta (501, named), `resource_units` per ten seconds turn throttling on.
    """

    def __init__(
        self,
        tenant_id: str | None = None,
        *,
        cloud: str = "global",
        seed: int | str = 0,
        noise: float = 0.3,
        domain: str = "",
        name: str = "Contoso",
    ) -> None:
        super().__init__(tenant_id, seed=seed, domain=domain)
        self.cloud = cloud
        self.noise = noise
        self.name = name
        self.apps: dict[str, App] = {}
        self.token_life_seconds = 3599
        self.expiry_answer = "410"
        self.page_size = 200
        self.link_page_size = 500
        self.resource_units: int | None = None
        self.untracked: set[str] = set()
        self._keep_nothing_yet()

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._keep_nothing_yet()

    def _keep_nothing_yet(self) -> None:
        self.rounds = Recent(8)  # at a million people one of them is hundreds of MiB
        self.recent = Recent(24)
        self.orders = Recent(256)
        self.answers = Answers()

    def set_quota(self, units: int) -> None:
        """Resource units that an app may use in ten seconds (8,000 at Microsoft for large tenants); 0 for no limit."""
        self.resource_units = units or None

    def properties(self, entry_id: str) -> dict[str, Any]:
        """A copy of an object's properties, with `id`; also of one in the recycle bin."""
        with self.lock:
            entry = self.find(entry_id)
            if entry is None:
                raise KeyError(entry_id)
            return {"id": entry.id, **entry.properties}

    def ids(self, kind: str) -> list[str]:
        """Ids of the living objects of a kind (`user`, `group`, `orgContact`, `device`, `servicePrincipal`)."""
        with self.lock:
            return [entry.id for entry in self.living(kind)]

    @property
    def users(self) -> list[str]:
        """Ids of the users outside the recycle bin."""
        return self.ids("user")

    @property
    def groups(self) -> list[str]:
        """Ids of the groups outside the recycle bin."""
        return self.ids("group")

    @property
    def contacts(self) -> list[str]:
        """Ids of the organizational contacts."""
        return self.ids("orgContact")

    def kind_of(self, entry_id: str) -> str:
        """The kind of an object; KeyError when unknown."""
        entry = self.find(entry_id)
        if entry is None:
            raise KeyError(entry_id)
        return entry.kind

    def manager_of(self, user: str) -> str | None:
        """The manager as stored, even one in the recycle bin."""
        return self.tables["user"][user].manager

    def is_deleted(self, entry_id: str) -> bool:
        """In the recycle bin, or gone for good."""
        entry = self.find(entry_id)
        return entry is None or entry.deleted

    def members(self, group: str, kind: str | None = None) -> set[str]:
        """Direct members outside the recycle bin, of one kind or of all."""
        with self.lock:
            found = self.visible_members(self.entry(group, "group"))
            return {member.id for member in found if kind in (None, member.kind)}

    def transitive_members(self, group: str, kind: str | None = None) -> set[str]:
        """Everything below a group, nested groups included, as transitiveMembers lists it."""
        with self.lock:
            return {found.id for found in self.reachable(group).values() if kind in (None, found.kind)}

    def groups_of(self, member: str, *, transitive: bool = False) -> set[str]:
        """Groups that hold somebody, directly or through other groups."""
        with self.lock:
            found: set[str] = set()
            queue = [member]
            while queue:
                below = queue.pop()
                above = {group.id for group in self.living("group") if below in (group.members or ())} - found
                found |= above
                queue += above if transitive else []
            return found

    def links(self) -> Iterator[tuple[str, str]]:
        """All direct links to living members, as (group, member)."""
        for group in self.groups:
            for member in self.members(group):
                yield group, member

    def find_group(self, name: str) -> str:
        """The id of the group with that display name; KeyError when there is none."""
        with self.lock:
            for group in self.living("group"):
                if group.properties.get("displayName") == name:
                    return group.id
        raise KeyError(name)
