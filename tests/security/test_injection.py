"""Names that a directory, a customer or staff may hold, wherever they are shown, mailed or exported."""

import csv
import io

import pytest
from django.test import RequestFactory
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter

from directory_sync import notify
from directory_sync.models import Event, Organization
from onboarding import links, views
from tests.admin.factories import make_connection, make_group, make_person, make_run
from tests.audience.factories import choose, make_editor, make_segment, make_series
from tests.onboarding.factories import CANARY, answers, setup_link, staff
from tests.onboarding.factories import page as page_of
from tests.security.addresses import every_address
from tests.security.test_doors import browser

pytestmark = pytest.mark.django_db
SCRIPT = '"><script>alert(1)</script>'
HANDLER = "' onmouseover='alert(1)' x='"


def test_names_out_of_the_directory_are_text_on_every_page():
    series = make_series("Acme")
    connection = make_connection("Acme", name=SCRIPT, owner_name=HANDLER)
    people = [make_person(connection, name=SCRIPT, email="a@b.example"), make_person(connection, name=HANDLER)]
    group = make_group(connection, *people, name=SCRIPT, mail=HANDLER)
    choose(series, make_segment(series, group))
    make_run(connection, problem="group_not_found", problem_subject=SCRIPT)
    admin = "admin/directory_sync/"
    urls = [
        reverse("audience:audience", args=["acme", "weekly"]),
        reverse("audience:people", args=["acme", "weekly"]),
        reverse("audience:import", args=["acme", "weekly"]),
        reverse("audience:group", args=["acme", "weekly", group.pk]),
    ]
    staffs = [
        f"/{admin}connection/{connection.pk}/change/",
        f"/{admin}group/{group.pk}/change/",
        f"/{admin}recipient/{people[0].pk}/change/",
        *(f"/{admin}{name}/" for name in ("connection", "group", "recipient", "syncrun", "event")),
    ]

    editor, support = browser(make_editor(series)), browser(staff("Approver"))
    pages = [editor.get(url) for url in urls] + [support.get(url) for url in staffs]

    assert [page.status_code for page in pages] == [200] * len(pages)
    shown = "".join(page.content.decode() for page in pages)
    assert "&lt;script&gt;alert(1)" in shown
    assert SCRIPT not in shown
    assert "<script>alert" not in shown
    assert HANDLER not in shown


def test_what_a_customer_typed_is_text_for_staff(client):
    link, token = setup_link()
    typed = {"company_name": SCRIPT, "owner_name": HANDLER, "organizations": f"Contoso\n{SCRIPT}"}
    client.post(page_of(token), answers(**typed))
    client.post(page_of(token, "send"))
    submission = link.submissions.get()
    support = browser(staff("Approver"))

    pages = [
        support.get(reverse("admin:onboarding_submission_change", args=[submission.pk])),
        support.get(reverse("admin:onboarding_submission_changelist")),
    ]

    shown = "".join(page.content.decode() for page in pages)
    assert "<script>alert" not in shown
    assert HANDLER not in shown


def test_line_breaks_in_names_end_no_header(mailoutbox):
    name = "Acme\r\nBcc: everybody@evil.example\r\n\r\nbody"

    notify.approved(name, name, "ida@customer.example")
    notify.editor_invited(name, name, "eve@customer.example", "https://hq.example/x", name)

    for mail in mailoutbox:
        headers = mail.message()
        assert headers["Bcc"] is None
        assert "\n" not in mail.subject
        assert mail.recipients() == mail.to


def test_mail_in_html_holds_names_as_text(mailoutbox):
    notify.changes_requested(SCRIPT, SCRIPT, "ida@customer.example", "https://hq.example/x", SCRIPT)

    html = mailoutbox[0].alternatives[0].content
    assert "<script>" not in html


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " ="])
def test_exported_log_holds_no_formula(client, start):
    Organization.objects.create(name=f"{start}HYPERLINK(1)")
    Event.objects.create(verb="x", actor_label=f"{start}cmd|' /C calc'!A0", organization=Organization.objects.get())
    client.force_login(staff("Auditor"), backend="django.contrib.auth.backends.ModelBackend")

    lines = client.get(reverse("admin:directory_sync_event_export")).getvalue().decode()

    cells = [cell for row in csv.reader(io.StringIO(lines)) for cell in row]
    assert any("HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("door", ["intake", "check", "send"])
def test_report_of_a_defect_shows_nothing_that_was_posted(settings, door):
    settings.DEBUG = False
    _, token = setup_link()
    request = RequestFactory().post("/", answers())
    request.htmx = False

    getattr(views, door)(request, token=token)

    shown = SafeExceptionReporterFilter().get_post_parameters(request)
    assert CANARY not in str(shown)


def test_staff_see_a_new_links_address_once(client, mailoutbox):
    client.force_login(staff("Support"), backend="django.contrib.auth.backends.ModelBackend")
    owner = {"owner_name": "Ida", "owner_email": "ida@customer.example"}
    Organization.objects.create(name="Contoso")

    made = client.post(
        reverse("admin:onboarding_setuplink_add"), {"organization": Organization.objects.get().pk, **owner}
    )

    token = made.context["url"].rstrip("/").split("/")[-1]
    link = links.find(token)
    again = [
        client.get(reverse("admin:onboarding_setuplink_change", args=[link.pk])),
        client.get(reverse("admin:onboarding_setuplink_history", args=[link.pk])),
        client.get(reverse("admin:index")),
    ]
    assert "no-store" in made.headers["Cache-Control"]
    assert token not in "".join(page.content.decode() for page in again)
    assert token not in str(client.session.items()) + str(client.cookies)


def test_every_address_has_a_place_in_the_sweep():
    with pytest.raises(KeyError):
        every_address({})
