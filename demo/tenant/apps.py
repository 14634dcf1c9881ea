"""App registrations: client ids, secrets and the application roles an administrator consented to."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from demo.tenant.store import Store

DEFAULT_ROLES = ("User.Read.All", "Group.Read.All", "GroupMember.Read.All", "OrgContact.Read.All")


@dataclass
class Secret:
    """A client secret and the moment it stops working (None: not in sight)."""

    id: str
    value: str = field(repr=False)
    expires_at: float | None = None


@dataclass
class App:
    """An app registration as the tenant sees it; `secret` and `secret_id` are the newest."""

    client_id: str
    object_id: str
    roles: set[str]
    secrets: list[Secret] = field(default_factory=list, repr=False)
    enabled: bool = True
    has_service_principal: bool = True

    @property
    def secret(self) -> str:
        """The value of the newest secret."""
        return self.secrets[-1].value

    @property
    def secret_id(self) -> str:
        """The id of the newest secret."""
        return self.secrets[-1].id


class Apps(Store):
    """Every method that takes an `app` takes a client id; without one it means the first app."""

    apps: dict[str, App]

    def add_app(
        self, client_id: str | None = None, secret: str | None = None, roles: Iterable[str] = DEFAULT_ROLES
    ) -> App:
        """Register an app with one secret and admin consent for the roles."""
        with self.lock:
            app = App(client_id or self.new_id(), self.new_id(), set(roles))
            self.apps[app.client_id] = app
            self._add_secret(app, secret)
            return app

    def app(self, client_id: str | None = None) -> App:
        """The app with that client id, or the first one; KeyError when there is none."""
        if client_id is None and self.apps:
            return next(iter(self.apps.values()))
        return self.apps[client_id or ""]

    def expire_secret(self, app: str | None = None, secret_id: str | None = None) -> None:
        """Let one secret, or every secret, of the app expire now."""
        with self.lock:
            for secret in self.app(app).secrets:
                if secret_id in (None, secret.id):
                    secret.expires_at = self.timestamp

    def replace_secret(self, app: str | None = None, value: str | None = None, *, keep_old: bool = False) -> App:
        """Make a new secret; the old ones are deleted unless they are to overlap."""
        with self.lock:
            found = self.app(app)
            if not keep_old:
                found.secrets.clear()
            self._add_secret(found, value)
            return found

    def withdraw_role(self, role: str, app: str | None = None) -> None:
        """Take consent for a role away; tokens already issued keep it until they expire."""
        with self.lock:
            self.app(app).roles.discard(role)

    def grant_role(self, role: str, app: str | None = None) -> None:
        """Consent to a role; it shows in the next token."""
        with self.lock:
            self.app(app).roles.add(role)

    def disable_app(self, app: str | None = None) -> None:
        """Refuse further tokens (AADSTS7000112)."""
        self.app(app).enabled = False

    def enable_app(self, app: str | None = None) -> None:
        """Undo `disable_app`."""
        self.app(app).enabled = True

    def remove_app(self, app: str | None = None) -> None:
        """Delete the registration (AADSTS700016 from now on)."""
        with self.lock:
            del self.apps[self.app(app).client_id]

    def remove_service_principal(self, app: str | None = None) -> None:
        """Keep the registration, lose its service principal (AADSTS7000229)."""
        self.app(app).has_service_principal = False

    def _add_secret(self, app: App, value: str | None) -> None:
        made = "Dm8Q~" + self.new_id().replace("-", "").title() + ".x"  # the shape of real ones
        app.secrets.append(Secret(self.new_id(), value or made))
