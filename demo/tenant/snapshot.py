"""A server's tenants on disk, so that they survive a restart."""

import pickle
from pathlib import Path

import orjson

from demo.tenant.directory import Directory
from demo.tenant.server import TenantServer


def save(server: TenantServer, path: Path) -> None:
    """Write all tenants, whole or not at all."""
    directories = list(server.tenants.values())
    for directory in directories:
        directory.lock.acquire()
    try:
        content = pickle.dumps(directories, pickle.HIGHEST_PROTOCOL)
    finally:
        for directory in directories:
            directory.lock.release()
    _replace(path, content)


def load(path: Path) -> list[Directory]:
    """The tenants that were saved; empty when nothing was."""
    if not path.exists():
        return []
    return pickle.loads(path.read_bytes())  # noqa: S301 - our own file in our own folder


def write_facts(server: TenantServer, path: Path) -> None:
    """`tenant.json`: where the server is and how to sign in (make-believe secrets, readable by the owner)."""
    tenants = [
        {
            "tenant_id": directory.tenant_id,
            "name": directory.name,
            "client_id": app.client_id,
            "secret": app.secret,
            "secret_id": app.secret_id,
        }
        for directory in server.tenants.values()
        for app in directory.apps.values()
    ]
    facts = {
        "login_url": server.login_url,
        "graph_url": server.graph_url,
        "control_url": server.control_url,
        "ca_file": server.ca_file,
        "cloud": server.cloud,
        **(tenants[0] if tenants else {}),
        "tenants": tenants,
    }
    _replace(path, orjson.dumps(facts, option=orjson.OPT_INDENT_2))


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)
