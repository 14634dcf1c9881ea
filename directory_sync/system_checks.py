"""What `manage.py check` says about the configuration."""

import base64
import binascii
import sqlite3

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection as database

OLDEST_SQLITE = (3, 33)


@register(Tags.security)
def sealing_keys_are_keys(app_configs, **kwargs):
    problems: list[CheckMessage] = []
    named = {"SEALING_PUBLIC_KEY": [settings.SEALING_PUBLIC_KEY] if settings.SEALING_PUBLIC_KEY else []}
    named["SEALING_PRIVATE_KEYS"] = settings.SEALING_PRIVATE_KEYS
    for name, keys in named.items():
        if not all(is_key(key) for key in keys):
            problems.append(
                Error(
                    f"{name} is not a sealing key.",
                    hint="Take it from `manage.py generate_keys`.",
                    id="sync.E001",
                )
            )
    return problems


@register(Tags.compatibility)
def sqlite_is_new_enough(app_configs, **kwargs):
    """Full rounds use UPDATE … FROM (3.33)."""
    old = database.vendor == "sqlite" and sqlite3.sqlite_version_info < OLDEST_SQLITE
    words = f"SQLite {sqlite3.sqlite_version} is too old."
    return [Error(words, hint="Full rounds need 3.33 or newer.", id="sync.E003")] if old else []


@register(Tags.security, deploy=True)
def keys_are_set(app_configs, **kwargs):
    problems: list[CheckMessage] = []
    if settings.SECRET_KEY_IS_RANDOM:
        problems.append(
            Error(
                "SECRET_KEY is not set: each process has made up its own.",
                hint="Take one from `manage.py generate_keys`.",
                id="sync.E002",
            )
        )
    if not settings.SEALING_PUBLIC_KEY:
        problems.append(
            Warning(
                "SEALING_PUBLIC_KEY is not set: no secret can be accepted.",
                hint="Take one from `manage.py generate_keys`.",
                id="sync.W001",
            )
        )
    return problems


def is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == 32
    except (binascii.Error, ValueError):
        return False
