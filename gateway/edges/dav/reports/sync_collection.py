"""DAV:sync-collection (RFC 6578): what changed since a token."""

from collections.abc import AsyncIterator

from starlette.responses import Response

from chassis.errors import PreconditionFailed
from gateway.edges.dav.answers import multistatus_response
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, Malformed
from gateway.edges.dav.headers import wants_minimal
from gateway.edges.dav.kinds import Changes, Collection
from gateway.edges.dav.names import dav
from gateway.edges.dav.properties import SYNC
from gateway.edges.dav.reading import number_in, text_of
from gateway.edges.dav.reports.members import Answering, Asked
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Answer, of_status

INVALID = dav("valid-sync-token")


async def sync_collection(request: DavRequest, collection: Collection, root: Element) -> Response:
    minimal = wants_minimal(request.headers)
    given = text_of(root.find(dav("sync-token")))
    level = text_of(root.find(dav("sync-level")))
    if level not in {"", "1", "infinite"}:
        raise Malformed("DAV:sync-level is 1 or infinite")
    limit = number_in(root.find(dav("limit")))
    asked = Asked.of(root.find(dav("prop")), minimal=minimal)
    if given and (not given.startswith(SYNC) or given == SYNC):
        raise DavError(403, "Not a token of ours", condition=INVALID)
    try:
        changes = await collection.changes(given.removeprefix(SYNC), limit)
    except PreconditionFailed as error:
        raise DavError(403, error.detail, condition=INVALID) from error
    responses = _responses(request, collection, changes, asked)
    return await multistatus_response(responses, token=SYNC + changes.token, minimal=minimal)


async def _responses(
    request: DavRequest, collection: Collection, changes: Changes, asked: Asked
) -> AsyncIterator[Answer]:
    answering = Answering(request, collection, asked)
    if asked.needs_content(collection):
        # What is gone again since then is told as gone, which the next token would say as well.
        names = [member.name for member in changes.changed]
        async for response in answering.named(names, collection.members(names, content=True)):
            yield response
    else:
        for member in changes.changed:
            yield answering.response(member)
    for name in changes.removed:
        yield of_status(request.path.below(name).href, 404)
    if changes.more:
        yield of_status(request.path.href, 507, dav("number-of-matches-within-limits"))
