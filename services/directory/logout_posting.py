"""Posts logout tokens to clients' registered URIs; no answer is shown to anybody."""

import http.client
from urllib.parse import urlencode

import structlog

from chassis import run_blocking
from services.directory.client_calls import ClientCalls

log = structlog.get_logger(__name__)
_HEARD = (200, 204)
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class LogoutPosting:
    """Calls clients; `loopback` also by http there, for development."""

    def __init__(self, *, loopback: bool = False) -> None:
        self._calls = ClientCalls(loopback=loopback)

    async def post(self, uri: str, token: str) -> bool:
        """Whether the client has heard (OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8)."""
        try:
            return bool(await run_blocking(self._post, uri, token))
        except (OSError, http.client.HTTPException, ValueError) as error:
            log.info("logout_not_posted", uri=uri, error=f"{type(error).__name__}: {error}"[:200])
            return False

    def _post(self, uri: str, token: str) -> bool:
        body = urlencode({"logout_token": token}).encode("ascii")
        with self._calls.answered("POST", uri, _FORM, body) as answer:
            return answer.status in _HEARD
