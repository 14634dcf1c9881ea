"""What the configuration promises, asked of the settings themselves."""

from django.conf import settings
from django.core.management import call_command


def test_queue_never_retries_and_never_redelivers_a_job_at_work():
    queue = settings.Q_CLUSTER

    assert (queue["ack_failures"], queue["max_attempts"], queue["catch_up"]) == (True, 1, False)
    for cluster in (queue, queue["ALT_CLUSTERS"]["now"]):
        assert cluster["retry"] >= 2 * cluster["timeout"]


def test_policy_allows_nothing_inline_and_no_other_host():
    sources = {source for rule in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].values() for source in rule}

    assert sources == {"'self'", "'none'"}


def test_no_migration_is_missing(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
