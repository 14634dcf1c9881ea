"""How many submissions wait for support, for admin's front page."""

from django import template

from ..models import Submission

register = template.Library()


@register.simple_tag
def waiting_submissions(user) -> int | None:
    """Submissions that nobody has decided yet; None for somebody who may not see them."""
    if not user.has_perm("onboarding.view_submission"):
        return None
    return Submission.objects.filter(state=Submission.State.RECEIVED).count()
