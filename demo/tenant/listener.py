"""One HTTPS socket: HTTP/1.1 with keep-alive, a thread for each connection, quick to stop."""

import contextlib
import logging
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from demo.tenant.messages import Request, Response

logger = logging.getLogger(__name__)
SILENCE = 300.0  # seconds before even a silent connection is given up
HANDSHAKE = 10.0
Answer = Callable[[Request], Response]


class Listener(ThreadingHTTPServer):
    """Listens from construction on; `start` begins to serve."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, certificate: Path, answer: Answer) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.answer = answer
        self.stopping = threading.Event()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Its address; the host is a name, for certificates and for pinning."""
        return f"https://localhost:{self.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and cut what is still open."""
        self.stopping.set()
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, then serve it."""
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request.settimeout(HANDSHAKE)
        with self._context.wrap_socket(request, server_side=True) as connection:
            connection.settimeout(None)
            with self._lock:
                self._open.add(connection)
            try:
                super().finish_request(connection, client_address)
            finally:
                with self._lock:
                    self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up and refuse our certificate: none of that is news; our own defects are."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            logger.error("the make-believe tenant failed", exc_info=error)


class Handler(BaseHTTPRequestHandler):
    """Reads requests, sends answers or breaks off as told."""

    server: Listener
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece
    server_version = "Entra"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer any method."""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        self._send(self.server.answer(Request(self.command, self.path, self.headers, body)))

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the request log counts."""

    def _send(self, response: Response) -> None:
        if response.break_off == "reset":
            self._reset()
            return
        if response.break_off == "silence":
            self._be_silent()
            return
        body = response.encoded(gzip_accepted="gzip" in self.headers.get("Accept-Encoding", ""))
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        half = len(body) // 2
        self.send_header("Content-Length", str(half if response.break_off == "wrong_length" else len(body)))
        self.end_headers()
        if response.break_off in ("truncate", "reset_in_body"):
            self.close_connection = True
            body = body[:half]
        self.wfile.write(body)
        self.wfile.flush()
        if response.break_off == "reset_in_body":
            self._reset()

    def _reset(self) -> None:
        """Close with a TCP reset, without a TLS good-bye."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())

    def _be_silent(self) -> None:
        """Say nothing until the client has had enough or the server stops."""
        self.close_connection = True
        deadline = time.monotonic() + SILENCE
        self.connection.settimeout(0.1)
        while time.monotonic() < deadline and not self.server.stopping.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
