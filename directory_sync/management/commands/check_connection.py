"""Ask Entra and Graph whether a connection works."""

from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from directory_sync import probe
from directory_sync.management.answers import add_json, answer, connection_named, words


class Command(BaseCommand):
    help = "Check a connection: tenant and cloud, token, each permission, one real read each, each listed group."

    def add_arguments(self, parser) -> None:
        parser.add_argument("connection", metavar="UUID")
        add_json(parser)

    def handle(self, *args, **options) -> None:
        connection = connection_named(options["connection"])
        checks = probe.check_connection(connection)
        ok = all(check.ok for check in checks)
        if options["json"]:
            result = {"connection": connection.pk, "ok": ok, "checks": [asdict(check) for check in checks]}
            answer(self, result, as_json=True)
        else:
            for check in checks:
                self.stdout.write(f"{'ok ' if check.ok else 'BAD'}  {check.name}  {check.detail}".rstrip())
                if check.problem:
                    self.stdout.write(words(connection, check.problem, check.subject))
        if not ok:
            raise CommandError("Not every check passed.")
