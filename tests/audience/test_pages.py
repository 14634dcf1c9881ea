"""The pages, as plain HTML: none of this needs JavaScript."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from directory_sync.models import Access, Connection, Editor

from .factories import (
    choose,
    chosen,
    make_connection,
    make_editor,
    make_everyone,
    make_group,
    make_person,
    make_segment,
    make_series,
)

PAGES = ["audience", "status", "people", "import"]


def address(series, page: str = "audience", /, **more) -> str:
    return reverse(f"audience:{page}", args=[series.organization.slug, series.slug], query=more or None)


def group_address(series, group) -> str:
    return reverse("audience:group", args=[series.organization.slug, series.slug, group.pk])


def body(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_editor_of_one_series_is_taken_to_it(client, series, editor):
    response = client.get(reverse("audience:home"))

    assert response.url == address(series)


def test_editor_of_several_series_chooses(client, series, editor):
    monthly = make_series(name="Monthly")
    theirs = make_series("Other", "Theirs")

    page = body(client.get(reverse("audience:home")))

    assert address(series) in page
    assert address(monthly) in page
    assert theirs.name not in page


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_anything_without_signing_in(client, series, page):
    response = client.get(address(series, page))

    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_another_organization_are_not_found(client, editor, page):
    theirs = make_series("Other")

    assert client.get(address(theirs, page)).status_code == 404


def test_staff_without_an_editors_role_find_nothing(client, series):
    staff = User.objects.create_superuser("root", "root@hq.example")
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get(address(series)).status_code == 404


def test_audience_shows_one_true_number_and_its_make_up(client, series, contoso, editor):
    ada, ben, twin = (make_person(contoso, email) for email in ("ada@x.com", "ben@x.com", "BEN@x.com"))
    choose(series, make_segment(series, make_group(contoso, "One", [ada, ben])))
    choose(series, make_segment(series, make_group(contoso, "Two", [twin])))
    make_segment(series, make_group(contoso, "Unchosen", [make_person(contoso, "cy@x.com")]))

    page = body(client.get(address(series)))

    assert 'data-addresses="2"' in page
    assert "From 2 segments" in page
    assert "<dd>−1</dd>" in page


def test_updating_adds_and_removes(client, series, contoso, editor):
    one, two = (make_segment(series, make_group(contoso, name)) for name in ("One", "Two"))
    choose(series, two)

    response = client.post(address(series), {"shown": [one.pk, two.pk], "segments": [one.pk]}, follow=True)

    assert chosen(series) == {"One"}
    assert "1 segment added" in body(response)
    assert "1 segment removed" in body(response)


def test_updating_a_filtered_page_touches_what_it_showed_alone(client, series, contoso, editor):
    one, two = (make_segment(series, make_group(contoso, name)) for name in ("One", "Two"))
    choose(series, two)

    response = client.post(address(series, q="One"), {"shown": [one.pk], "segments": [one.pk]})

    assert chosen(series) == {"One", "Two"}
    assert response.url == address(series, q="One")


@pytest.mark.parametrize("field", ["shown", "segments"])
def test_posting_a_segment_of_another_organization_is_not_found(client, series, contoso, editor, field):
    mine = make_segment(series, make_group(contoso, "Mine"))
    choose(series, mine)
    theirs = make_segment(make_series("Other"), mine.group)

    response = client.post(address(series), {"shown": [mine.pk], field: [theirs.pk]})

    assert response.status_code == 404
    assert chosen(series) == {"Mine"}


@pytest.mark.parametrize("nonsense", ["x", "", "-1", str(10**30)])
@pytest.mark.parametrize(("page", "field"), [("audience", "segments"), ("import", "groups"), ("import", "everyone")])
def test_posting_nonsense_is_not_found(client, series, contoso, editor, page, field, nonsense):
    assert client.post(address(series, page), {field: nonsense}).status_code == 404


@pytest.mark.parametrize("connection", ["x", ""])
def test_syncing_nonsense_is_not_found(client, series, editor, connection):
    assert client.post(address(series, "sync"), {"connection": connection}).status_code == 404


def test_syncing_another_organizations_directory_is_not_found(client, series, editor):
    theirs = make_connection(make_series("Other").organization)

    assert client.post(address(series, "sync"), {"connection": theirs.pk}).status_code == 404


def test_sync_now_makes_the_directory_due(client, series, contoso, editor):
    client.post(address(series, "sync"), {"connection": contoso.pk})

    contoso.refresh_from_db()
    assert contoso.due_trigger == "manual"


def test_search_source_and_chosen_narrow_the_list(client, series, contoso, editor):
    choose(series, make_segment(series, make_group(contoso, "Sales Dublin")))
    make_segment(series, make_group(contoso, "Sales Oslo"))
    make_everyone(series, contoso)

    def shown(**query) -> set[str]:
        return {str(row.segment) for row in client.get(address(series, **query)).context["rows"]}

    assert shown(q="sales") == {"Sales Dublin", "Sales Oslo"}
    assert shown(source="everyone") == {"Full directory"}
    assert shown(chosen="on") == {"Sales Dublin"}
    assert shown(source="nonsense", sort="nonsense", page="nonsense") == {
        "Sales Dublin",
        "Sales Oslo",
        "Full directory",
    }


def test_largest_first(client, series, contoso, editor):
    make_segment(series, make_group(contoso, "Alone", [make_person(contoso, "ada@x.com")]))
    make_segment(series, make_group(contoso, "Pair", [make_person(contoso, f"{n}@x.com") for n in range(2)]))

    rows = client.get(address(series, sort="size")).context["rows"]

    assert [str(row.segment) for row in rows] == ["Pair", "Alone"]


def test_renamed_group_is_found_and_shown_by_its_new_name(client, series, contoso, editor):
    segment = make_segment(series, make_group(contoso, "Ünal"))
    type(segment.group).objects.update(name="Übersee")

    assert "Übersee" in body(client.get(address(series, q="über")))
    assert client.get(address(series, q="Ünal")).context["rows"] == []


def test_group_whose_access_was_taken_away_is_shown_nowhere(client, series, contoso, editor):
    secret = make_group(contoso, "Secret", [make_person(contoso, "ada@x.com")])
    choose(series, make_segment(series, secret))
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[])

    for page in PAGES:
        assert "Secret" not in body(client.get(address(series, page)))
    assert client.get(group_address(series, secret)).status_code == 404


def test_import_page_lists_what_the_access_lists(client, series, contoso, editor):
    seen = make_group(contoso, "Seen")
    make_group(contoso, "Unseen")
    Access.objects.update(sees=Access.Sees.LISTED, listed_group_ids=[seen.entra_id])

    page = body(client.get(address(series, "import")))

    assert "Import Seen" in page
    assert "Unseen" not in page


def test_importing_makes_segments_that_are_not_yet_in_the_audience(client, series, contoso, editor):
    sales = make_group(contoso, "Sales")

    response = client.post(address(series, "import"), {"groups": [sales.pk], "everyone": [contoso.pk]}, follow=True)

    assert "2 segments imported." in body(response)
    assert series.organization.segments.count() == 2
    assert chosen(series) == set()


def test_importing_another_organizations_group_is_not_found(client, series, editor):
    theirs = make_group(make_connection(make_series("Other").organization), "Theirs")

    assert client.post(address(series, "import"), {"groups": [theirs.pk]}).status_code == 404
    assert not series.organization.segments.exists()


def test_series_of_the_organization_that_does_not_exist_is_not_found(client, series, editor):
    series.slug = "nowhere"

    assert client.get(address(series)).status_code == 404


def test_two_organizations_share_a_directory_and_see_each_its_own(client, series, contoso, editor):
    theirs = make_series("Other")
    make_segment(theirs, make_group(contoso, "Only theirs"))
    shared = make_group(contoso, "Shared")
    Access.objects.filter(organization=series.organization).update(
        sees=Access.Sees.LISTED, listed_group_ids=[shared.entra_id]
    )
    Access.objects.create(connection=contoso, organization=theirs.organization)

    assert "Only theirs" not in body(client.get(address(series, "import")))
    client.force_login(make_editor(theirs), backend="django.contrib.auth.backends.ModelBackend")
    assert "Only theirs" in body(client.get(address(theirs)))


def test_editor_of_two_organizations_finds_both(client, series, editor):
    other = make_series("Other")
    Editor.objects.create(user=editor, organization=other.organization)

    page = body(client.get(reverse("audience:home")))

    assert address(series) in page
    assert address(other) in page


def test_disconnected_directory_is_not_shown(client, series, contoso, editor):
    make_segment(series, make_group(contoso, "Sales"))
    Connection.objects.update(state=Connection.State.DISCONNECTED)

    assert "Sales" not in body(client.get(address(series)))


@pytest.mark.parametrize(("twin", "told"), [("ADA@x.com", True), ("ben@x.com", False)])
def test_people_who_share_an_address_are_told_of(client, series, contoso, editor, twin, told):
    people = [make_person(contoso, "ada@x.com"), make_person(contoso, twin)]
    choose(series, make_segment(series, make_group(contoso, "Sales", people)))

    assert ("share an address" in body(client.get(address(series, "people")))) is told
