"""Calls from pages of other origins (Fetch §3.2): answered for those that a client is registered with, no others."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response
from workspace.directory.v1 import openid_pb2 as pb

_REMEMBERED_SECONDS = 60.0
_MOST = 1000
_LONGEST = 300


class Origins:
    """Asks directory, and remembers the answer for a minute: anybody can make browsers and programs ask."""

    def __init__(self, openid: Any) -> None:
        self._openid = openid
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    async def headers(self, origin: str) -> dict[str, str]:
        """The header fields that let a page of this origin read the answer; of another, none does."""
        varying = {"vary": "origin"}
        if not origin or not await self._registered(origin):
            return varying
        return {**varying, "access-control-allow-origin": origin, "access-control-expose-headers": "www-authenticate"}

    async def preflight(self, headers: Mapping[str, str]) -> Response:
        allowed = await self.headers(headers.get("origin", ""))
        if "access-control-allow-origin" in allowed:
            allowed |= {
                "access-control-allow-methods": "GET, POST",
                "access-control-allow-headers": "authorization, content-type",
                "access-control-max-age": "600",
            }
        return Response(status_code=204, headers=allowed)

    async def _registered(self, origin: str) -> bool:
        if len(origin) > _LONGEST:
            return False
        known = self._known.get(origin)
        if known is None or known[1] < time.monotonic():
            answer = await self._openid.CheckOrigin(pb.CheckOriginRequest(origin=origin))
            known = (bool(answer.registered), time.monotonic() + _REMEMBERED_SECONDS)
            self._known[origin] = known
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return known[0]
