"""How commands find what they are asked about, and how they answer: words, or one JSON object."""

import json
import textwrap
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from ..diagnosis import diagnose
from ..models import Connection, Group, SyncRun


def add_json(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object on standard output")


def answer(command: BaseCommand, result: dict[str, Any], *, as_json: bool) -> None:
    """Print the result; everything else a command says goes to standard error."""
    if as_json:
        command.stdout.write(json.dumps(result, default=str, ensure_ascii=False))
        return
    width = max((len(name) for name in result), default=0)
    for name, value in result.items():
        told = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        command.stdout.write(f"{name:<{width}}  {told}")


def words(connection: Connection, problem: str, subject: str) -> str:
    """What the problem is, who can mend it and how, indented."""
    told = diagnose(problem, subject, cloud=connection.cloud, client_id=connection.client_id)
    lines = (f"{told.title} ({problem})", told.what, f"{told.whose} {told.cure}", told.link)
    return "\n".join(
        textwrap.fill(line, 100, initial_indent="     ", subsequent_indent="     ") for line in lines if line
    )


def connection_named(text: str) -> Connection:
    """The connection with this UUID. Raises CommandError with what to do."""
    try:
        found = Connection.objects.filter(pk=UUID(text)).first()
    except ValueError:
        raise CommandError(f"{text!r} is not a connection's UUID; `add_connection` prints it.") from None
    if found is None:
        raise CommandError(f"There is no connection {text}.")
    return found


def run_named(text: str) -> SyncRun:
    """The run with this UUID. Raises CommandError with what to do."""
    try:
        found = SyncRun.objects.filter(pk=UUID(text)).first()
    except ValueError:
        raise CommandError(f"{text!r} is not a run's UUID; `sync_directory --json` prints it.") from None
    if found is None:
        raise CommandError(f"There is no run {text}.")
    return found


def group_named(connection: Connection, object_id: str) -> Group:
    """The connection's group with this object id. Raises CommandError when the directory has shown no such group."""
    found = connection.groups.filter(entra_id=object_id.strip().lower()).first()
    if found is None:
        raise CommandError(f"{connection} has no group {object_id}; after a sync, `export_recipients` lists them.")
    return found
