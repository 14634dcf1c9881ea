"""Groups and who is in them."""

from collections.abc import Iterable
from typing import Any

from demo.tenant.store import Entry, Store

# groups-overview: what tells the kinds apart
KIND_PROPERTIES: dict[str, dict[str, Any]] = {
    "security": {"groupTypes": [], "mailEnabled": False, "securityEnabled": True},
    "m365": {"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": False, "visibility": "Private"},
    "distribution": {"groupTypes": [], "mailEnabled": True, "securityEnabled": False},
    "mail_security": {"groupTypes": [], "mailEnabled": True, "securityEnabled": True},
    "dynamic": {
        "groupTypes": ["DynamicMembership"],
        "mailEnabled": False,
        "securityEnabled": True,
        "membershipRule": "user.accountEnabled -eq true",
        "membershipRuleProcessingState": "On",
    },
}


class Groups(Store):
    """Groups of every kind. Links are direct; a link to somebody in the recycle bin stays, unseen."""

    def add_group(
        self,
        name: str,
        kind: str = "security",
        members: Iterable[str] = (),
        *,
        visibility: str | None = None,
        id: str | None = None,
        **properties: Any,
    ) -> str:
        """Add a group of a kind named in KIND_PROPERTIES."""
        with self.lock:
            number = len(self.tables["group"]) + 1
            nickname = "".join(letter for letter in name if letter.isalnum()) or f"group{number}"
            made = {"displayName": name, "mailNickname": nickname, "createdDateTime": "2024-01-15T09:00:00Z"}
            made |= KIND_PROPERTIES[kind]
            if made["mailEnabled"]:
                made["mail"] = f"{nickname}{number}@{self.domain}"
            if visibility:
                made["visibility"] = visibility
            found = dict.fromkeys(members)
            self.demand_all(found)
            entry = self.create("group", {**made, **properties}, id)
            entry.members = found
            return entry.id

    def demand_all(self, ids: Iterable[str]) -> None:
        """KeyError unless all are there and alive; quick, for groups of a hundred thousand."""
        users, recycled = self.tables["user"], self.recycle_bin
        for entry_id in ids:
            if entry_id not in users or entry_id in recycled:
                self.entry(entry_id)

    def update_group(self, group: str, **properties: Any) -> None:
        """Set properties of a group, None clears one."""
        with self.lock:
            self.change(self.entry(group, "group"), properties)

    def rename_group(self, group: str, name: str) -> None:
        """Give a group another display name."""
        self.update_group(group, displayName=name)

    def delete_group(self, group: str, *, permanently: bool | None = None) -> None:
        """Delete a group; a Microsoft 365 group goes to the recycle bin unless told otherwise.

        Either way the groups that hold it lose it at once.
        """
        with self.lock:
            entry = self.entry(group, "group")
            if permanently is None:
                permanently = "Unified" not in entry.properties.get("groupTypes", [])
            if permanently:
                self.drop(entry)
                return
            self.recycle(entry)
            self.drop_links_to(entry)

    def restore_group(self, group: str) -> None:
        """Take a group out of the recycle bin, its own members with it; its parents do not get it back."""
        with self.lock:
            self.restore("group", group)

    def purge_group(self, group: str) -> None:
        """Delete a group for good, from the recycle bin or at once."""
        with self.lock:
            self.drop(self.tables["group"][group])

    def add_member(self, group: str, member: str) -> bool:
        """Put anything into a group; False when it is there already."""
        with self.lock:
            links = self.links_of(group)
            if member in links:
                return False
            entry = self.entry(member)
            links[member] = None
            self.log.add("group", group, "link", (member, entry.kind, True))
            return True

    def remove_member(self, group: str, member: str) -> bool:
        """Take a member out of a group; False when it is not in."""
        with self.lock:
            links = self.links_of(group)
            if member not in links:
                return False
            entry = self.find(member)
            del links[member]
            self.log.add("group", group, "link", (member, entry.kind if entry else "user", False))
            return True

    def empty_group(self, group: str) -> int:
        """Take every member out; how many they were."""
        with self.lock:
            members = list(self.links_of(group))
            return sum(self.remove_member(group, member) for member in members)

    def links_of(self, group: str) -> dict[str, None]:
        """The group's links as stored, in order, people in the recycle bin included."""
        links = self.entry(group, "group").members
        return links if links is not None else {}

    def visible_members(self, entry: Entry) -> list[Entry]:
        """Direct members outside the recycle bin, in order."""
        users = self.tables["user"]
        found = (users.get(member) or self.find(member) for member in entry.members or ())
        return [member for member in found if member is not None and member.deleted_at is None]

    def reachable(self, group: str) -> dict[str, Entry]:
        """Everything below a group, nested groups included, by id."""
        seen: dict[str, Entry] = {}
        queue = [self.entry(group, "group")]
        while queue:
            for member in self.visible_members(queue.pop()):
                if member.id not in seen:
                    seen[member.id] = member
                    if member.kind == "group":
                        queue.append(member)
        return seen
