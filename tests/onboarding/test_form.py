import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from directory_sync import vault
from directory_sync.models import Credential
from directory_sync.sync.attributes import NAMES
from onboarding.models import SetupLink, Submission
from tests.onboarding.factories import CANARY, answers, page, setup_link

pytestmark = pytest.mark.django_db

FIELDS = [
    *("organizations", "company_name", "owner_name", "owner_email", "client_id", "tenant_id", "secret_id"),
    *("secret_value", "secret_expires_on", "cloud", "scope", "group_ids", "attributes"),
    *("username_fallback", "sync_contacts"),
]
ONE, TWO = str(uuid4()), str(uuid4())


def post(client, token, **changed):
    return client.post(page(token), answers(**changed))


def told(answer, field: str) -> str:
    """What the page says about a field, or "" when it found nothing wrong."""
    return " ".join(answer.context["form"].errors.get(field, [])) if answer.context else ""


def test_form_has_exactly_the_fields_of_the_contract(client):
    _, token = setup_link()

    shown = client.get(page(token)).content.decode()

    assert set(re.findall(r'<(?:input|textarea|select)[^>]* name="(\w+)"', shown)) == {*FIELDS, "csrfmiddlewaretoken"}
    assert set(re.findall(r'name="attributes" value="(\w+)"', shown)) == set(NAMES)


def test_complete_form_leads_to_the_review(client):
    _, token = setup_link()

    answer = post(client, token)

    assert answer.status_code == 302
    assert answer.url == page(token, "review")


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"secret_value": str(uuid4())}, "secret_value", "looks like the Secret ID"),
        ({"secret_value": "two words that are long enough"}, "secret_value", "blanks inside"),
        ({"secret_value": "Qx1" + "*" * 3}, "secret_value", "too short"),
        ({"secret_value": "*" * 20}, "secret_value", "masked"),
        ({"secret_value": ""}, "secret_value", "required"),
        ({"client_id": ONE, "tenant_id": ONE}, "tenant_id", "are the same"),
        ({"client_id": ONE, "secret_id": ONE}, "secret_id", "is the application ID"),
        ({"client_id": "HQ Directory Sync"}, "client_id", "looks like a name"),
        ({"tenant_id": "contoso.onmicrosoft.com"}, "tenant_id", "looks like a name"),
        ({"tenant_id": ONE[:-3]}, "tenant_id", "not complete"),
        ({"client_id": ONE[:9] + " " + ONE[9:]}, "client_id", "blanks inside"),
        ({"secret_expires_on": "2020-01-31"}, "secret_expires_on", "has expired"),
        ({"secret_expires_on": timezone.localdate().isoformat()}, "secret_expires_on", "has expired"),
        ({"secret_expires_on": "2199-01-31"}, "secret_expires_on", "Check the year"),
        ({"secret_expires_on": "soon"}, "secret_expires_on", "valid date"),
        ({"scope": "selected", "group_ids": f"{ONE}, Sales"}, "group_ids", "“sales” is not an object ID"),
        ({"scope": "selected", "group_ids": f"{ONE} {TWO}\n{ONE}"}, "group_ids", f"{ONE} is listed more than once"),
        ({"scope": "selected", "group_ids": ""}, "group_ids", "at least one group"),
        ({"scope": "directory", "group_ids": ONE}, "group_ids", "chose the whole directory"),
        ({"owner_email": "ida at customer"}, "owner_email", "valid email"),
        ({"company_name": ""}, "company_name", "required"),
        ({"cloud": "china"}, "cloud", "valid choice"),
    ],
)
def test_mistake_is_named_with_its_cure(client, changed, field, words):
    _, token = setup_link()

    answer = post(client, token, **changed)

    assert answer.status_code == 200
    assert words in told(answer, field)
    assert not Submission.objects.exists()


def test_every_wrong_group_is_named_at_once(client):
    _, token = setup_link()

    answer = post(client, token, scope="selected", group_ids=f"Sales; {ONE}, {ONE} Marketing")

    words = told(answer, "group_ids")
    assert "“sales”" in words
    assert "“marketing”" in words
    assert f"{ONE} is listed more than once" in words
    assert f"“{ONE}”" not in words


def test_more_than_fifteen_groups_may_be_sent(client):
    _, token = setup_link()
    groups = [str(uuid4()) for _ in range(16)]

    post(client, token, scope="selected", group_ids="\n".join(groups))
    shown = client.get(page(token, "review")).content.decode()

    assert "16 groups are more than the usual 15" in shown


def test_blanks_braces_and_capitals_around_ids_are_forgiven(client):
    link, token = setup_link()

    post(client, token, client_id=f"  {{{ONE.upper()}}} ", secret_value=f"  {CANARY}\n")
    client.post(page(token, "send"))

    sent = Submission.objects.get(link=link)
    assert sent.client_id == ONE
    assert vault.open_sealed(sent.credential.sealed, sent.credential.pk) == CANARY


