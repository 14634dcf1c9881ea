"""The two hosts, login and Graph, over HTTPS on localhost."""

import logging
import tempfile
import time
from collections import Counter, deque
from copy import copy
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any
from uuid import uuid4

from demo.tenant import control, graph, login
from demo.tenant.certificates import ensure_certificates
from demo.tenant.directory import Directory
from demo.tenant.faults import Faults, Gate
from demo.tenant.listener import Listener
from demo.tenant.messages import GraphError, LoginError, Request, Response
from demo.tenant.throttling import Throttle, cost_of

logger = logging.getLogger(__name__)


class RequestLog:
    """Counts requests by kind; `entries` holds the latest ones (never their Authorization header)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()
        self.entries: deque[Request] = deque(maxlen=2000)

    def __call__(self, kind: str | None = None) -> Any:
        """How many there were of a kind, or a Counter of all kinds."""
        with self._lock:
            return Counter(self._counts) if kind is None else self._counts[kind]

    def note(self, request: Request) -> None:
        """Count one."""
        entry = copy(request)  # not built anew, for that takes the target apart again
        entry.headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
        entry.body, entry.claims, entry.authorized = b"", {}, bool(request.header("Authorization"))
        with self._lock:
            self._counts[request.kind] += 1
            self.entries.append(entry)

    def reset(self) -> None:
        """Start again at nought."""
        with self._lock:
            self._counts.clear()
            self.entries.clear()


class TenantServer:
    """A login host and a Graph host; a context manager that listens at once and stops at the end.

    `cloud` is the cloud both hosts belong to: tenants of another login family are refused a token (AADSTS900382).
    `latency` is how long an answer waits, in seconds; with `prerender` the first page of an initial delta round leaves
    when all its pages are ready.
    """

    def __init__(
        self,
        state_dir: str | Path | None = None,
        *,
        login_port: int = 0,
        graph_port: int = 0,
        cloud: str = "global",
    ) -> None:
        self.cloud = cloud
        self.faults = Faults()
        self.requests = RequestLog()
        self.throttle = Throttle()
        self.latency = 0.0
        self.prerender = False
        self.changed = Event()
        self.tenants: dict[str, Directory] = {}
        self._tenants_made = 0
        self._temporary = None if state_dir else tempfile.TemporaryDirectory(prefix="tenant-")
        self.state_dir = Path(state_dir or self._temporary.name)  # type: ignore[union-attr]  # one of them is there
        ca_file, server_file = ensure_certificates(self.state_dir)
        self.ca_file = str(ca_file)
        self._listeners = [
            Listener(port, server_file, partial(self.answer, host))
            for host, port in (("login", login_port), ("graph", graph_port))
        ]
        self.login_url, self.graph_url = (listener.url for listener in self._listeners)
        self.control_url = f"{self.graph_url}/_control"

    def __enter__(self) -> "TenantServer":
        for listener in self._listeners:
            listener.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, cut open connections, open gates."""
        self.faults.clear()
        for listener in self._listeners:
            listener.stop()
        if self._temporary:
            self._temporary.cleanup()

    def add_tenant(self, tenant_id: str | None = None, cloud: str | None = None, **options: Any) -> Directory:
        """Add an empty tenant; options as for Directory (`seed`, `noise`, `domain`, `name`)."""
        options.setdefault("seed", f"{self.cloud} {self._tenants_made}")
        self._tenants_made += 1
        directory = Directory(tenant_id, cloud=cloud or self.cloud, **options)
        return self.adopt(directory)

    def adopt(self, directory: Directory) -> Directory:
        """Serve a directory made elsewhere."""
        self.tenants[directory.tenant_id] = directory
        return directory

    def remove_tenant(self, directory: Directory) -> None:
        """Serve it no longer; its id is unknown from now on."""
        self.tenants.pop(directory.tenant_id, None)

    def directory(self, name: str) -> Directory | None:
        """The tenant with that id or domain."""
        if found := self.tenants.get(name.lower()):
            return found
        return next((each for each in list(self.tenants.values()) if each.domain == name.lower()), None)

    def pause_before(self, where: str, nth: int = 1) -> Gate:
        """Hold the nth request of a kind; see Gate."""
        return self.faults.pause_before(where, nth)

    def answer(self, host: str, request: Request, *, inner: bool = False) -> Response:
        """Answer one request, faults included; one inside a batch takes no time of its own."""
        if host == "graph" and request.path.startswith("/_control/"):
            return control.answer(self, request)
        if host == "graph":
            request.tenant_id, request.kind = graph.tenant_of(request), graph.kind_of(request)
        else:
            named = self.directory(request.path.lstrip("/").partition("/")[0])
            request.tenant_id, request.kind = named.tenant_id if named else "", login.kind_of(request)
        self.requests.note(request)
        if self.latency and not inner:
            time.sleep(self.latency)
        self.faults.hold(request)
        return self._faulty(host, request)

    def _faulty(self, host: str, request: Request) -> Response:
        fault = self.faults.take(request)
        request.fault = fault.kind if fault else ""
        response = self.faults.answer(fault, self.login_url) if fault else None
        if response is None:
            response = self._real(host, request)
            if fault:
                response = self.faults.spoil(fault, response, request, self.graph_url, self.login_url)
        if host == "graph":
            request_id = response.headers.setdefault("request-id", str(uuid4()))
            response.headers["client-request-id"] = request.header("client-request-id") or request_id
            response.headers["x-ms-resource-unit"] = str(cost_of(request))
            response.headers["OData-Version"] = "4.0"
        return response

    def _real(self, host: str, request: Request) -> Response:
        client_request_id = request.header("client-request-id")
        try:
            if host == "login":
                return login.answer(self, request)
            if refused := self.throttle.refusal(self.directory(request.tenant_id), request):
                return refused
            return graph.answer(self, request)
        except LoginError as error:
            return error.response()
        except GraphError as error:
            return error.response(client_request_id)
        except Exception:
            logger.exception("the make-believe tenant failed on %s", request.kind)
            return GraphError(500, "Service_InternalServerError", "A defect of the demo.").response()
