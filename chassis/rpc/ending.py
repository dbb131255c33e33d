"""How a call ended, also when grpc.aio forgets it.

When a service ends a call while a piece of the request is on its way, grpc.aio keeps whichever came last: what the
service said, or "Internal error from Core", which is no more than that the piece could not be sent. Each time it calls
who waits for the end.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

import grpc

NOT_SENT = "Internal error from Core"
# For how many seconds the service may be about to say more.
PATIENCE = 2.0


class Ending:
    """Follows a call from its start; its `answer` is what the service says."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self._refusal: asyncio.Future[grpc.aio.AioRpcError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._keep)

    async def answer(self) -> Any:
        """The call's answer. Raises `grpc.aio.AioRpcError` with the service's own status."""
        try:
            return await self._call
        except grpc.aio.AioRpcError as error:
            if error.details() != NOT_SENT:
                raise
            said, _ = await asyncio.wait({self._refusal}, timeout=PATIENCE)
            if not said:
                raise
        raise self._refusal.result()

    def _keep(self, call: Any) -> None:
        code, details = _known(call.code()), _known(call.details())
        if code is grpc.StatusCode.OK or details == NOT_SENT or self._refusal.done():
            return
        trailing = _known(call.trailing_metadata())
        self._refusal.set_result(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details))


def _known(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that has nothing to wait for: by the next turn of the loop it may be another's."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return cast("Any", end.value)
    coroutine.close()
    raise RuntimeError("The call has not ended")
