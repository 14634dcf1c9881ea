"""Users, organizational contacts, devices and service principals."""

from typing import Any

from demo.tenant.store import Store


class People(Store):
    """Everything that can be a member of a group, except groups. Names of properties are Graph's."""

    def add_user(self, *, id: str | None = None, manager: str | None = None, **properties: Any) -> str:
        """Add a user, enabled and with a mail address unless told otherwise; None leaves a property unset."""
        with self.lock:
            number = len(self.tables["user"]) + 1
            name = properties.get("displayName", f"Person {number}")
            username = properties.get("userPrincipalName", f"person{number}@{self.domain}")
            defaults = {
                "displayName": name,
                "userPrincipalName": username,
                "mail": username,
                "mailNickname": str(username).partition("@")[0],
                "accountEnabled": True,
                "userType": "Member",
            }
            entry = self.create("user", {**defaults, **properties}, id)
            entry.manager = self.entry(manager).id if manager else None
            return entry.id

    def add_guest(self, mail: str, **properties: Any) -> str:
        """Add a guest the way an accepted invitation does."""
        username = f"{mail.replace('@', '_')}#EXT#@{self.domain}"
        guest = {"mail": mail, "userPrincipalName": username, "userType": "Guest", "otherMails": [mail]}
        return self.add_user(**{"externalUserState": "Accepted", **guest, **properties})

    def update_user(self, user: str, **properties: Any) -> None:
        """Set properties of a user, None clears one; KeyError for somebody who is gone."""
        with self.lock:
            self.change(self.entry(user, "user"), properties)

    def disable_user(self, user: str) -> None:
        """Block sign-in; the user stays in every list."""
        self.update_user(user, accountEnabled=False)

    def enable_user(self, user: str) -> None:
        """Undo `disable_user`."""
        self.update_user(user, accountEnabled=True)

    def soft_delete_user(self, user: str) -> None:
        """Move a user to the recycle bin; links stay but show nowhere (delta-query-groups)."""
        with self.lock:
            self.recycle(self.entry(user, "user"))

    def restore_user(self, user: str) -> None:
        """Take a user out of the recycle bin: new in users/delta, silent in groups/delta."""
        with self.lock:
            self.restore("user", user)

    def purge_user(self, user: str) -> None:
        """Delete a user for good, from the recycle bin or at once; only now do links go."""
        with self.lock:
            self.drop(self.tables["user"][user])

    def empty_recycle_bin(self, days: float = 30) -> int:
        """Purge what has been in the recycle bin longer than `days`; how many that were."""
        with self.lock:
            limit = self.timestamp - days * 86400
            found = [self.find(entry_id) for entry_id in sorted(self.recycle_bin)]
            old = [entry for entry in found if entry and (entry.deleted_at or 0) < limit]
            for entry in old:
                self.drop(entry)
            return len(old)

    def set_manager(self, user: str, manager: str | None) -> None:
        """Give a user a manager (user or contact), None takes him away."""
        with self.lock:
            entry = self.entry(user, "user")
            new = self.entry(manager).id if manager else None
            if entry.manager != new:
                self.log.add("user", user, "manager", (entry.manager, new))
                entry.manager = new

    def clear_manager(self, user: str) -> None:
        """Take the manager away."""
        self.set_manager(user, None)

    def add_contact(self, *, id: str | None = None, **properties: Any) -> str:
        """Add an organizational contact."""
        with self.lock:
            number = len(self.tables["orgContact"]) + 1
            defaults = {"displayName": f"Contact {number}", "mail": f"contact{number}@partner.example"}
            return self.create("orgContact", {**defaults, **properties}, id).id

    def update_contact(self, contact: str, **properties: Any) -> None:
        """Set properties of a contact, None clears one."""
        with self.lock:
            self.change(self.entry(contact, "orgContact"), properties)

    def delete_contact(self, contact: str) -> None:
        """Delete a contact: at once and for good, links included."""
        with self.lock:
            self.drop(self.entry(contact, "orgContact"))

    def add_device(self, **properties: Any) -> str:
        """Add a device, to be a member of groups."""
        with self.lock:
            device_id = self.new_id()
            defaults = {"displayName": "DESKTOP", "deviceId": device_id, "operatingSystem": "Windows"}
            return self.create("device", {**defaults, "accountEnabled": True, **properties}).id

    def add_service_principal(self, **properties: Any) -> str:
        """Add a service principal, to be a member of groups."""
        with self.lock:
            return self.create("servicePrincipal", {"displayName": "Automation", **properties}).id

    def delete_device(self, device: str) -> None:
        """Delete a device for good."""
        with self.lock:
            self.drop(self.entry(device, "device"))
