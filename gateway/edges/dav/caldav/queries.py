"""CALDAV:calendar-query and CALDAV:calendar-multiget (RFC 4791 §7.8, §7.9)."""

from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, cast

from starlette.responses import Response

from chassis.errors import InvalidInput
from gateway.edges.dav.answers import multistatus_response
from gateway.edges.dav.caldav import rules
from gateway.edges.dav.caldav.description import zone_of
from gateway.edges.dav.caldav.filters import filter_of
from gateway.edges.dav.caldav.shapes import by_reference, shape_of
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError, PropertyRefused
from gateway.edges.dav.headers import depth, wants_minimal
from gateway.edges.dav.kinds import Collection
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.reading import number_in, text_of
from gateway.edges.dav.reports.members import Answering, Asked
from gateway.edges.dav.reports.multiget import multiget
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.writing import Answer

if TYPE_CHECKING:
    from gateway.edges.dav.caldav.calendar import CalendarCollection


async def calendar_query(request: DavRequest, collection: Collection, root: Element) -> Response:
    calendar = cast("CalendarCollection", collection)
    wanted, limit = filter_of(root), number_in(root.find(dav("limit")))
    asked = _asked(request, root)
    shape = shape_of(asked.elements.get(rules.CALENDAR_DATA), without_time_zones=by_reference(request))
    time_zone = _time_zone(root)
    # With Depth 0 it is asked of the collection itself, which is no calendar object (§7.8); who says nothing of it
    # means what is within.
    within = depth(request.headers, 1)

    async def responses() -> AsyncIterator[Answer]:
        if not within:
            return
        most, content = limit + 1 if limit else 0, asked.needs_content(collection)
        found = calendar.matching(wanted, most, content=content, shape=shape, time_zone=time_zone)
        async for response in Answering(request, collection, asked).at_most(limit, found):
            yield response

    try:
        return await multistatus_response(responses(), minimal=asked.minimal)
    except InvalidInput as error:
        if "time_zone" not in error.fields:
            raise
        raise DavError(403, error.detail, condition=caldav("valid-timezone")) from error


async def calendar_multiget(request: DavRequest, collection: Collection, root: Element) -> Response:
    calendar = cast("CalendarCollection", collection)
    asked = _asked(request, root)
    shape = shape_of(asked.elements.get(rules.CALENDAR_DATA), without_time_zones=by_reference(request))
    read = partial(calendar.read, content=asked.needs_content(collection), shape=shape)
    return await multiget(request, collection, root, asked, read)


def _asked(request: DavRequest, root: Element) -> Asked:
    asked = Asked.of(root.find(dav("prop")), minimal=wants_minimal(request.headers))
    data = asked.elements.get(rules.CALENDAR_DATA)
    if data is not None:
        rules.check_asked(data)
    return asked


def _time_zone(root: Element) -> str:
    """The clock of floating times, by name or by definition (RFC 4791 §9.8, RFC 7809 §5.1)."""
    named, defined = root.find(caldav("timezone-id")), root.find(caldav("timezone"))
    if named is not None:
        zone = text_of(named)
        if not zone or not zone.isascii() or len(zone) > 100:
            raise DavError(403, "Not a time zone", condition=caldav("valid-timezone"))
        return zone
    if defined is None:
        return ""
    try:
        return zone_of("".join(map(str, defined.itertext())))
    except PropertyRefused as error:
        raise DavError(403, error.detail, condition=caldav("valid-calendar-data")) from error
