"""The plainest client there can be: it follows links and merges nothing it was not asked to merge."""

from dataclasses import dataclass, field

import requests

TIMEOUT = 20


@dataclass
class Copy:
    """What a client knows after merging rounds: ids it holds, links and managers."""

    objects: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)

    def apply(self, items):
        for item in items:
            if "@removed" in item:
                self.objects.pop(item["id"], None)
                self.links.pop(item["id"], None)
                continue
            plain = {name: value for name, value in item.items() if "@" not in name}
            self.objects.setdefault(item["id"], {}).update(plain)
            held = self.links.setdefault(item["id"], set())
            for link in item.get("members@delta", []) + item.get("manager@delta", []):
                (held.discard if "@removed" in link else held.add)(link["id"])
        return self


class GraphClient:
    """A session against one tenant of a server, signed in when it first needs to be."""

    def __init__(self, server, directory, app=None):
        self.server, self.directory = server, directory
        self.app = app or directory.app()
        self.session = requests.Session()
        self.session.trust_env = False  # an environment's own CA bundle would win over `verify`
        self.session.verify = server.ca_file

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.session.close()

    def ask_token(self, tenant=None, **form):
        given = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.secrets[-1].value if self.app.secrets else "none",
            "scope": f"{self.server.graph_url}/.default",
            **form,
        }
        url = f"{self.server.login_url}/{tenant or self.directory.tenant_id}/oauth2/v2.0/token"
        return self.session.post(url, data=given, timeout=TIMEOUT, allow_redirects=False)

    def sign_in(self):
        self.session.headers["Authorization"] = "Bearer " + self.ask_token().json()["access_token"]

    def get(self, path, **headers):
        if "Authorization" not in self.session.headers:
            self.sign_in()
        url = path if path.startswith("https:") else f"{self.server.graph_url}/v1.0/{path}"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.get(url, headers=named, timeout=TIMEOUT, allow_redirects=False)

    def post(self, path, body):
        if "Authorization" not in self.session.headers:
            self.sign_in()
        return self.session.post(f"{self.server.graph_url}/v1.0/{path}", json=body, timeout=TIMEOUT)

    def pages(self, path, **headers):
        while path:
            answer = self.get(path, **headers)
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield page
            path = page.get("@odata.nextLink")

    def round(self, path, **headers):
        """Items in arrival order, and the link for the next round."""
        items = []
        for page in self.pages(path, **headers):
            items += page["value"]
        return items, page["@odata.deltaLink"]

    def list(self, path, **headers):
        return [item for page in self.pages(path, **headers) for item in page["value"]]
