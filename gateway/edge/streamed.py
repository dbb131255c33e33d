"""An answer that is made while it is sent."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send


class Streamed(StreamingResponse):
    """What it is made of ends with it, whoever leaves first: Starlette leaves that to the garbage collector, and a rpc
    that is read would go on until then."""

    def __init__(
        self, content: AsyncGenerator[bytes, None], status_code: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, headers)
        self._content = content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._content):
            await super().__call__(scope, receive, send)
