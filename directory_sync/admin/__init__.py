"""Staff's pages in Django admin: one module a subject, each thin over the domain functions."""

from . import connections, events, groups, organizations, recipients, runs, site

__all__ = ["connections", "events", "groups", "organizations", "recipients", "runs", "site"]
