"""Requests and answers as the routes see them, and the two shapes of Microsoft's errors."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from demo.tenant.ready import Ready, packed

JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


@dataclass
class Request:
    """One request; `query` has decoded values, names of system options in lower case.

    `authorized` is set in the request log, where headers no longer tell.
    """

    method: str
    target: str
    headers: Message | dict[str, str]
    body: bytes = b""
    kind: str = ""
    tenant_id: str = ""
    fault: str = ""
    authorized: bool = False
    claims: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.path = unquote(parts.path)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        self.query = {name.lower() if name.startswith("$") else name: value for name, value in pairs}

    def header(self, name: str) -> str:
        """A header's text, empty when absent; names match in any case."""
        return self.headers.get(name) or self.headers.get(name.lower()) or ""


@dataclass
class Response:
    """One answer. `content` is the body, perhaps compressed ahead of time."""

    status: int = 200
    content: bytes | Ready = b""
    headers: dict[str, str] = field(default_factory=dict)
    break_off: str = ""

    @property
    def body(self) -> bytes:
        """What the client reads; to set it is to replace the content."""
        return self.content.body if isinstance(self.content, Ready) else self.content

    @body.setter
    def body(self, body: bytes) -> None:
        self.content = body

    def encoded(self, *, gzip_accepted: bool) -> bytes:
        """The bytes to send; sets Content-Encoding when they are compressed."""
        if not gzip_accepted:
            return self.body
        content = packed(self.content) if isinstance(self.content, bytes) else self.content
        if isinstance(content, bytes):
            return content
        self.headers["Content-Encoding"] = "gzip"
        return content.gzipped()


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, orjson.dumps(content), {"Content-Type": JSON, **(headers or {})})


class GraphError(Exception):
    """Raised by a route, sent in Graph's envelope."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def response(self, client_request_id: str = "") -> Response:
        """The envelope of the page `errors`."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        envelope = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return json_response(envelope, self.status, {"request-id": request_id, **self.headers})


class LoginError(Exception):
    """Raised by the login routes, sent in the shape of Entra's token endpoint."""

    def __init__(self, code: int, text: str, error: str = "invalid_request", status: int = 400) -> None:
        super().__init__(str(code))
        self.code, self.text, self.error, self.status = code, text, error, status

    def response(self) -> Response:
        """`error_description` repeats trace, correlation and time in lines of their own."""
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        lines = [f"AADSTS{self.code}: {self.text}", f"Trace ID: {trace}", f"Correlation ID: {correlation}"]
        content = {
            "error": self.error,
            "error_description": "\r\n".join([*lines, f"Timestamp: {timestamp}"]),
            "error_codes": [self.code],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }
        return json_response(content, self.status)
