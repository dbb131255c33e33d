"""Have every account announced again, to the queue of a newcomer."""

import re
from collections.abc import Awaitable, Callable

from chassis.errors import Forbidden, InvalidInput
from services.directory.usecases.context import Directory

_QUEUE = re.compile(r"[a-z][a-z0-9_]{0,30}(?:[.-][a-z0-9_]{1,60}){1,3}")
# Writes down that a queue is to be told of the whole present state.
Announce = Callable[[str], Awaitable[None]]


async def announce_accounts(directory: Directory, announce: Announce, queue: str, service: str) -> int:
    """How many accounts are going to be announced to `queue`, which has to be one of the calling service."""
    if not _QUEUE.fullmatch(queue):
        raise InvalidInput("Not the name of a queue", fields={"queue": "<service>.<handler>"})
    if re.split("[.-]", queue)[0] != service:
        raise Forbidden("A service has its own queues told, nobody else's")
    await announce(queue)
    return await directory.accounts.count()
