"""The control surface: another process changes the world by `POST /_control/<verb>` with JSON arguments."""

import resource
import time
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING, Any

import orjson

from demo.tenant.apps import App
from demo.tenant.churn import churn
from demo.tenant.directory import Directory
from demo.tenant.faults import Fault, Gate
from demo.tenant.messages import Request, Response, json_response
from demo.tenant.prerender import prerender

if TYPE_CHECKING:  # the server imports this module
    from demo.tenant.server import TenantServer

DIRECTORY_VERBS = {
    "add_user", "add_guest", "update_user", "disable_user", "enable_user", "soft_delete_user", "restore_user",
    "purge_user", "empty_recycle_bin", "set_manager", "clear_manager", "add_contact", "update_contact",
    "delete_contact", "add_device", "delete_device", "add_service_principal", "add_group", "update_group",
    "rename_group", "delete_group", "restore_group", "purge_group", "add_member", "remove_member", "empty_group",
    "add_app", "expire_secret", "replace_secret", "withdraw_role", "grant_role", "disable_app", "enable_app",
    "remove_app", "remove_service_principal", "advance", "find_group", "members", "transitive_members", "properties",
    "set_quota",
}  # fmt: skip


def answer(server: "TenantServer", request: Request) -> Response:
    """Run one verb. `tenant` in the arguments names the tenant; with only one it may be left out.

    Verbs besides those of Directory: `churn` and `prerender`, see there; `add_fault`, `clear_faults`, `pause_before`,
    `release`, `set_latency`, `reset_requests`. `GET state` tells what there is, and what processor time and memory the
    process has taken. Errors are 400 with `{"error": text}`.
    """
    verb = request.path.removeprefix("/_control/")
    if verb == "state":
        return json_response(state(server))
    try:
        arguments = orjson.loads(request.body or b"{}")
        result = _run(server, verb, arguments)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return json_response({"error": f"{type(error).__name__}: {error}"}, 400)
    if verb in DIRECTORY_VERBS or verb == "churn":  # the rest is not saved
        server.changed.set()
    return json_response({"result": _plain(result)})


def state(server: "TenantServer") -> dict[str, Any]:
    """A summary: tenants with counts and up to 1,000 of their groups, requests so far, gates, what it took."""
    tenants = []
    for directory in list(server.tenants.values()):
        with directory.lock:
            groups = islice(directory.living("group"), 1000)
            tenants.append(
                {
                    "tenant_id": directory.tenant_id,
                    "name": directory.name,
                    "cloud": directory.cloud,
                    "now": directory.now.isoformat(),
                    "users": directory.count("user"),
                    "contacts": directory.count("orgContact"),
                    "recycle_bin": sorted(directory.recycle_bin),
                    "groups": {group.id: group.properties.get("displayName") for group in groups},
                    "apps": {app.client_id: sorted(app.roles) for app in directory.apps.values()},
                }
            )
    gates = [{"where": gate.where, "reached": gate.reached.is_set()} for gate in server.faults.gates]
    return {
        "tenants": tenants,
        "requests": dict(server.requests()),
        "refused": server.throttle.refused,
        "gates": gates,
        "cpu_seconds": time.process_time(),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,  # Linux counts KiB
    }


def _run(server: "TenantServer", verb: str, arguments: dict[str, Any]) -> Any:
    server_verbs: dict[str, Callable[..., Any]] = {
        "add_fault": server.faults.add,
        "clear_faults": server.faults.clear,
        "pause_before": server.pause_before,
        "release": server.faults.release,
        "set_latency": lambda seconds: setattr(server, "latency", float(seconds)),
        "reset_requests": server.requests.reset,
    }
    if verb in server_verbs:
        return server_verbs[verb](**arguments)
    if verb not in DIRECTORY_VERBS | {"churn", "prerender"}:
        raise ValueError(f"no such verb: {verb}")
    directory = _tenant(server, arguments.pop("tenant", None))
    if verb == "churn":
        return churn(directory, **arguments)
    if verb == "prerender":
        return prerender(server, directory, **arguments)
    return getattr(directory, verb)(**arguments)


def _tenant(server: "TenantServer", name: str | None) -> Directory:
    if name is None and len(server.tenants) == 1:
        return next(iter(server.tenants.values()))
    directory = server.directory(name or "")
    if directory is None:
        raise KeyError(f"no tenant {name}")
    return directory


def _plain(result: Any) -> Any:
    if isinstance(result, App):
        return {"client_id": result.client_id, "secret": result.secret, "secret_id": result.secret_id}
    if isinstance(result, Fault | Gate):
        return None
    return sorted(result) if isinstance(result, set) else result
