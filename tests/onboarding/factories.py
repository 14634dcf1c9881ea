"""Setup links, answers and submissions, as tests of the intake need them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from directory_sync import connections
from directory_sync.models import Connection, Organization
from onboarding import links
from onboarding.models import SetupLink, Submission

CANARY = "Qx18Q~canary-Zv7Kp2mN4rT6wY8aB0cD3eF5gH"  # has the form of Entra's secrets


def organization(name: str = "Contoso", **facts) -> Organization:
    return Organization.objects.get_or_create(name=name, defaults=facts)[0]


def setup_link(name: str = "Contoso", email: str = "ida@customer.example") -> tuple[SetupLink, str]:
    return links.create(organization(name), owner_name="Ida Admin", owner_email=email)


def answers(**changed) -> dict[str, Any]:
    """A complete form, as a browser posts it; None leaves a field out."""
    posted = {
        "organizations": "Contoso",
        "company_name": "Contoso Ltd",
        "owner_name": "Ida Admin",
        "owner_email": "ida@customer.example",
        "client_id": str(uuid4()),
        "tenant_id": str(uuid4()),
        "secret_id": str(uuid4()),
        "secret_value": CANARY,
        "secret_expires_on": (timezone.localdate() + timedelta(days=300)).isoformat(),
        "cloud": "global",
        "scope": "directory",
        "group_ids": "",
        "attributes": ["job_title", "city"],
        **changed,
    }
    return {name: value for name, value in posted.items() if value is not None}


def page(token: str, name: str = "intake") -> str:
    return reverse(f"onboarding:{name}", args=[token])


def sent(client, name: str = "Contoso", **changed) -> Submission:
    """A submission that went through the doors."""
    link, token = setup_link(name)
    client.post(page(token), answers(organizations=name, **changed))
    client.post(page(token, "send"))
    return Submission.objects.get(link=link)


def submission(name: str = "Contoso", **changed) -> Submission:
    """A submission as it stands in the database, with a sealed secret."""
    link, _ = setup_link(name)
    facts = {
        "organizations": [name],
        "company_name": f"{name} Ltd",
        "owner_name": "Ida Admin",
        "owner_email": "ida@customer.example",
        "client_id": str(uuid4()),
        "tenant_id": str(uuid4()),
        "secret_id": str(uuid4()),
        "secret_expires_on": timezone.localdate() + timedelta(days=300),
        "cloud": Connection.CloudName.GLOBAL,
        "scope": Connection.Scope.DIRECTORY,
        "attributes": ["job_title", "city"],
        "credential": connections.draft_credential(CANARY),
        **changed,
    }
    made = Submission.objects.create(link=link, organization=link.organization, **facts)
    SetupLink.objects.filter(pk=link.pk).update(submitted_at=made.created_at, draft_credential=made.credential)
    return made


def staff(role: str | None = None, **facts):
    """A staff account: of a role, or without any right."""
    user = get_user_model().objects.create_user(
        username=f"{role or 'nobody'}@hq.example", email=f"{role or 'nobody'}@hq.example", is_staff=True, **facts
    )
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user
