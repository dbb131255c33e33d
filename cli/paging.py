"""All that a service lists, page by page."""

from collections.abc import Awaitable, Callable
from typing import Any

PAGE = 500


async def every(call: Callable[[Any], Awaitable[Any]], request: Any, field: str) -> list[Any]:
    """What stands in `field` of all pages of a listing."""
    found: list[Any] = []
    request.page_size = PAGE
    while True:
        answer = await call(request)
        found.extend(getattr(answer, field))
        if not answer.next_page_token:
            return found
        request.page_token = answer.next_page_token
