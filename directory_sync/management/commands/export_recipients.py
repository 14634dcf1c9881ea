"""Exactly the people that count, as CSV."""

import csv
import os
import sys

from django.core.management.base import BaseCommand

from directory_sync.explain import recipient_rows
from directory_sync.management.answers import connection_named, group_named


class Command(BaseCommand):
    help = "Print the recipients of every group, or of one, as CSV."

    def add_arguments(self, parser) -> None:
        parser.add_argument("connection", metavar="UUID")
        parser.add_argument("--group", metavar="OBJECT_ID")

    def handle(self, *args, **options) -> None:
        connection = connection_named(options["connection"])
        group = group_named(connection, options["group"]) if options["group"] else None
        writer = csv.writer(self.stdout, lineterminator="\n")
        try:
            writer.writerow(["group_id", "entra_id", "kind", "name", "email"])
            writer.writerows(recipient_rows(connection, group))
            self.stdout.flush()
        except BrokenPipeError:  # the reader, `head` for one, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
