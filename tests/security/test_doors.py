"""Who gets where: every address, asked by everybody."""

from itertools import count

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from directory_sync.models import Access, Editor, Event, Organization
from onboarding import links
from tests.admin.factories import make_connection, make_group, make_person, make_run
from tests.audience.factories import choose, make_segment, make_series
from tests.onboarding.factories import staff, submission
from tests.security.addresses import every_address, everything_stored

pytestmark = pytest.mark.django_db
PUBLIC = {"brand.css", "connect/", "healthz", "readyz"}
numbers = count(1)


@pytest.fixture
def addresses() -> dict[str, str]:
    """Every address, about an organization that has a little of everything."""
    series = make_series("Globex")
    connection = make_connection("Globex", attributes=("city",))
    group = make_group(connection, make_person(connection))
    choose(series, make_segment(series, group))
    sent = submission("Globex")
    admin = "admin/directory_sync/"
    known = {
        "admin/": {"content_type_id": 1, "object_id": 1, "id": 1},
        f"{admin}connection/": {"pk": connection.pk, "object_id": connection.pk, "act": "pause"},
        f"{admin}connection/<uuid:pk>/organizations/": {"access": Access.objects.get().pk},
        f"{admin}group/": {"object_id": group.pk},
        f"{admin}recipient/": {"object_id": connection.recipients.get().pk},
        f"{admin}event/": {"object_id": Event.objects.first().pk},
        f"{admin}syncrun/": {"object_id": (run := make_run(connection)).pk, "pk": run.pk, "decision": "release"},
        f"{admin}organization/": {"object_id": series.organization.pk, "pk": series.organization.pk},
        "admin/onboarding/setuplink/": {"object_id": sent.link.pk, "pk": sent.link.pk},
        "admin/onboarding/submission/": {"object_id": sent.pk, "pk": sent.pk},
        "audience/": {"organization": series.organization.slug, "series": series.slug, "group": group.pk},
        "connect/": {"token": "not-a-token"},
    }
    return every_address(known)


def somebody(*organizations: str, **facts) -> User:
    number = next(numbers)
    user = User.objects.create_user(f"somebody{number}", f"somebody{number}@hq.example", **facts)
    for name in organizations:
        Editor.objects.create(user=user, organization=Organization.objects.get_or_create(name=name)[0])
    return user


def browser(user: User | None = None) -> Client:
    client = Client()
    if user:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def asked(client: Client, addresses: dict[str, str], method: str) -> dict[str, int]:
    """Route → status, of what is not public; a redirect to sign-in counts as 403."""
    found = {}
    for route, address in addresses.items():
        if route in PUBLIC:
            continue
        answer = getattr(client, method)(address)
        refused = answer.status_code == 302 and answer.url.startswith((reverse("account_login"), "/admin/login/"))
        found[route] = 403 if refused else answer.status_code
    return found


def opened(found: dict[str, int]) -> dict[str, int]:
    return {route: code for route, code in found.items() if code not in (403, 404, 405)}


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_gets_anywhere_without_signing_in(addresses, method):
    before = everything_stored()

    found = opened(asked(browser(), addresses, method))

    assert found.keys() <= {"admin/login/", "admin/logout/"}
    assert everything_stored() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_account_that_was_closed_gets_nowhere(addresses, method):
    user = somebody("Globex", is_staff=True, is_superuser=True)
    client = browser(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    before = everything_stored()

    found = opened(asked(client, addresses, method))

    assert found.keys() <= {"admin/login/", "admin/logout/"}
    assert everything_stored() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_editor_of_another_organization_gets_to_his_own_rooms_alone(addresses, method):
    client = browser(somebody("Initech"))
    before = everything_stored()

    found = opened(asked(client, addresses, method))

    assert found.keys() <= {"", "audience/", "admin/login/", "admin/logout/"}
    assert b"Globex" not in browser(somebody("Initech")).get(reverse("audience:home")).content
    assert everything_stored().keys() == before.keys()
    assert everything_stored()["directory_sync.Event"] == before["directory_sync.Event"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_editor_gets_nowhere_in_admin(addresses, method):
    rooms = {route: address for route, address in addresses.items() if route.startswith("admin/")}

    found = opened(asked(browser(somebody("Globex")), rooms, method))

    assert found.keys() <= {"admin/login/", "admin/logout/"}


@pytest.mark.parametrize("role", ["Auditor", None])
def test_who_may_only_look_changes_nothing_anywhere(addresses, role):
    client = browser(staff(role))
    addresses = {route: address for route, address in addresses.items() if route != "admin/logout/"}
    before = everything_stored()

    found = asked(client, addresses, "post")

    assert everything_stored() == before
    assert not [route for route, code in found.items() if code >= 500]


def test_staff_without_a_role_reads_nothing(addresses):
    found = asked(browser(staff()), addresses, "get")

    shown = {route for route, code in found.items() if code == 200 and "password_change" not in route}
    assert shown <= {"admin/", "admin/jsi18n/", "audience/"}


@pytest.mark.parametrize("role", ["Support", "Approver", "Auditor"])
def test_no_address_breaks_for_any_role(addresses, role):
    client = browser(staff(role))
    addresses = {route: address for route, address in addresses.items() if route != "admin/logout/"}

    found = {**asked(client, addresses, "get"), **asked(client, addresses, "post")}

    assert [route for route, code in found.items() if code >= 500] == []


def test_support_decides_on_nothing(addresses):
    doors = [route for route in addresses if route.endswith(("/approve/", "/decline/", "/decide/<slug:decision>/"))]
    client = browser(staff("Support"))

    codes = {route: client.post(addresses[route]).status_code for route in doors}

    assert len(doors) == 3
    assert set(codes.values()) == {403}


def test_another_links_token_opens_nothing_but_its_own_link(client):
    one, other = submission("Contoso"), submission("Fabrikam")
    token = links.new_token(one.link)

    shown = client.get(f"/connect/{token}/")

    assert other.organization.name.encode() not in shown.content
    assert links.find(token) == one.link
