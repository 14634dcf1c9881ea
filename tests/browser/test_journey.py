"""The whole journey in a browser, in order, each step a test; once with JavaScript and once without."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.browser.world import World

pytestmark = pytest.mark.browser
LISTS = {  # of admin, and what to search for in each
    "directory_sync/organization": "",
    "directory_sync/syncrun": "",
    "directory_sync/group": "",
    "directory_sync/recipient": "colleague",
    "directory_sync/event": "",
    "onboarding/setuplink": "",
}
OPEN_TO_ALL = {"ask": "/connect/", "sign-in": "/accounts/login/", "password": "/accounts/password/reset/"}


@pytest.fixture(scope="module", params=[True, False], ids=["scripted", "plain"])
def world(request, site, browser, tenant_server) -> Iterator[World]:
    """The tests of this module share it, and each goes on where the one before ended."""
    made = World(site, browser, tenant_server, "Northwind" if request.param else "Fabrikam", request.param)
    yield made
    made.close()


def test_staff_sign_in_and_make_a_setup_link(world: World):
    world.staff.sign_in("sam@hq.example", "/admin/")
    world.staff.look("admin-index")

    world.make_link()

    assert re.fullmatch(r"/connect/[\w-]{43}/", world.link)
    world.staff.look("admin-link-made")


def test_customer_reads_the_cure_of_each_mistake_and_loses_nothing(world: World):
    page = world.customer.page
    page.goto(world.link)
    world.customer.look("intake")

    world.fill_in(secret_value=world.app.secret_id, tenant_id="Northwind Traders", secret_expires_on="2020-01-01")

    expect(page.locator("#id_secret_value_error")).to_contain_text("This looks like the Secret ID. Copy the column")
    expect(page.locator("#id_tenant_id_error")).to_contain_text("This looks like a name, not an ID.")
    expect(page.locator("#id_secret_expires_on_error")).to_contain_text("This secret has expired.")
    expect(page.locator("[name=tenant_id]")).to_have_value("Northwind Traders")
    expect(page.locator("[name=company_name]")).to_have_value(f"{world.name}, Inc.")
    expect(page.locator("[name=attributes][value=city]")).to_be_checked()
    world.customer.look("intake-mistakes")


def test_customer_sees_live_what_entra_says(world: World):
    page = world.customer.page
    world.fill_in()
    world.customer.look("review")

    check = page.get_by_role("button", name="Check my connection")
    check.click() if world.customer.scripted else world.customer.press(check)  # htmx stays on the page
    world.customer.wait_for("#check .checks")

    expect(page.locator("#check .notice-good")).to_have_text("Everything works. You can send it.")
    assert world.app.secret not in page.content()
    world.customer.look("review-checked")


def test_customer_sends_and_gets_a_receipt(world: World):
    page = world.customer.page

    world.customer.press(page.get_by_role("button", name="Send for approval"))

    expect(page.get_by_role("heading", name="Sent. Thank you.")).to_be_visible()
    expect(page.locator(".way li").first).to_contain_text("Done")
    world.customer.look("status-received")
    receipts = [mail.read_text() for mail in (world.site.folder / "mails").iterdir()]
    assert any("received" in mail and f"ida@{world.slug}.example" in mail for mail in receipts)


def test_staff_approve_some_of_the_attributes(world: World):
    page = world.staff.page
    page.goto("/admin/onboarding/submission/")
    world.staff.look("admin-submissions")
    world.staff.press(page.get_by_role("link", name=world.name).first)
    world.staff.look("admin-submission")

    page.locator("[name=attributes][value=department_name]").uncheck()
    world.staff.press(page.get_by_role("button", name="Approve and connect"))

    expect(page.locator(".standing .state")).to_have_text("Approved")
    world.staff.press(page.get_by_role("link", name="To the connection"))
    grants = page.locator(".grants li")
    expect(grants.filter(has_text="city")).to_contain_text("Approved")
    expect(grants.filter(has_text="department_name")).to_contain_text("Declined")


def test_customer_sees_the_directory_come_online(world: World):
    world.customer.wait_for(".way .state-synced")

    world.customer.look("status-online")
    world.staff.page.reload()
    world.staff.look("admin-connection")


def test_editor_imports_groups(world: World):
    page = world.editor.page
    world.editor.sign_in(f"editor@{world.slug}.example", world.audience)
    world.editor.look("audience-empty")

    world.editor.press(page.get_by_role("link", name="Import segments").first)
    world.editor.look("import")
    for group in ("All-Staff", "Outreach", "Engineering", "Parent", "Management"):
        page.get_by_label(f"Import {group}", exact=True).check()
    world.editor.press(page.get_by_role("button", name="Import segments"))

    expect(page.locator(".notice-good")).to_contain_text("5 segments imported.")
    expect(page.locator(".segments tbody tr")).to_have_count(5)


def test_editor_chooses_and_the_number_is_the_tenants_own(world: World):
    page = world.editor.page

    for group in ("Outreach", "Engineering", "Parent"):
        page.get_by_label(f"Sync {group} to audience").check()
    world.editor.press(page.get_by_role("button", name="Update audience"))

    world.editor.wait_for("#live[data-active=false]")
    truth = world.addresses("Outreach", "Parent")  # of Engineering, Entra names nobody
    expect(page.locator("#figure .big")).to_have_text(str(len(truth)))
    parent = page.locator("tr", has_text="Parent")
    expect(parent.locator("td.num")).to_have_text(re.compile("^6Entra says 7"))
    expect(parent.locator(".standing")).to_contain_text("Synced")
    world.editor.look("audience")


def test_people_listed_are_those_of_the_tenant(world: World):
    page = world.editor.page

    world.editor.press(page.get_by_role("link", name="See who"))

    listed = page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert {address.lower() for address in listed} == world.addresses("Outreach", "Parent")
    world.editor.look("people")


def test_status_is_live_while_a_sync_runs(world: World):
    page = world.editor.page
    page.goto(world.audience)
    before = len(world.addresses("Outreach", "Parent"))
    mail = f"new.colleague@{world.slug}.example"
    new = world.directory.add_user(displayName="New Colleague", mail=mail)
    world.directory.add_member(world.directory.find_group("Outreach"), new)
    gate = world.tenant_server.pause_before("users/delta")

    world.editor.press(page.get_by_role("button", name="Sync now"))
    assert gate.wait()
    world.editor.wait_for("#live .state-syncing")
    world.editor.look("audience-syncing")
    gate.release()
    world.editor.wait_for("#live[data-active=false]")

    expect(page.locator("#figure .big")).to_have_text(str(before + 1))


def test_group_in_error_says_why_and_whom_to_ask(world: World):
    page = world.editor.page
    row = page.locator("tr", has_text="Engineering")

    expect(row.locator(".standing")).to_contain_text("Error")
    expect(row.locator(".standing")).to_contain_text("Ask your IT administrator, Ida Ito")
    world.editor.press(row.get_by_role("link", name="Engineering").first)

    expect(page.locator(".problem[data-code=hidden_membership]")).to_be_visible()
    world.editor.look("group-error")
    page.goto(world.audience)
    world.editor.press(page.get_by_role("link", name="Parent", exact=True))
    world.editor.look("group")


def test_expired_secret_is_told_to_customer_staff_and_editor(world: World):
    world.directory.expire_secret(world.app.client_id)
    told = ".problem[data-code=secret_expired]"

    world.staff.press(world.staff.page.get_by_role("button", name="Sync now"))
    world.staff.wait_for(told, by_itself=False)
    world.customer.page.goto(world.link)
    world.editor.page.goto(world.audience)

    expect(world.customer.page.locator(told)).to_contain_text("secret")
    expect(world.editor.page.locator(told)).to_be_visible()
    expect(world.editor.page.locator(".directory-problem")).to_contain_text("Ida Ito")
    world.staff.look("admin-connection-failing")
    world.customer.look("status-failing")
    world.editor.look("audience-failing")


def test_staff_read_everything_in_admin(world: World):
    page = world.staff.page
    for name, wanted in LISTS.items():
        page.goto(f"/admin/{name}/?q={wanted}")
        world.staff.look(f"admin-{name.replace('/', '-')}-list")
        world.staff.press(page.locator("#result_list tbody th a").first)
        world.staff.look(f"admin-{name.replace('/', '-')}")
    page.goto(f"/admin/directory_sync/connection/?q={world.name}")
    world.staff.look("admin-connections")
    world.staff.press(page.locator("#result_list tbody th a").first)
    world.staff.press(page.get_by_role("link", name="Edit options"))
    world.staff.look("admin-connection-options")
    page.go_back()
    world.staff.press(page.get_by_role("link", name="Disconnect…"))
    world.staff.look("admin-disconnect")


def test_pages_beside_the_way_are_whole_too(world: World, browser):
    world.editor.page.goto("/accounts/2fa/")
    world.editor.page.locator(".menu summary").click()
    world.editor.look("two-factor")
    visitor = Visitor(browser, world.site.url, scripted=world.editor.scripted)

    for name, address in OPEN_TO_ALL.items():
        assert visitor.page.goto(address).ok
        visitor.look(name)
    assert visitor.complaints == []
    assert visitor.page.goto("/connect/not-a-token/").status == 404
    visitor.look("link-unknown")
    visitor.close()


def test_no_page_asked_elsewhere_complained_or_broke_a_rule(world: World):
    assert not world.complaints, "\n".join(world.complaints)
