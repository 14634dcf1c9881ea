"""What a probe learns: enough to act, nothing to attack with."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import Schedule
from django_q.signing import SignedPackage
from django_q.status import Stat, Status

from directory_sync import schedules


def report(*clusters: str) -> None:
    """Say what these clusters say of themselves every second."""
    for name in clusters:
        get_broker().set_stat(Stat.get_key(name), SignedPackage.dumps(Status(1, name)), 30)


@pytest.fixture
def ready(db, settings) -> None:
    settings.SECRET_KEY_IS_RANDOM = False
    cache.clear()
    schedules.install()
    report("one", "two")


def test_process_answers_without_asking_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


def test_all_is_ready(client, ready):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert set(answer.json()["checks"]) == {"database", "broker", "keys", "schedules", "clusters"}
    assert "no-store" in answer.headers["Cache-Control"]


def failing(client) -> list[str]:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    return [name for name, passes in answer.json()["checks"].items() if not passes]


def test_one_cluster_is_not_enough(client, ready):
    cache.clear()
    report("one")

    assert failing(client) == ["clusters"]


def test_clock_that_stands_still_is_noticed(client, ready):
    Schedule.objects.filter(name=schedules.EVERY_MINUTE).update(next_run=timezone.now() - timedelta(minutes=6))

    assert failing(client) == ["clusters"]


def test_missing_schedule_is_noticed(client, ready):
    Schedule.objects.filter(name="probe credentials").delete()

    assert failing(client) == ["schedules"]


@pytest.mark.parametrize(
    ("name", "value"), [("SEALING_PUBLIC_KEY", ""), ("SEALING_PUBLIC_KEY", "x"), ("SECRET_KEY_IS_RANDOM", True)]
)
def test_missing_key_is_noticed(client, ready, settings, name, value):
    setattr(settings, name, value)

    assert failing(client) == ["keys"]


def test_nothing_is_told_of_keys_hosts_or_names(client, ready, settings):
    told = client.get("/readyz").content.decode()

    assert settings.SEALING_PUBLIC_KEY not in told
    assert "one" not in told


def test_probe_from_beside_the_process_is_not_sent_to_https(client, settings, ready):
    settings.SECURE_SSL_REDIRECT = True

    codes = [client.get(address).status_code for address in ("/healthz", "/readyz")]

    assert codes == [200, 200]


def test_other_methods_are_refused(client, db):
    assert client.post("/readyz").status_code == 405
