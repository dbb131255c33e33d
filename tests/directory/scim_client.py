"""scim2-client, that its makers wrote for another HTTP library, upon httpx."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from scim2_client.client import BaseSyncSCIMClient


class ScimClient(BaseSyncSCIMClient):
    """A client of the SCIM service at the base URL of `http`."""

    def __init__(self, http: httpx.Client) -> None:
        super().__init__()
        self.client = http

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return str(self.client._merge_url(endpoint)).startswith(str(self.client.base_url))

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **given: Any) -> httpx.Response:
        return self.client.request(method, url, **given)


@contextmanager
def scim_client(url: str, token: str) -> Iterator[ScimClient]:
    """A client of the gateway at a URL, in the name of a token."""
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/scim/v2", headers=headers, timeout=30) as http:
        yield ScimClient(http)
