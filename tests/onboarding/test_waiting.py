"""Admin's front page says how many submissions wait."""

import pytest
from django.urls import reverse

from tests.onboarding import factories

pytestmark = pytest.mark.django_db


def front_page(client, role: str) -> str:
    client.force_login(factories.staff(role))
    return client.get(reverse("admin:index")).content.decode()


def test_front_page_leads_support_to_the_submissions_that_wait(client):
    factories.submission("Contoso")
    factories.submission("Fabrikam")

    page = front_page(client, "Support")

    assert '<span class="worklist-count">2</span>' in page
    assert "?state__exact=received" in page


def test_staff_without_the_right_do_not_hear_of_submissions(client):
    factories.submission()

    assert "Submissions to review" not in front_page(client, None)
