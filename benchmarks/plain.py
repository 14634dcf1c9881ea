"""The script that most people write: `requests`, one call after another, and nothing is kept.

python -m benchmarks.plain TENANT_JSON
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from directory_sync.sync.attributes import BASE_GROUP, NAMES, user_select

TIMEOUT = 120


def main() -> None:
    """Read users with their managers, groups, and everybody in each; print how much that was."""
    facts = json.loads(Path(sys.argv[1]).read_text())
    start = time.perf_counter()
    asked = Asked(facts)
    select = ",".join(name for name in user_select(NAMES) if name != "manager")
    users = sum(1 for _ in asked.all(f"/users?$select={select}&$expand=manager($select=id,displayName,mail)"))
    groups = [group["id"] for group in asked.all(f"/groups?$select={','.join(BASE_GROUP)}")]
    links = sum(1 for group in groups for _ in asked.all(f"/groups/{group}/transitiveMembers"))
    seconds = time.perf_counter() - start
    print(
        json.dumps(
            {"seconds": seconds, "requests": asked.requests, "users": users, "groups": len(groups), "links": links}
        )
    )


class Asked:
    """One request after another, each over a connection of its own, as `requests.get` does it."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.requests = 0
        self._url, self._ca = f"{facts['graph_url']}/v1.0", facts["ca_file"]
        self._headers = {"Authorization": f"Bearer {token(facts)}"}

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Everything on a page and the pages after it."""
        url = self._url + path
        while url:
            answer = requests.get(url, headers=self._headers, verify=self._ca, timeout=TIMEOUT)
            answer.raise_for_status()
            self.requests += 1
            page = answer.json()
            yield from page["value"]
            url = page.get("@odata.nextLink", "")


def token(facts: dict[str, Any]) -> str:
    """A token for the app, by its secret."""
    answer = requests.post(
        f"{facts['login_url']}/{facts['tenant_id']}/oauth2/v2.0/token",
        {
            "grant_type": "client_credentials",
            "client_id": facts["client_id"],
            "client_secret": facts["secret"],
            "scope": f"{facts['graph_url']}/.default",
        },
        verify=facts["ca_file"],
        timeout=TIMEOUT,
    )
    answer.raise_for_status()
    return answer.json()["access_token"]


if __name__ == "__main__":
    main()
