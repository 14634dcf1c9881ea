"""The make-believe tenant, as other processes reach it: its facts, its control surface, its Graph."""

import json
from pathlib import Path
from typing import Any

import requests
from django.conf import settings

TIMEOUT = 10  # seconds


class TenantSilent(Exception):
    """The tenant's process does not answer, or refused what was asked."""


def facts() -> dict[str, Any]:
    """`tenant.json`: addresses, and per app registration its ids and secret."""
    return json.loads((Path(settings.VAR_DIR) / "tenant" / "tenant.json").read_text())


def app(client_id: str) -> dict[str, str]:
    """The app registration with that client id: `tenant_id`, `client_id`, `secret`, `secret_id`."""
    return next(each for each in facts()["tenants"] if each["client_id"] == client_id)


def call(verb: str, **arguments: Any) -> Any:
    """Change the world, or ask about it, by a verb of the control surface. Raises TenantSilent."""
    address = facts()
    try:
        answer = requests.post(
            f"{address['control_url']}/{verb}", json=arguments, verify=address["ca_file"], timeout=TIMEOUT
        )
        body = answer.json()
    except requests.RequestException as error:
        raise TenantSilent(f"The make-believe tenant does not answer ({type(error).__name__}).") from None
    if not answer.ok:
        raise TenantSilent(f"The make-believe tenant refused {verb}: {body.get('error')}")
    return body["result"]


def is_up() -> bool:
    """Whether the tenant's process answers; its facts may be those of an earlier start."""
    try:
        address = facts()
        requests.get(f"{address['control_url']}/state", verify=address["ca_file"], timeout=2).raise_for_status()
    except (OSError, ValueError):
        return False
    return True


class Graph:
    """Graph v1.0 as the tenant's first app reads it; knows nothing of the product."""

    def __init__(self) -> None:
        address = facts()
        self._session = requests.Session()
        self._session.verify = address["ca_file"]
        self._root = f"{address['graph_url']}/v1.0"
        answer = self._session.post(
            f"{address['login_url']}/{address['tenant_id']}/oauth2/v2.0/token",
            data={
                "grant_type": "client_credentials",
                "client_id": address["client_id"],
                "client_secret": address["secret"],
                "scope": f"{address['graph_url']}/.default",
            },
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def list(self, path: str) -> list[dict[str, Any]]:
        """Every object of a collection, over all its pages."""
        found: list[dict[str, Any]] = []
        link = f"{self._root}/{path}"
        while link:
            page = self._session.get(link, timeout=TIMEOUT)
            page.raise_for_status()
            found += page.json()["value"]
            link = page.json().get("@odata.nextLink", "")
        return found
