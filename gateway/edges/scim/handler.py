"""The steps of scim2-server, tried again where a client that set no condition lost a race."""

from collections.abc import Awaitable, Callable
from typing import Any

from scim2_models import PatchOp, PreconditionFailedException, Resource, ResourceType
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler

TRIES = 4


class Handler(AsyncScimHandler):
    """412 is for who said If-Match (RFC 9110 §13.1.1); the others' changes are made upon what is there now."""

    async def patch_resource(
        self, resource_type: ResourceType, resource_id: str, patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any]:
        async def patch() -> Resource[Any]:
            return await super(Handler, self).patch_resource(resource_type, resource_id, patch_op, conditions)

        return await _repeated(patch, conditions)

    async def replace_resource(
        self, resource_type: ResourceType, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any]:
        seen: Resource[Any] | None = current

        async def replace() -> Resource[Any]:
            nonlocal seen
            now = seen or await self.storage.get(resource_type, str(current.id))
            seen = None
            wanted = replacement.model_copy(deep=True)
            return await super(Handler, self).replace_resource(resource_type, now, wanted, conditions)

        return await _repeated(replace, conditions)


async def _repeated(act: Callable[[], Awaitable[Resource[Any]]], conditions: Conditions) -> Resource[Any]:
    for left in reversed(range(TRIES)):
        try:
            return await act()
        except PreconditionFailedException:
            if not left or conditions.if_match or conditions.if_none_match:
                raise
    raise PreconditionFailedException
