"""All that a service lists, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

PAGE = 500


async def every(call: Callable[[Any], Awaitable[Any]], request: Any, field: str) -> list[Any]:
    """What stands in `field` of all pages of a listing."""
    return [one async for one in each_one(call, request, field)]


async def each_one(
    call: Callable[[Any], Awaitable[Any]], request: Any, field: str, *, size: int = PAGE
) -> AsyncIterator[Any]:
    """The same one by one, with no more than a page of `size` held."""
    request.page_size = size
    while True:
        answer = await call(request)
        for one in getattr(answer, field):
            yield one
        if not answer.next_page_token:
            return
        request.page_token = answer.next_page_token
