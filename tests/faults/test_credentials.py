"""Sign-in refused, or taken away while a run is at work; and being sent elsewhere."""

import threading

import pytest

from directory_sync import connections
from directory_sync.diagnosis import diagnose
from directory_sync.models import Credential
from directory_sync.sync.sign_in import DISCOVERED
from tests.faults.conftest import NEWS, TONIGHT, Company

REFUSALS = {
    "AADSTS7000215": ("secret_wrong", "The client secret is wrong"),
    "AADSTS7000222": ("secret_expired", "The client secret has expired"),
    "AADSTS7000112": ("app_disabled", "The app is switched off"),
    "AADSTS53003": ("conditional_access", "Conditional Access blocks the app"),
    "AADSTS700016": ("app_not_found", "The app is not in this tenant"),
    "AADSTS7000229": ("service_principal_missing", "The app is registered, but not present in the tenant"),
    "AADSTS90002": ("tenant_not_found", "Entra does not know this tenant"),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_refused_sign_in_keeps_everything_and_tells_the_customer_how(company: Company, kind):
    problem, words = REFUSALS[kind]
    company.news()
    company.fault("token", kind, times=None)

    told = company.night()

    company.connection.refresh_from_db()
    assert (told.struck, told.state, told.problem) == ("sign-in", "failed", problem)
    assert (told.words, told.who, told.changed) == (words, "customer", {})
    assert (company.connection.state, company.connection.problem) == ("quarantined", problem)
    assert company.converges().changed == TONIGHT


@pytest.mark.parametrize(
    ("harm", "problem"),
    [("expire_secret", "secret_expired"), ("replace_secret", "secret_wrong"), ("disable_app", "app_disabled")],
)
def test_harm_done_in_entra_is_named_and_keeps_everything(company: Company, harm, problem):
    company.news()
    getattr(company.directory, harm)()

    told = company.night()

    assert (told.state, told.problem, told.who, told.changed) == ("failed", problem, "customer", {})


def test_rotated_secret_is_refused_until_ours_is_the_new_one(company: Company):
    company.news()
    app = company.directory.replace_secret()
    refused = company.night()

    new = connections.draft_credential(app.secret)
    Credential.objects.filter(connection=company.connection).update(slot=Credential.Slot.RETIRED)
    Credential.objects.filter(pk=new.pk).update(connection=company.connection, slot=Credential.Slot.CURRENT)

    assert (refused.state, refused.words, refused.changed) == ("failed", "The client secret is wrong", {})
    assert company.converges().changed == TONIGHT


def test_token_that_expires_between_two_pages_is_renewed(company: Company):
    company.news()
    company.directory.token_life_seconds = 1000
    clock = _at(company, "users/delta", 2, lambda: company.directory.advance(seconds=1100))
    company.server.requests.reset()

    told = company.night(full=True)

    clock.join()
    assert (told.state, told.words, told.changed) == ("succeeded", "", TONIGHT)
    assert company.server.requests("token") == 2


def test_token_that_is_refused_again_and_again_ends_the_run(company: Company):
    company.news()
    company.fault("*/delta", "401", times=None)

    told = company.night()

    assert (told.struck, told.state, told.problem) == ("pull", "failed", "token_rejected")
    assert (told.words, told.changed) == ("Microsoft Graph refused our sign-in", {})
    assert company.converges().changed == TONIGHT


def test_permission_withdrawn_between_two_pages_changes_nothing(company: Company):
    company.news()
    company.fault("*", "revoke_now", times=None)
    act = _at(company, "users/delta", 2, lambda: company.directory.withdraw_role("User.Read.All"))

    told = company.night(full=True)

    act.join()
    assert (told.state, told.problem) == ("partial", "permission_missing")
    assert (told.words, told.who) == ("A permission is missing: User.Read.All", "customer")
    assert told.changed == {
        f"Team has {company.ids['Eve']}": "yes",  # her own object has not been read: a placeholder, who gets nothing
        f"person {company.ids['Eve']}": "unread",
        "Team has Bo": None,
        "group Team": "synced, 1 of 2",
        "delta link of contacts": "moved",
        "delta link of groups": "moved",
    }
    company.directory.grant_role("User.Read.All")
    healed = company.converges()
    assert healed.changed["person Eve"] == "eve@contoso.com"


def test_every_permission_withdrawn_in_mid_run_fails_it_whole(company: Company):
    company.news()
    for stream in ("users", "groups", "contacts"):
        company.fault(f"{stream}/delta", "403", times=None, after=int(stream != "contacts"))

    told = company.night(full=True)

    company.connection.refresh_from_db()
    assert (told.struck, told.state, told.problem) == ("pull", "failed", "permission_missing")
    assert (told.who, told.changed, company.connection.state) == ("customer", {}, "quarantined")
    assert company.converges().changed == TONIGHT


def test_contacts_permission_alone_withdrawn_keeps_the_contacts_and_syncs_the_rest(company: Company):
    company.news()
    company.directory.withdraw_role("OrgContact.Read.All")

    told = company.night()

    company.connection.refresh_from_db()
    assert (told.state, told.problem) == ("partial", "permission_missing")
    assert told.words == "A permission is missing: OrgContact.Read.All"
    assert told.changed == NEWS | {"delta link of users": "moved", "delta link of groups": "moved"}
    assert (company.connection.state, company.connection.problem) == ("active", "permission_missing")


def test_conditional_access_that_speaks_through_graph_is_told_as_such(company: Company):
    company.news()
    company.fault("*/delta", "403-policy", times=None)

    told = company.night()

    assert (told.struck, told.state, told.words) == ("pull", "failed", "Conditional Access blocks the app")
    assert (told.who, told.changed) == ("customer", {})
    assert company.converges().changed == TONIGHT


@pytest.mark.parametrize(("where", "stage"), [("token", "sign-in"), ("discovery", "sign-in"), ("*/delta", "pull")])
def test_redirect_is_not_followed(company: Company, where, stage):
    company.news()
    company.server.requests.reset()
    DISCOVERED.clear()  # as a worker that has just started
    company.fault(where, "redirect", times=None)

    told = company.night()

    assert (told.struck, told.state, told.problem) == (stage, "failed", "redirected")
    assert (told.words, told.who, told.changed) == ("We were sent to another address", "operator", {})
    assert company.server.requests("foreign") == 0
    assert company.converges().changed == TONIGHT


def test_missing_sealing_key_is_ours_to_mend(company: Company, settings):
    company.news()
    settings.SEALING_PRIVATE_KEYS = []

    told = company.night()

    assert (told.state, told.words, told.who) == ("failed", diagnose("sealing_key").title, "operator")
    assert told.changed == {}


def _at(company: Company, where: str, nth: int, act) -> threading.Thread:
    """Do something at the moment when the nth such request stands before Graph."""
    gate = company.server.pause_before(where, nth)

    def wait() -> None:
        assert gate.wait()
        act()
        gate.release()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread
