from .check import LiveCheck
from .link import LinkRequest, LinkToken, SetupLink
from .renewal import RenewalCode
from .submission import Submission

__all__ = ["LinkRequest", "LinkToken", "LiveCheck", "RenewalCode", "SetupLink", "Submission"]