def test_nothing_typed_is_lost_on_an_error(client):
    _, token = setup_link()
    typed = answers(client_id="HQ Directory Sync", secret_expires_on="soon", company_name="Çelik & Söhne")

    post(client, token, **typed)
    values = client.get(page(token)).context["form"].initial

    kept = {name: values[name] for name in typed if name != "secret_value"}
    assert kept == {name: value for name, value in typed.items() if name != "secret_value"}


def test_secret_is_kept_sealed_while_other_answers_are_wrong(client):
    link, token = setup_link()

    answer = post(client, token, client_id="a name")
    shown = client.get(page(token)).content.decode()
    second = post(client, token, secret_value="")

    link.refresh_from_db()
    assert "secret_value" not in answer.context["form"].errors
    assert "never shown again" in shown
    assert second.url == page(token, "review")
    assert vault.open_sealed(link.draft_credential.sealed, link.draft_credential.pk) == CANARY


def test_another_secret_replaces_the_first_one(client):
    link, token = setup_link()
    post(client, token)

    post(client, token, secret_value="Another8Q~secret-of-thirty-six-chars")

    link.refresh_from_db()
    assert vault.open_sealed(link.draft_credential.sealed, link.draft_credential.pk).startswith("Another")
    assert Credential.objects.count() == 1


def test_wrong_secret_does_not_replace_the_one_that_is_here(client):
    link, token = setup_link()
    post(client, token)

    post(client, token, secret_value=str(uuid4()))

    link.refresh_from_db()
    assert vault.open_sealed(link.draft_credential.sealed, link.draft_credential.pk) == CANARY


def test_section_is_saved_while_the_others_are_empty(client):
    link, token = setup_link()

    answer = client.post(page(token), {"company_name": "Contoso Ltd", "save": "app"})

    link.refresh_from_db()
    assert answer.url == f"{page(token)}?saved#app"
    assert link.draft["company_name"] == "Contoso Ltd"


def test_saving_a_section_names_what_is_wrong_in_it(client):
    _, token = setup_link()

    answer = client.post(page(token), {"client_id": "my app", "save": "permissions"})

    assert list(answer.context["form"].errors) == ["client_id"]


def test_secret_in_the_wrong_field_is_not_kept_there(client):
    link, token = setup_link()

    answer = post(client, token, secret_id=CANARY, secret_value=str(uuid4()))

    link.refresh_from_db()
    assert "belongs into “Secret value”" in told(answer, "secret_id")
    assert CANARY not in answer.content.decode()
    assert CANARY not in str(link.draft)


def test_unusual_secret_typed_twice_is_dropped_from_the_other_field(client):
    link, token = setup_link()

    answer = post(client, token, secret_value="all-lower-case-secret", company_name="all-lower-case-secret")

    link.refresh_from_db()
    assert "all-lower-case-secret" not in answer.content.decode()
    assert link.draft["company_name"] == ""


def test_form_says_so_when_no_secret_can_be_received(client, settings):
    settings.SEALING_PUBLIC_KEY = ""
    link, token = setup_link()

    answer = post(client, token, company_name="Contoso Ltd")

    link.refresh_from_db()
    assert "can’t receive a secret" in told(answer, "secret_value")
    assert link.draft["company_name"] == "Contoso Ltd"


def test_incomplete_draft_can_not_be_reviewed_or_sent(client):
    link, token = setup_link()
    client.post(page(token), {"company_name": "Contoso Ltd", "save": "app"})

    review = client.get(page(token, "review"))
    client.post(page(token, "send"))

    link.refresh_from_db()
    assert "client_id" in review.context["form"].errors
    assert link.submitted_at is None
    assert not Submission.objects.exists()


def test_essential_organization_is_told_that_it_needs_an_upgrade(client):
    link, token = setup_link()
    link.organization.package = "essential"
    link.organization.save()

    shown = client.get(page(token)).content.decode()
    post(client, token)
    client.post(page(token, "send"))

    assert "needs an upgrade" in shown
    assert "needs an upgrade" in client.get(page(token)).content.decode()
    assert Submission.objects.get(link=link).state == Submission.State.RECEIVED


def test_typed_organizations_are_never_looked_up(client):
    setup_link("Fabrikam")
    link, token = setup_link("Contoso")

    known = post(client, token, organizations="Contoso\nFabrikam")
    unknown = post(client, token, organizations="Contoso\nNobody Inc., of Nowhere")
    client.post(page(token, "send"))

    assert known.url == unknown.url
    assert Submission.objects.get(link=link).other_organizations == ["Nobody Inc., of Nowhere"]


def test_far_off_but_possible_expiry_is_accepted(client):
    _, token = setup_link()

    answer = post(client, token, secret_expires_on=(timezone.localdate() + timedelta(days=730)).isoformat())

    assert answer.status_code == 302


def test_form_is_closed_when_it_was_sent(client):
    link, token = setup_link()
    post(client, token)
    client.post(page(token, "send"))
    SetupLink.objects.filter(pk=link.pk).update(draft={"company_name": "as sent"})

    answer = post(client, token, company_name="changed")

    link.refresh_from_db()
    assert link.draft == {"company_name": "as sent"}
    assert "Received" in answer.content.decode()
