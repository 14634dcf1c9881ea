"""Why a group's number is what it is."""

from django.core.management.base import BaseCommand

from directory_sync.explain import explain_group
from directory_sync.management.answers import add_json, answer, connection_named, group_named


class Command(BaseCommand):
    help = "Count a group's people and every reason for the difference from Entra's own numbers."

    def add_arguments(self, parser) -> None:
        parser.add_argument("connection", metavar="UUID")
        parser.add_argument("group", metavar="OBJECT_ID")
        add_json(parser)

    def handle(self, *args, **options) -> None:
        group = group_named(connection_named(options["connection"]), options["group"])
        answer(self, explain_group(group), as_json=options["json"])
