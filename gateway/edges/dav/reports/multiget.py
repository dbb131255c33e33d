"""Named members at once: CALDAV:calendar-multiget (RFC 4791 §7.9), CARDDAV:addressbook-multiget (RFC 6352 §8.7)."""

from collections.abc import AsyncIterator, Callable, Sequence

from starlette.responses import Response

from gateway.edges.dav.answers import multistatus_response
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import Malformed
from gateway.edges.dav.kinds import Collection, Member
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import path_of_href
from gateway.edges.dav.reading import text_of
from gateway.edges.dav.reports.members import Answering, Asked
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Answer, of_status

MAX_HREFS = 10_000


async def multiget(
    request: DavRequest,
    collection: Collection,
    root: Element,
    asked: Asked,
    read: Callable[[Sequence[str]], AsyncIterator[Member]],
) -> Response:
    """`read` gives those of some names that are there. Raises `Malformed`."""
    hrefs = [text_of(each) for each in root.iterfind(dav("href"))]
    if not hrefs or len(hrefs) > MAX_HREFS:
        raise Malformed(f"1 to {MAX_HREFS} DAV:href are needed")
    names, foreign = _within(request, hrefs)

    async def responses() -> AsyncIterator[Answer]:
        async for response in Answering(request, collection, asked).named(names, read(names)):
            yield response
        for each in foreign:
            yield of_status(each, 404)

    return await multistatus_response(responses(), minimal=asked.minimal)


def _within(request: DavRequest, hrefs: Sequence[str]) -> tuple[list[str], list[str]]:
    """The names of those in this collection, and the others as they were given."""
    names, foreign = [], []
    for each in dict.fromkeys(hrefs):
        path = path_of_href(each)
        if path is not None and path.member and path.segments[:3] == request.path.segments[:3]:
            names.append(path.member)
        else:
            foreign.append(each)
    return names, foreign
