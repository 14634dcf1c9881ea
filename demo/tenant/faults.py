"""What can go wrong on purpose, and gates that hold a request at a named point."""

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import orjson

from demo.tenant.messages import GraphError, LoginError, Request, Response
from demo.tenant.spoiling import FOREIGN_PATH, VALUES, spoil_document

HOLD_LIMIT = 300.0  # seconds; a test that forgets a gate must not hang for ever

ANSWERS: dict[str, tuple[int, str, str]] = {
    "400": (400, "Request_BadRequest", "Bad request."),
    "401": (401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid."),
    "403": (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "403-policy": (403, "UnknownError", ""),
    "404": (404, "Request_ResourceNotFound", "Resource does not exist or one of its queried references is gone."),
    "410": (410, "Gone", "The delta token is no longer valid, and the client must reset the sync state."),
    "429": (429, "TooManyRequests", "Please retry again later."),
    "429-no-header": (429, "TooManyRequests", "Please retry again later."),
    "500": (500, "Service_InternalServerError", "Encountered an internal server error."),
    "501": (501, "NotImplemented", "This operation target is not yet supported."),
    "503": (503, "serviceNotAvailable", "The service is temporarily unavailable."),
    "504": (504, "UnknownError", "The gateway did not receive a timely response."),
    "resync_required": (410, "resyncRequired", "Resync required."),
    "sync_state_not_found": (
        400,
        "syncStateNotFound",
        "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
    ),
    "expired_page_token": (400, "Directory_ExpiredPageToken", "The specified page token value has expired."),
}
BREAKS = {"reset", "reset_in_body", "truncate", "wrong_length", "silence"}
SPECIAL = {
    *VALUES,
    "502-html",
    "not_json",
    "cut_json",
    "empty_body",
    "redirect",
    "foreign_next_link",
    "endless_next_link",
    "repeated_next_link",
    "no_links",
    "no_account_enabled",
    "revoke_now",
}


@dataclass
class Fault:
    """One entry of the list; `times` None means for ever, `after` lets that many matching requests pass."""

    where: str
    kind: str
    times: int | None = 1
    after: int = 0
    tenant: str | None = None
    path_contains: str | None = None
    retry_after: float | str | None = None
    hits: int = 0

    def matches(self, request: Request) -> bool:
        """Whether it is about this request, its turn or not."""
        return (
            fnmatchcase(request.kind, self.where.replace("[", "[[]"))
            and self.tenant in (None, request.tenant_id)
            and (self.path_contains is None or self.path_contains in request.target)
        )


@dataclass
class Gate:
    """Holds the nth matching request until `release()`; `reached` is set when it has come."""

    where: str
    countdown: int
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self, timeout: float = 30) -> bool:
        """Wait until the request stands at the gate."""
        return self.reached.wait(timeout)

    def release(self) -> None:
        """Let it (and all later ones) through."""
        self.released.set()


class Faults:
    """The faults of a server. Kinds: ANSWERS, BREAKS, SPECIAL, or `AADSTS<code>` for the token endpoint."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.gates: list[Gate] = []
        self.struck: list[str] = []

    def add(self, where: str, kind: str, **options: Any) -> Fault:
        """Add a fault; `where` is a kind of request as the counter names it, `*` and `?` allowed.

        Options: `times` (1; None for ever), `after` (0), `tenant`, `path_contains`, `retry_after` (seconds).
        """
        if kind not in ANSWERS and kind not in BREAKS | SPECIAL and not kind.startswith("AADSTS"):
            raise ValueError(f"unknown kind of fault {kind}")
        fault = Fault(where, kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def pause_before(self, where: str, nth: int = 1) -> Gate:
        """Hold the nth request of that kind from now on, before anything is looked up for it."""
        gate = Gate(where, nth)
        with self._lock:
            self.gates.append(gate)
        return gate

    def clear(self) -> None:
        """Forget all faults and open all gates."""
        with self._lock:
            self._faults.clear()
            self.struck.clear()
        self.release()

    def release(self) -> None:
        """Open all gates."""
        with self._lock:
            gates, self.gates = self.gates, []
        for gate in gates:
            gate.release()

    def hold(self, request: Request) -> None:
        """Wait here if a gate wants this request."""
        for gate in self._standing_before(request):
            gate.reached.set()
            gate.released.wait(HOLD_LIMIT)

    def take(self, request: Request) -> Fault | None:
        """The first fault whose turn it is, used up by one; `revoke_now` is asked for by `revoked`."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == "revoke_now" or fault.times == 0 or not fault.matches(request):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.hits += 1
                self.struck.append(request.path)
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def revoked(self, request: Request) -> bool:
        """Whether tokens count for what the app may do now, not when they were issued."""
        with self._lock:
            return any(fault.kind == "revoke_now" and fault.matches(request) for fault in self._faults)

    def answer(self, fault: Fault, login_url: str) -> Response | None:
        """The answer a fault gives in place of the real one; None when it only spoils the real one."""
        if fault.kind.startswith("AADSTS"):
            return LoginError(int(fault.kind[6:]), "Fault.", "invalid_client", 401).response()
        if fault.kind == "502-html":
            body = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"
            return Response(502, body, {"Content-Type": "text/html"})
        if fault.kind == "redirect":
            return Response(302, b"", {"Location": login_url + FOREIGN_PATH})
        if fault.kind not in ANSWERS:
            return None
        response = GraphError(*ANSWERS[fault.kind]).response()
        wait = fault.retry_after if fault.kind in ("429", "500", "503", "504") else None
        if wait is None and fault.kind == "429":
            wait = 1
        if wait is not None:
            response.headers["Retry-After"] = str(wait)
        return response

    def spoil(self, fault: Fault, response: Response, request: Request, graph_url: str, login_url: str) -> Response:
        """The real answer, changed as the fault wants."""
        if fault.kind in BREAKS:
            response.break_off = fault.kind
        elif fault.kind == "not_json":
            response.body = b"<html>Sign in to the network</html>"
        elif fault.kind == "cut_json":
            response.body = response.body[: len(response.body) // 2]
        elif fault.kind == "empty_body":
            response.body = b""
        elif response.status == 200:
            document = orjson.loads(response.body)
            spoil_document(fault.kind, document, request.target, graph_url, login_url)
            response.body = orjson.dumps(document)
        return response

    def _standing_before(self, request: Request) -> list[Gate]:
        found = []
        with self._lock:
            for gate in self.gates:
                if not fnmatchcase(request.kind, gate.where.replace("[", "[[]")) or gate.released.is_set():
                    continue
                gate.countdown -= 1
                if gate.countdown == 0:
                    found.append(gate)
        return found
