"""Resource units and the token bucket of an app in a tenant (throttling-limits). Off unless a tenant has a limit."""

import time
from threading import Lock

from demo.tenant.directory import Directory
from demo.tenant.messages import GraphError, Request, Response

WINDOW = 10.0  # seconds
BASE_COST = {
    "users": 2,
    "members": 3,
    "transitiveMembers": 5,
    "memberOf": 2,
    "transitiveMemberOf": 2,
    "getByIds": 5,
}


def cost_of(request: Request) -> int:
    """Resource units of one request: by kind, cheaper with `$select` or a small `$top`, never below 1."""
    cost = BASE_COST.get(request.kind, 1)
    if "$select" in request.query:
        cost = 2 if request.kind == "getByIds" else cost - 1
    if "$expand" in request.query:
        cost += 1
    top = request.query.get("$top", "")
    if top.isdigit() and int(top) < 20:
        cost -= 1
    return max(1, cost)


class Throttle:
    """Buckets that hold `directory.resource_units` and fill up within ten seconds. `refused`: requests so far."""

    def __init__(self) -> None:
        self.refused = 0
        self._lock = Lock()
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def refusal(self, directory: Directory | None, request: Request) -> Response | None:
        """A 429 when the bucket is empty; refused requests count as well."""
        if directory is None or not directory.resource_units or request.kind == "$batch":
            return None
        limit, now = float(directory.resource_units), time.monotonic()
        app = str(request.claims.get("appid", ""))
        with self._lock:
            units, since = self._buckets.get((directory.tenant_id, app), (limit, now))
            units = min(limit, units + (now - since) * limit / WINDOW) - cost_of(request)
            self._buckets[directory.tenant_id, app] = (max(units, -limit), now)
            self.refused += units < 0
        if units >= 0:
            return None
        wait = (-units + 1) * WINDOW / limit
        response = GraphError(429, "TooManyRequests", "Please retry again later.").response()
        response.headers |= {
            "Retry-After": f"{wait:.3f}",
            "x-ms-throttle-scope": f"Tenant_Application/Read/{app}/{directory.tenant_id}",
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
        }
        return response
