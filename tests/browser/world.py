"""One organization, its people at their browsers, and its directory; and what they do again and again."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Browser

from demo.tenant import datasets
from demo.tenant.server import TenantServer
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.sync.truth import Options, expected


class World:
    """`staff`, `customer` and `editor` share nothing but the site."""

    def __init__(self, site: Site, browser: Browser, tenant_server: TenantServer, name: str, scripted: bool) -> None:
        site.make_people(name)
        self.site = site
        self.name = name
        self.slug = name.lower()
        self.audience = f"/audience/{self.slug}/weekly-news/"
        self.link = ""
        self.tenant_server = tenant_server
        self.directory = tenant_server.add_tenant(name=name, domain=f"{self.slug}.example")
        datasets.build(self.directory, "demo")
        self.app = self.directory.app() if self.directory.apps else self.directory.add_app()
        self.staff, self.customer, self.editor = (Visitor(browser, site.url, scripted=scripted) for _ in range(3))

    def close(self) -> None:
        for visitor in (self.staff, self.customer, self.editor):
            visitor.close()

    @property
    def complaints(self) -> list[str]:
        return self.staff.complaints + self.customer.complaints + self.editor.complaints

    def make_link(self) -> None:
        """Staff make a setup link; its address is shown once."""
        page = self.staff.page
        page.goto("/admin/onboarding/setuplink/add/")
        page.locator("[name=organization]").select_option(label=self.name)
        page.locator("[name=owner_name]").fill("Ida Ito")
        page.locator("[name=owner_email]").fill(f"ida@{self.slug}.example")
        self.staff.press(page.get_by_role("button", name="Save", exact=True))
        self.link = page.locator(".setup-link").inner_text().removeprefix(self.site.url)

    def fill_in(self, **typed: str) -> None:
        """The customer types all answers into the open form, these instead of the right ones, and presses on."""
        page = self.customer.page
        answers = {
            "company_name": f"{self.name}, Inc.",
            "client_id": self.app.client_id,
            "tenant_id": self.directory.tenant_id,
            "secret_value": self.app.secret,
            "secret_id": self.app.secret_id,
            "secret_expires_on": (timezone.localdate() + timedelta(days=300)).isoformat(),
            **typed,
        }
        for name, text in answers.items():
            page.locator(f"[name={name}]").fill(text)
        for attribute in ("department_name", "city"):
            page.locator(f"[name=attributes][value={attribute}]").check()
        self.customer.press(page.get_by_role("button", name="Save and review"))

    def addresses(self, *groups: str) -> set[str]:
        """Who should receive what goes to these groups, by the tenant's own truth."""
        truth = expected(self.directory, Options())
        chosen = [truth[self.directory.find_group(group)] for group in groups]
        return {address.lower() for people in chosen for address, reason in people.values() if not reason}
