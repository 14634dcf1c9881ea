"""Connect a directory from the command line, the way an approval does."""

import sys
from datetime import date

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from directory_sync import connections
from directory_sync.management.answers import add_json, answer
from directory_sync.models import Connection, Organization
from directory_sync.sync.attributes import NAMES
from directory_sync.vault import SealingKeyMissing


class Command(BaseCommand):
    help = "Connect a tenant: seals the secret read from standard input and prints the connection's UUID."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--organization", action="append", required=True, metavar="NAME")
        parser.add_argument("--tenant-id", required=True)
        parser.add_argument("--client-id", required=True)
        parser.add_argument("--secret-stdin", action="store_true", help="read the client secret from standard input")
        parser.add_argument("--secret-id", default="")
        parser.add_argument("--secret-expires", type=date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--cloud", choices=Connection.CloudName.values, default=Connection.CloudName.GLOBAL)
        parser.add_argument("--group", action="append", default=[], metavar="OBJECT_ID", help="only these groups")
        parser.add_argument("--attribute", action="append", default=[], choices=NAMES, metavar="NAME")
        parser.add_argument("--username-fallback", action="store_true")
        parser.add_argument("--contacts", action="store_true")
        parser.add_argument("--owner-name", required=True)
        parser.add_argument("--owner-email", required=True)
        add_json(parser)

    def handle(self, *args, **options) -> None:
        if not options["secret_stdin"]:
            raise CommandError("Say --secret-stdin and give the client secret on standard input, never as an argument.")
        secret = sys.stdin.readline().strip()
        if not secret:
            raise CommandError("Standard input held no client secret.")
        try:
            validate_email(options["owner_email"])
            connection = self._open(secret, options)
        except ValidationError:
            raise CommandError(f"{options['owner_email']} is not an e-mail address.") from None
        except (connections.ConnectionRefused, SealingKeyMissing) as refused:
            raise CommandError(str(refused)) from None
        answer(self, {"connection": str(connection.pk)}, as_json=options["json"])

    @transaction.atomic
    def _open(self, secret: str, options) -> Connection:
        organizations = [
            Organization.objects.get_or_create(name=name)[0] for name in dict.fromkeys(options["organization"])
        ]
        credential = connections.draft_credential(
            secret, secret_id=options["secret_id"], expires_on=options["secret_expires"]
        )
        new = connections.NewConnection(
            name=organizations[0].name,
            cloud=options["cloud"],
            tenant_id=options["tenant_id"],
            client_id=options["client_id"],
            owner_name=options["owner_name"],
            owner_email=options["owner_email"],
            group_ids=tuple(options["group"]),
            attributes=tuple(options["attribute"]),
            username_fallback=options["username_fallback"],
            sync_contacts=options["contacts"],
        )
        return connections.open_connection(new, credential, organizations, by="command line")
