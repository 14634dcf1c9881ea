from .check import LiveCheck
from .link import LinkRequest, LinkToken, SetupLink
from .submission import Submission

__all__ = ["LinkRequest", "LinkToken", "LiveCheck", "SetupLink", "Submission"]
