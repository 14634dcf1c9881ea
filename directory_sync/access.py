"""Who may do what: sign-in by invitation, and an organization's own pages for its editors alone."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import Http404, HttpRequest

from .models import Organization


class InvitationOnly(DefaultAccountAdapter):
    """Accounts are made by staff; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class KnownPeopleOnly(DefaultSocialAccountAdapter):
    """Single sign-on lets in whoever staff have made an account for, and makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin) -> bool:
        return False


def organization_for(user, slug: str) -> Organization:
    """The organization with this slug if the user edits it. Raises Http404 otherwise, whether it exists or not."""
    try:
        return Organization.objects.get(slug=slug, editors__user=user)
    except Organization.DoesNotExist:
        raise Http404 from None
