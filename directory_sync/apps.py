from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DirectorySyncConfig(AppConfig):
    name = "directory_sync"
    verbose_name = "Directory Sync"

    def ready(self) -> None:
        from . import system_checks  # noqa: F401  importing registers the checks
        from .access import install_roles

        post_migrate.connect(install_roles, dispatch_uid="directory_sync.access.install_roles")
