"""What scim2-server reads and writes by: directory's rpcs, in the name of whoever asks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from scim2_models import Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.storage import AsyncScimStorage, SearchPage

from chassis.errors import WorkspaceError
from gateway.edges.scim.errors import scim_error, search_error
from gateway.edges.scim.models import MAX_RESULTS


class Kept(Protocol):
    """The resources of one type."""

    async def get(self, resource_id: str, wanted: frozenset[str]) -> Any: ...
    async def search(
        self, search: SearchRequest[Any], offset: int, count: int, wanted: frozenset[str]
    ) -> tuple[int, list[Any]]: ...
    async def create(self, resource: Any) -> Any: ...
    async def replace(self, resource: Any, expected: str | None) -> Any: ...
    async def delete(self, resource_id: str, expected: str | None) -> None: ...


# What is read of its own, and left out where a client does not want to see it.
_COSTLY = frozenset({"members", "groups"})


def _wanted(parameters: ResponseParameters[Any] | None) -> frozenset[str]:
    """Which of the costly attributes are to be shown; all of them for whoever changes the resource."""
    if parameters is None:
        return _COSTLY
    named = {str(path).casefold().rpartition(":")[2].partition(".")[0] for path in parameters.attributes or ()}
    left = {str(path).casefold().rpartition(":")[2] for path in parameters.excluded_attributes or ()}
    return (_COSTLY & named if parameters.attributes else _COSTLY) - left


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except WorkspaceError as error:
        raise scim_error(error) from error


class DirectoryStorage(AsyncScimStorage):
    """The resource types by their names."""

    def __init__(self, kept: Mapping[str, Kept]) -> None:
        self._kept = kept

    def _of(self, resource_type: ResourceType) -> Kept:
        return self._kept[str(resource_type.name)]

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        with _told():
            found: Resource[Any] = await self._of(resource_type).get(resource_id, _wanted(response_parameters))
            return found

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,  # noqa: ARG002 - of cursors, which are not offered
    ) -> SearchPage:
        """Several types follow one another: users, then groups, each in the order asked for."""
        offset = search_request.start_index_0 or 0
        wanted = MAX_RESULTS if search_request.count is None else search_request.count
        total, shown = 0, _wanted(search_request)
        page: list[Resource[Any]] = []
        for resource_type in resource_types:
            try:
                of_type, found = await self._of(resource_type).search(
                    search_request, max(0, offset - total), wanted - len(page), shown
                )
            except WorkspaceError as error:
                raise search_error(error) from error
            total += of_type
            page += found
        return SearchPage(total, page)

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        with _told():
            made: Resource[Any] = await self._of(resource_type).create(resource)
            return made

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        with _told():
            changed: Resource[Any] = await self._of(resource_type).replace(resource, expected_version)
            return changed

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        with _told():
            await self._of(resource_type).delete(resource_id, expected_version)
