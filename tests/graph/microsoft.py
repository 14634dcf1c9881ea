"""Microsoft's side of a conversation, for `responses` to play."""

import base64
import json
from pathlib import Path
from typing import Any

from directory_sync.graph.auth import TokenSource
from directory_sync.graph.client import GraphClient
from directory_sync.graph.clouds import GLOBAL

DATA = Path(__file__).parent.parent / "data" / "graph"
TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
CLIENT = "11112222-bbbb-3333-cccc-4444dddd5555"
SECRET = "Zx8Q~secret/with+signs=&more~Nn3"
AUTHORITY = f"https://login.microsoftonline.com/{TENANT}"
DISCOVERY = f"{AUTHORITY}/v2.0/.well-known/openid-configuration"
TOKENS = f"{AUTHORITY}/oauth2/v2.0/token"
GRAPH = "https://graph.microsoft.com/v1.0"


def example(name: str) -> dict[str, Any]:
    """A body from tests/data/graph without the keys that are not Microsoft's."""
    [path] = [path for path in DATA.glob("*.json") if path.name.split(".")[0] == name]
    body = json.loads(path.read_text())
    return {key: value for key, value in body.items() if not key.startswith("_")}


def access_token(number: int = 1, **claims: Any) -> str:
    payload = json.dumps({"number": number, **claims}).encode()
    return f"head.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.signature"


def issued(number: int = 1, *, expires_in: int = 3599, **claims: Any) -> dict[str, Any]:
    token = access_token(number, **claims)
    return {"token_type": "Bearer", "expires_in": expires_in, "access_token": token}


def add_discovery(web) -> None:
    web.get(DISCOVERY, json={**example("oidc-commercial"), "authorization_endpoint": f"{AUTHORITY}/authorize"})


def token_source(sleep=None, **options: Any) -> TokenSource:
    return TokenSource(GLOBAL, TENANT, CLIENT, SECRET, sleep=sleep or refuse_to_sleep, **options)


def graph_client(sleep=None, **options: Any) -> GraphClient:
    return GraphClient(GLOBAL, token_source(), sleep=sleep or refuse_to_sleep, **options)


def refuse_to_sleep(seconds: float) -> None:
    raise AssertionError(f"nobody should wait here, but {seconds} s were asked for")


def calls_to(web, url: str) -> list:
    return [call for call in web.calls if call.request.url.partition("?")[0] == url]
