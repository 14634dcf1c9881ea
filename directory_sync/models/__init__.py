"""What Directory Sync keeps. One module per subject; they know nothing of Microsoft Graph."""

from .audience import Segment, SeriesSegment
from .connection import Access, AttributeGrant, Connection, Credential
from .event import Event
from .organization import Editor, Organization, Series
from .people import Group, GroupClosure, Membership, Nesting, Recipient
from .run import DeltaLink, DriftCheck, GroupChange, HeldRemoval, JournalPage, SyncRun
from .staging import StagedPerson

__all__ = [
    "Access",
    "AttributeGrant",
    "Connection",
    "Credential",
    "DeltaLink",
    "DriftCheck",
    "Editor",
    "Event",
    "Group",
    "GroupChange",
    "GroupClosure",
    "HeldRemoval",
    "JournalPage",
    "Membership",
    "Nesting",
    "Organization",
    "Recipient",
    "Segment",
    "Series",
    "SeriesSegment",
    "StagedPerson",
    "SyncRun",
]
