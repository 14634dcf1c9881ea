"""What is done twice, or by a machine, is done once: on the live site, with several threads of web."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.browser.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world(site, browser, tenant_server) -> Iterator[World]:
    """A link that is open and a colleague of staff; the tests go on where the one before ended."""
    made = World(site, browser, tenant_server, "Adatum", scripted=True)
    made.staff.sign_in("sam@hq.example", "/admin/")
    made.make_link()
    yield made
    made.close()


def found(world: World, kind: str) -> int:
    """How many of a kind admin lists for the organization."""
    page = world.staff.page
    page.goto(f"/admin/{kind}/?q={world.name}")
    return page.locator("#result_list tbody tr").count()


def test_mail_scanner_that_opens_the_link_ten_times_changes_nothing(world: World):
    before = world.site.dump()

    answers = [requests.get(world.site.url + world.link, timeout=10) for _ in range(9)]
    answers.append(requests.head(world.site.url + world.link, timeout=10))

    assert {answer.status_code for answer in answers} == {200}
    assert world.site.dump() == before


def test_send_pressed_twice_is_one_submission(world: World):
    page = world.customer.page
    page.goto(world.link)
    world.fill_in()

    page.get_by_role("button", name="Send for approval").dblclick()

    expect(page.get_by_role("heading", name="Sent. Thank you.")).to_be_visible()
    assert found(world, "onboarding/submission") == 1


def test_two_of_staff_who_approve_at_once_make_one_connection(world: World, browser):
    colleague = Visitor(browser, world.site.url)
    colleague.sign_in("ana@hq.example", "/admin/")
    assert found(world, "onboarding/submission") == 1
    world.staff.press(world.staff.page.locator("#result_list tbody th a"))
    address = world.staff.page.url
    start = Barrier(2)

    def approve(cookies: dict[str, str]) -> str:
        with requests.Session() as session:
            session.cookies.update(cookies)
            form = {"csrfmiddlewaretoken": cookies["csrftoken"], "attributes": ["city"]}
            start.wait(10)
            return session.post(address.replace("/change/", "/approve/"), form, timeout=20).text

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(approve, [world.staff.cookies, colleague.cookies]))
    colleague.close()

    assert sum("Approved. The first sync starts" in page for page in told) == 1
    assert sum("Somebody has decided already" in page for page in told) == 1
    assert found(world, "directory_sync/connection") == 1
