"""Signing in with one click is for demos alone."""

import pytest

from demo import cast


@pytest.mark.parametrize(
    ("email", "leads_to"),
    [
        ("sam@hq.example", "/admin/"),
        ("olga@hq.example", "/demo/operator/"),
        ("nora@northwind.example", "/audience/northwind/weekly-news/"),
    ],
)
def test_one_click_leads_to_ones_own_room(demo, client, email, leads_to):
    answer = client.post("/demo/enter/", {"person": email}, follow=True)

    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == leads_to


def test_front_page_has_a_button_for_everybody(demo, client):
    page = client.get("/").content.decode()

    assert all(f'value="{person.email}"' in page for person in cast.EVERYBODY)


@pytest.mark.parametrize("address", ["/demo/enter/", "/demo/world/midnight/", "/demo/setup-link/"])
def test_doors_are_closed_where_a_real_entra_could_be_reached(demo, client, address):
    demo.ENTRA_ENDPOINTS = demo.ENTRA_ENDPOINTS | {
        "usgov_l4": {"login_url": "https://login.microsoftonline.us", "graph_url": "https://graph.microsoft.us"}
    }

    answer = client.post(address, {"person": "olga@hq.example"})

    assert answer.status_code == 404
    assert "_auth_user_id" not in client.session


def test_signing_in_is_not_done_by_following_a_link(demo, client):
    assert client.get("/demo/enter/?person=olga@hq.example").status_code == 405


def test_whoever_is_not_of_the_cast_stays_out(demo, client, django_user_model):
    django_user_model.objects.create_superuser("root", "root@hq.example", "a long enough password")

    assert client.post("/demo/enter/", {"person": "root@hq.example"}).status_code == 404


def test_operators_page_is_for_operators(demo, client):
    client.post("/demo/enter/", {"person": "nora@northwind.example"})

    assert client.get("/demo/operator/").status_code == 302


def test_people_are_made_once(demo, django_user_model):
    from demo import seed

    before = django_user_model.objects.count()

    seed.make_people("another password")

    assert django_user_model.objects.count() == before
