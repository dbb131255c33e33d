"""One way to wait for a blocking call, in asyncio processes and in workers on eventlet's asyncio hub."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


def in_worker() -> bool:
    """Whether this process is monkey-patched by eventlet, where threads are green and `asyncio.to_thread` fails."""
    import sys

    patcher = sys.modules.get("eventlet.patcher")
    return patcher is not None and bool(patcher.is_monkey_patched("thread"))


async def run_blocking(call: Callable[..., T], *args: Any) -> T:
    """Await a blocking call without stopping the loop."""
    if not in_worker():
        return await asyncio.to_thread(call, *args)
    import eventlet

    return cast(T, await eventlet.spawn(call, *args))
