"""Setup links and submissions in Django's admin. Buttons call the domain functions; nothing secret is shown."""

from .links import SetupLinkAdmin
from .submissions import SubmissionAdmin

__all__ = ["SetupLinkAdmin", "SubmissionAdmin"]
