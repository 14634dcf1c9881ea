"""Who works with an organization; made in the installation's own process, as an operator would."""

from django.contrib.auth.models import Group as Role
from django.contrib.auth.models import User

from directory_sync.models import Editor, Organization, Series

PASSWORD = "a make-believe pass phrase"


def make(name: str) -> None:
    """An organization with one series and its editor, and two of staff who may approve."""
    organization = Organization.objects.create(name=name)
    Series.objects.create(organization=organization, name="Weekly News", slug="weekly-news")
    editor = _user(f"editor@{organization.slug}.example")
    Editor.objects.create(user=editor, organization=organization)
    for who in ("sam", "ana"):
        email = f"{who}@hq.example"
        if not User.objects.filter(email=email).exists():
            _user(email, is_staff=True).groups.add(Role.objects.get(name="Approver"))


def _user(email: str, **facts: bool) -> User:
    return User.objects.create_user(username=email, email=email, password=PASSWORD, **facts)
