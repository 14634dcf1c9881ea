"""Somebody with a browser of his own, who notices everything that a page does wrong."""

import re
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, WebError

from tests.browser.people import PASSWORD
from tests.processes.installation import ROOT, wait_until

SCREENSHOTS = ROOT / "artefacts" / "screenshots"
SCHEMES = ("light", "dark")
WIDTHS = (1280, 390)
AXE = Axe()
# Preloading would fetch style sheets once more, against the policy. Dark differs from light in colours alone.
EVERY_RULE = {"resultTypes": ["violations"], "preload": False}
RULES = {"light": EVERY_RULE, "dark": EVERY_RULE | {"runOnly": ["color-contrast", "link-in-text-block"]}}
REPORT_VIOLATIONS = """document.addEventListener("securitypolicyviolation",
    (event) => console.error("policy:", event.violatedDirective, event.blockedURI))"""
TOO_WIDE = """[document.documentElement].filter((page) => page.scrollWidth > page.clientWidth)
    .flatMap((page) => [...page.querySelectorAll("body *")]
        .filter((part) => part.getBoundingClientRect().right > page.clientWidth + 1)
        .map((part) => part.outerHTML.slice(0, 80)))"""
FADED = """Promise.allSettled(document.getAnimations()
    .filter((change) => change instanceof CSSTransition).map((change) => change.finished))"""


class Visitor:
    """One browser context. `complaints` gathers console errors, exceptions, policy violations, foreign requests."""

    def __init__(self, browser: Browser, url: str, *, scripted: bool = True, keeps: Path = SCREENSHOTS) -> None:
        self.url = url
        self.scripted = scripted
        self.complaints: list[str] = []
        self._keeps = keeps
        self._context = browser.new_context(base_url=url, java_script_enabled=scripted, reduced_motion="reduce")
        self._context.set_default_timeout(8_000)
        self._context.add_init_script(REPORT_VIOLATIONS)
        self._context.on("console", self._hear)
        self._context.on("weberror", self._stumble)
        self._context.on("request", self._follow)
        self.page: Page = self._context.new_page()

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie["name"]: cookie["value"] for cookie in self._context.cookies()}

    def close(self) -> None:
        self._context.close()

    def sign_in(self, email: str, address: str) -> None:
        """Open an address that asks who one is, and say so."""
        self.page.goto(address)
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press(self.page.get_by_role("button", name="Sign in"))

    def press(self, link: Locator) -> None:
        """Click what leads to another page, and wait until that is here."""
        with self.page.expect_navigation():
            link.click()

    def wait_for(self, selector: str, *, by_itself: bool = True) -> None:
        """Wait until the page shows it: by itself, or without JavaScript by pressing Refresh."""
        if self.scripted and by_itself:
            self.page.locator(selector).first.wait_for(timeout=20_000)
        else:
            wait_until(lambda: self.page.locator(selector).count() or self._refresh(), seconds=20)

    def look(self, name: str) -> None:
        """See the page light and dark, wide and narrow: nothing wider than the screen, no violation of axe's rules."""
        for width in WIDTHS:
            self._resize(width)
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                self._examine(name, scheme, width)
        self._resize(WIDTHS[0])
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")

    def _resize(self, width: int) -> None:
        """As high as the page is, so that what sticks to the window's edge hides nothing from a screenshot."""
        self.page.set_viewport_size({"width": width, "height": 800})
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({"width": width, "height": height})

    def _examine(self, name: str, scheme: str, width: int) -> None:
        if too_wide := self.page.evaluate(TOO_WIDE):
            self.complaints.append(f"{name} is wider than {width} pixels: {too_wide}")
        if not self.scripted:
            return
        self.page.evaluate(FADED)
        self.page.screenshot(path=self._keeps / f"{name}-{scheme}-{width}.png")
        found = AXE.run(self.page, options=RULES[scheme])
        if found.violations_count:
            self.complaints.append(f"{name}, {scheme}, {width}: {found.generate_report()}")

    def _refresh(self) -> None:
        refresh = self.page.get_by_role("link", name=re.compile("^Refresh"))
        if refresh.count():
            self.press(refresh.first)
        else:
            self.page.reload()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text} {message.location}")

    def _stumble(self, error: WebError) -> None:
        self.complaints.append(f"{self.page.url}: {error.error}")

    def _follow(self, request: Request) -> None:
        if not request.url.startswith(f"{self.url}/"):
            self.complaints.append(f"{self.page.url} asks {request.url}")
