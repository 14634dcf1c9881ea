"""Ways to spoil a journey in the real world, so that tests see `demo --once` notice. The checks stay as they are."""

import secrets

from django.db import connections as databases

from directory_sync.models import Group, Membership

from .stage import Stage

KINDS = ("worker", "tenant", "secret", "one-person")


def stop(stage: Stage, name: str) -> None:
    """End a process and all that it started, as a crash would."""
    stage.children[name].kill()


def wrong_secret() -> str:
    """Something that looks like a client secret and is none."""
    return "demo~" + secrets.token_hex(16)


def lose_one_person(group_name: str) -> None:
    """Take one membership of a recipient out of the database, behind the product's back."""
    group = Group.objects.get(name=group_name)
    Membership.objects.filter(pk=Membership.objects.filter(group=group, recipient__left_out="")[:1].get().pk).delete()
    databases.close_all()
