import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.site import Site
from tests.browser.visitor import SCREENSHOTS


@pytest.fixture(scope="session")
def site(tmp_path_factory, tenant_server) -> Iterator[Site]:
    """The one installation that all browser tests visit, each module with an organization of its own."""
    made = Site(tmp_path_factory.mktemp("site"), tenant_server)
    made.prepare()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; screenshots of the run before are dropped."""
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    SCREENSHOTS.mkdir(parents=True)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield opened
        opened.close()
