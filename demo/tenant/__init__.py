"""A make-believe Microsoft Entra ID and Graph over HTTPS on localhost, for demos and tests.

with TenantServer() as server:
    directory = server.add_tenant(seed=1)
    app = directory.add_app()
    ada = directory.add_user(displayName="Ada")
"""

from demo.tenant.apps import App
from demo.tenant.directory import Directory
from demo.tenant.faults import Fault, Gate
from demo.tenant.server import TenantServer

__all__ = ["App", "Directory", "Fault", "Gate", "TenantServer"]
