"""Reading a query's answer in pieces, so that memory does not grow with it."""

from collections.abc import AsyncIterator
from typing import Any

Document = dict[str, Any]


async def pieces(cursor: Any, count: int = 500) -> AsyncIterator[list[Document]]:
    """Lists of at most `count` documents, until there are none."""
    cursor = cursor.batch_size(count)
    while found := await cursor.to_list(count):
        yield found


async def every(cursor: Any) -> list[Document]:
    """All at once: for answers that are small by nature."""
    found: list[Document] = await cursor.to_list(None)
    return found
