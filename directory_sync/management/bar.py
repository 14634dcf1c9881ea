"""A bar on a terminal that shows how far the run of a connection is."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from django.core.management.base import OutputWrapper
from django.db import DatabaseError
from django.db import connection as database

from ..models import Connection, SyncRun
from ..progress import time_left

EVERY = 0.5  # seconds
WIDTH = 24


@contextmanager
def bar(connection: Connection, out: OutputWrapper) -> Iterator[None]:
    """Draw the connection's active run on `out` while the body goes on; nothing where that is no terminal.

    A thread looks at the run through a database connection of its own, so that the run knows nothing of it.
    """
    if not out.isatty():
        yield
        return
    over = Event()
    drawing = Thread(target=_draw, args=(connection, out, over), daemon=True)
    drawing.start()
    try:
        yield
    finally:
        over.set()
        drawing.join()
        out.write("\r\x1b[K", str, ending="")
        out.flush()


def _draw(connection: Connection, out: OutputWrapper, over: Event) -> None:
    try:
        while not over.wait(EVERY):
            if run := _active(connection):
                out.write(f"\r\x1b[K{line(run)}", str, ending="")
                out.flush()
    finally:
        database.close()


def _active(connection: Connection) -> SyncRun | None:
    """The run to show; None also when the database can't say just now, since a bar stops nothing."""
    try:
        return connection.runs.active().first()
    except DatabaseError:
        return None


def line(run: SyncRun) -> str:
    """One line: a bar once there is a percentage, the stage, what was read, and the time left."""
    percent = run.percent
    told = [run.stage or run.state, f"{run.pages} pages", time_left(run)]
    if percent is not None:
        filled = WIDTH * percent // 100
        told.insert(0, f"[{'#' * filled}{'.' * (WIDTH - filled)}] {percent:3} %")
    return "  ".join(filter(None, told))
