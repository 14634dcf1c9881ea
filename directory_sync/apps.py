from django.apps import AppConfig


class DirectorySyncConfig(AppConfig):
    name = "directory_sync"
    verbose_name = "Directory Sync"

    def ready(self) -> None:
        from . import system_checks  # noqa: F401  importing registers the checks
