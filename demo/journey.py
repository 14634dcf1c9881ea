"""The main job, done the way people do it: over HTTP, from the setup link to an audience whose numbers are right."""

import csv
import io
import os
import re
import subprocess
import sys
from html import unescape
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from directory_sync.models import Organization
from onboarding import links

from . import cast, open_link, remote, sabotage, seed, truth
from .browser import Browser, Page
from .processes import wait_for
from .stage import Stage

ORGANIZATION = cast.FABRIKAM
LIVE_CHECK = SYNC = 30  # seconds
CHOSEN = ("All-Staff", "Outreach", "Parent")
ROW = re.compile(r'/groups/\d+/">([^<]*)</a>.*?<td class="num"[^>]*>([\d,]+)</td>', re.DOTALL)
BOX = re.compile(r'name="(?:segments|groups)" value="(\d+)".*?/groups/\d+/">([^<]*)</a>', re.DOTALL)


class Wrong(Exception):
    """A step ended otherwise than it should; the text says how."""


class Journey:
    """Steps in their order, each a method that returns what it has to tell. `spoil` is one of `sabotage.KINDS`."""

    def __init__(self, stage: Stage, password: str, spoil: str = "") -> None:
        self._stage = stage
        self._password = password
        self._spoil = spoil
        self._customer, self._staff, self._editor = (Browser(stage.url) for _ in range(3))
        self._token = ""
        self.groups: list[dict[str, Any]] = []

    def steps(self):
        """(name, function), in order; a step that is over has been as it should."""
        return (
            ("keys and database", self._stage.prepare),
            ("make-believe tenant", self._start_tenant),
            ("web and workers", self._start_rest),
            ("people", lambda: seed.make_people(self._password)),
            ("setup link", self._make_link),
            ("intake", self._fill_in),
            ("live check", self._check),
            ("send", self._send),
            ("approval", self._approve),
            ("first sync", self._await_first_sync),
            ("update audience", self._choose),
            ("numbers", self._compare),
            ("stop", self._stop),
        )

    def _start_tenant(self) -> str:
        self._stage.start_tenant()
        self._stage.await_tenant()
        return f"{remote.facts()['graph_url']}"

    def _start_rest(self) -> str:
        self._stage.start_clusters()
        self._stage.start_web()
        self._stage.await_web()
        self._stage.await_clusters()
        return f"{self._stage.url}, clusters sync and now"

    def _make_link(self) -> str:
        owner_name, owner_email = cast.SETUP_OWNER
        organization = Organization.objects.get(name=ORGANIZATION)
        link, self._token = links.create(organization, owner_name=owner_name, owner_email=owner_email)
        links.send(link, self._token)
        return f"for {organization}"

    def _fill_in(self) -> str:
        facts = remote.facts()
        typed = {
            "company_name": "Fabrikam, Inc.",
            "client_id": facts["client_id"],
            "tenant_id": facts["tenant_id"],
            "secret_value": sabotage.wrong_secret() if self._spoil == "secret" else facts["secret"],
            "secret_id": facts["secret_id"],
            "secret_expires_on": open_link.expiry(),
            "attributes": ["department_name", "city"],
        }
        page = self._customer.open(f"/connect/{self._token}/")
        page = self._customer.press(page, page.form("secret_value"), **typed)
        if not page.path.endswith("/review/"):
            raise Wrong(f"The form was not accepted: {_errors(page)}")
        return "accepted"

    def _check(self) -> str:
        if self._spoil == "tenant":
            sabotage.stop(self._stage, "tenant")
        review = f"/connect/{self._token}/review/"
        page = self._customer.open(review)
        self._customer.press(page, page.form("/check/"))

        def answered() -> Page | None:
            now = self._customer.open(review)
            return None if now.has_class("state-running") else now

        page = wait_for("the live check", answered, seconds=LIVE_CHECK, demand=self._stage.demand_all)
        if page.has_class("state-bad") or not page.has_class("notice-good"):
            raise Wrong(f"Entra says: {_problems(page)}")
        return "everything works"

    def _send(self) -> str:
        page = self._customer.open(f"/connect/{self._token}/review/")
        page = self._customer.press(page, page.form("/send/"))
        if page.path != f"/connect/{self._token}/":
            raise Wrong("The review page came back.")
        return "received"

    def _approve(self) -> str:
        if self._spoil == "worker":
            sabotage.stop(self._stage, "cluster sync")
        self._sign_in(self._staff, "ana@hq.example", "/admin/")
        queue = self._staff.open("/admin/onboarding/submission/")
        address = re.search(r'href="(/admin/onboarding/submission/\d+/change/)', queue.text)
        if not address:
            raise Wrong("The queue is empty.")
        page = self._staff.open(address[1])
        page = self._staff.press(page, page.form("/approve/"))
        if not page.has_class("state-approved"):
            raise Wrong(f"Not approved: {_told(page)}")
        return "approved"

    def _await_first_sync(self) -> str:
        def finished() -> Page | None:
            now = self._customer.open(f"/connect/{self._token}/")
            return now if now.has_class("state-synced") or now.has_class("state-failed") else None

        page = wait_for("the first sync", finished, seconds=SYNC, demand=self._stage.demand_all)
        if page.has_class("state-failed"):
            raise Wrong(f"The run failed: {_problems(page)}")
        return "online"

    def _choose(self) -> str:
        audience = f"/audience/{slugify(ORGANIZATION)}/{slugify(cast.SERIES[ORGANIZATION])}/"
        self._sign_in(self._editor, "fay@fabrikam.example", audience)
        page = self._editor.open(f"{audience}import/")
        everything = [value for name, value in page.form("groups").boxes if name == "groups"]
        self._editor.press(page, page.form("groups"), groups=everything)
        page = self._editor.open(audience)
        wanted = [pk for pk, name in BOX.findall(page.text) if unescape(name) in CHOSEN]
        if len(wanted) != len(CHOSEN):
            raise Wrong(f"Not all of {', '.join(CHOSEN)} are among the segments.")
        page = self._editor.press(page, page.form("segments"), segments=wanted)
        if not page.has_class("notice-good"):
            raise Wrong("The audience was not updated.")

        def settled() -> bool:
            return 'data-active="false"' in self._editor.open(f"{audience}status/").text

        wait_for("the sync of the new audience", settled, seconds=SYNC, demand=self._stage.demand_all)
        return f"{len(everything)} groups imported, {', '.join(CHOSEN)} chosen"

    def _compare(self) -> str:
        """What the pages show, and the people who count, against the tenant's own truth; every group."""
        if self._spoil == "one-person":
            sabotage.lose_one_person("Outreach")
        shown = self._shown()
        people = self._exported()
        for group in truth.true_groups():
            exported = people.get(group.id, set())
            counted = shown.get(group.name)
            right = counted == len(group.recipients) and exported == group.recipients
            self.groups.append(
                {
                    "group": group.name,
                    "expected": len(group.recipients),
                    "shown": counted,
                    "exported": len(exported),
                    "ok": right,
                }
            )
        wrong = [each for each in self.groups if not each["ok"]]
        if wrong or not self.groups:
            told = "{group}: {expected} in the tenant, {shown} shown, {exported} exported"
            raise Wrong("; ".join(told.format(**each) for each in wrong) or "The tenant has no groups.")
        return f"{len(self.groups)} groups, all as in the tenant"

    def _shown(self) -> dict[str, int]:
        page = self._editor.open(f"/audience/{slugify(ORGANIZATION)}/{slugify(cast.SERIES[ORGANIZATION])}/import/")
        return {unescape(name): int(number.replace(",", "")) for name, number in ROW.findall(page.text)}

    def _exported(self) -> dict[str, set[str]]:
        connection = Organization.objects.get(name=ORGANIZATION).accesses.get().connection_id
        command = [sys.executable, "manage.py", "export_recipients", str(connection)]
        told = subprocess.run(
            command, cwd=settings.BASE_DIR, env=os.environ, capture_output=True, text=True, check=True, timeout=30
        )
        found: dict[str, set[str]] = {}
        for row in csv.DictReader(io.StringIO(told.stdout)):
            found.setdefault(row["group_id"], set()).add(row["entra_id"])
        return found

    def _stop(self) -> str:
        if not self._stage.stop():
            raise Wrong("A process had to be forced to end.")
        return "all processes ended"

    def _sign_in(self, browser: Browser, email: str, address: str) -> None:
        page = browser.open(address)
        page = browser.press(page, page.form("password"), login=email, password=self._password)
        if page.path != address:
            raise Wrong(f"{email} could not sign in.")


def _problems(page: Page) -> str:
    return "; ".join(_texts(page, "problem-title")) or "nothing"


def _errors(page: Page) -> str:
    return "; ".join(re.findall(r'<li><a href="#id_(\w+)"', page.text)) or "no reason given"


def _told(page: Page) -> str:
    return "; ".join(_texts(page, "messagelist")) or "no reason given"


def _texts(page: Page, name: str) -> list[str]:
    """The words of the elements with this class."""
    found = re.findall(rf'<(\w+) class="{name}"[^>]*>(.*?)</\1>', page.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", inner)).split()) for _, inner in found]
