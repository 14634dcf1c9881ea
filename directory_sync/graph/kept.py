"""What a worker keeps from one run to the next, so that a small run need not begin from nothing: open connections
and discovery documents. Neither is anybody's secret, and no token is kept.
"""

import os
import socket
import threading
from functools import cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

HOSTS = 4  # login and Graph of two clouds
OPEN = 16  # connections to each that are kept
MOST_DOCUMENTS = 5000  # about two KiB each
# Firewalls forget connections that are silent for some minutes, and tell nobody.
ALIVE = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)] + [
    (socket.IPPROTO_TCP, getattr(socket, option), value)
    for option, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3))
    if hasattr(socket, option)  # not everywhere
]


class _KeptOpen(HTTPAdapter):
    """The connections of all sessions of this process; outlives each of them."""

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:
        options["socket_options"] = [*HTTPConnection.default_socket_options, *ALIVE]
        super().init_poolmanager(*sizes, **options)

    def close(self) -> None:
        """A session has ended; others use the same connections."""


@cache
def _adapter() -> _KeptOpen:
    return _KeptOpen(pool_connections=HOSTS, pool_maxsize=OPEN)


if hasattr(os, "register_at_fork"):  # two processes must never write to one connection
    os.register_at_fork(after_in_child=_adapter.cache_clear)


def open_session() -> requests.Session:
    """A session with cookies of its own over connections that stay open when it is closed. Never retries by itself.

    A handshake costs a small run more than its pages do: some 25 ms of processor time go into reading the bundle
    of certificates.
    """
    session = requests.Session()
    session.mount("https://", _adapter())
    return session


class Documents:
    """Discovery documents by URL, for threads; the oldest gives way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}

    def get(self, url: str) -> str | None:
        return self._kept.get(url)

    def keep(self, url: str, document: str) -> None:
        with self._lock:
            if len(self._kept) >= MOST_DOCUMENTS:
                del self._kept[next(iter(self._kept))]
            self._kept[url] = document

    def forget(self, url: str) -> None:
        """Let the host be asked again."""
        with self._lock:
            self._kept.pop(url, None)

    def clear(self) -> None:
        """Be as a worker that has just started."""
        with self._lock:
            self._kept.clear()
