"""Two people at once, and the same person twice: one of them happens, and nothing of the other."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections as databases

from directory_sync.models import Connection, Credential
from onboarding import links, review
from onboarding.models import LiveCheck, SetupLink, Submission
from tests.onboarding.factories import answers, page, sent, setup_link, staff, submission


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """The acts' results, each in a thread of its own, begun together."""
    barrier, results = Barrier(len(acts)), [None] * len(acts)

    def do(place: int) -> None:
        barrier.wait()
        try:
            results[place] = acts[place]()
        except Exception as error:
            results[place] = error
        finally:
            databases.close_all()

    threads = [Thread(target=do, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_two_that_approve_at_once_make_one_connection():
    waiting, ada, bob = submission(), staff("Approver"), staff("Support")

    def approve(by):
        return lambda: review.approve(Submission.objects.get(pk=waiting.pk), by=by, attributes=["city"])

    results = at_once(approve(ada), approve(bob))

    assert sorted(results) == [False, True]
    assert Connection.objects.count() == 1
    assert Credential.objects.get().slot == Credential.Slot.CURRENT


@pytest.mark.django_db(transaction=True)
def test_approval_and_refusal_at_once_leave_no_half_of_each():
    waiting, ada = submission(), staff("Approver")

    results = at_once(
        lambda: review.approve(Submission.objects.get(pk=waiting.pk), by=ada, attributes=[]),
        lambda: review.decline(Submission.objects.get(pk=waiting.pk), by=ada),
    )

    assert sorted(results) == [False, True]
    approved = Submission.objects.get().state == Submission.State.APPROVED
    assert Connection.objects.count() == int(approved)
    assert bool(Credential.objects.get().sealed) == approved


@pytest.mark.django_db
def test_link_whose_form_was_sent_changes_nothing_any_more(client):
    waiting = sent(client)
    token = links.new_token(waiting.link)
    LiveCheck.objects.all().delete()
    stored = [list(model.objects.values()) for model in (SetupLink, Submission, Credential)]

    client.post(page(token), answers(company_name="Other Ltd"))
    client.post(page(token, "check"))
    client.post(page(token, "send"))

    assert [list(model.objects.values()) for model in (SetupLink, Submission, Credential)] == stored
    assert not LiveCheck.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["revoked", "expired"])
def test_closed_link_takes_nothing(client, how):
    link, token = setup_link()
    client.post(page(token), answers())
    facts = {"revoked_at": link.created_at} if how == "revoked" else {"expires_at": link.created_at}
    SetupLink.objects.update(**facts)

    codes = [client.post(page(token, door), answers(company_name="Other")).status_code for door in ("intake", "send")]

    assert codes == [404, 404]
    assert SetupLink.objects.get().draft["company_name"] == "Contoso Ltd"
    assert not Submission.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("change", [str.upper, str.lower, lambda token: token[:-1], lambda token: token + "A"])
def test_token_is_good_as_it_is_alone(change):
    link, token = setup_link()

    assert links.find(token) == link
    assert links.find(change(token)) is None
