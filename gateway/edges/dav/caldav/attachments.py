"""Managed attachments (RFC 8607): POST to a calendar object adds, changes and removes the files that it carries."""

from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from typing import Any
from urllib.parse import parse_qs

from google.api.httpbody_pb2 import HttpBody
from starlette.datastructures import Headers
from starlette.responses import Response
from workspace.calendar.v1 import attachments_pb2 as pb

from chassis.errors import TooLarge, WorkspaceError
from gateway.edges.dav.answers import empty
from gateway.edges.dav.caldav.calendar import CalendarCollection, precondition_of, schedule_headers
from gateway.edges.dav.caldav.rules import MOST_OCTETS_ATTACHED
from gateway.edges.dav.errors import DavError, needs
from gateway.edges.dav.headers import wants_representation
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.put import representation
from gateway.transcoding.bodies import pieces
from gateway.transcoding.upload import Body, after, finished

_PARAMETERS = ("action", "managed-id", "rid")
_LONGEST_RID = 4096


async def post_attachment(request: DavRequest, collection: CalendarCollection) -> Response:
    """By the action that its query names (RFC 8607 §3.3)."""
    query = parse_qs(request.query, keep_blank_values=True)
    given = {name: query[name][0] for name in _PARAMETERS if name in query}
    act = _ACTIONS.get(given.get("action", ""))
    if act is None or any(len(query[name]) > 1 for name in given):
        raise _refused("valid-action", "An action is attachment-add, attachment-update or attachment-remove, once")
    if not collection.access.writable:
        raise needs(request.path.href, dav("write-content"))
    try:
        return await act(request, collection, given)
    except WorkspaceError as error:
        if isinstance(error, TooLarge) and "rule" not in error.fields:
            raise _refused("max-attachment-size", error.detail) from error
        raise collection.refused(error) from error


async def _add(request: DavRequest, collection: CalendarCollection, given: Mapping[str, str]) -> Response:
    if "managed-id" in given:
        raise _refused("valid-managed-id", "What is added has no id yet")
    made = await _sent(request, collection, instances=_instances(given))
    return await _answer(request, collection, made, 201)


async def _update(request: DavRequest, collection: CalendarCollection, given: Mapping[str, str]) -> Response:
    if "rid" in given:
        raise _refused("valid-rid", "A file is changed wherever it is")
    made = await _sent(request, collection, replaces=_managed_id(given))
    return await _answer(request, collection, made, 204)


async def _remove(request: DavRequest, collection: CalendarCollection, given: Mapping[str, str]) -> Response:
    left = await collection.stubs.attachments.DetachFromObject(
        pb.DetachFromObjectRequest(
            calendar_id=collection.calendar.id,
            name=request.path.member,
            precondition=precondition_of(request.conditions()),
            managed_id=_managed_id(given),
            instances=_instances(given),
        )
    )
    return await _answer(request, collection, left, 204)


_ACTIONS: Mapping[str, Callable[[DavRequest, CalendarCollection, Mapping[str, str]], Awaitable[Response]]] = {
    "attachment-add": _add,
    "attachment-update": _update,
    "attachment-remove": _remove,
}


async def _sent(request: DavRequest, collection: CalendarCollection, **said: Any) -> pb.AttachedObject:
    """The body, handed on as it comes."""
    headers = request.headers
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise DavError(415, "Bodies are taken without Content-Encoding")
    first = pb.AttachToObjectRequest(
        calendar_id=collection.calendar.id,
        name=request.path.member,
        precondition=precondition_of(request.conditions()),
        filename=filename_of(headers),
        file=HttpBody(content_type=headers.get("content-type", "")[:200]),
        **said,
    )
    octets = pieces(headers, request.receive, MOST_OCTETS_ATTACHED)
    # One too large by its own account is refused before the service hears of it.
    ahead = await anext(octets, None)
    body = Body(first, "file", after(ahead, octets))
    made: pb.AttachedObject = await finished(collection.stubs.attachments.AttachToObject(body.requests()), body)
    request.read = body.whole
    return made


async def _answer(
    request: DavRequest, collection: CalendarCollection, made: pb.AttachedObject, status: int
) -> Response:
    told = schedule_headers(made.schedule_tag) | ({"cal-managed-id": made.managed_id} if made.managed_id else {})
    if wants_representation(request.headers):
        response = await representation(request, collection, 201 if status == 201 else 200)
        response.headers.update(told)
        return response
    return empty(status, etag=f'"{made.etag}"', **told)


def _managed_id(given: Mapping[str, str]) -> str:
    if not given.get("managed-id"):
        raise _refused("valid-managed-id", "Which file?")
    return given["managed-id"]


def _instances(given: Mapping[str, str]) -> list[str]:
    if "rid" not in given:
        return []
    named = [each.strip() for each in given["rid"].split(",")]
    if not all(named) or len(given["rid"]) > _LONGEST_RID:
        raise _refused("valid-rid", "Instances are M, or recurrence ids, with commas between them")
    return named


def filename_of(headers: Headers) -> str:
    """Of Content-Disposition (RFC 6266); empty where it names none. Octets beyond ASCII are taken as UTF-8."""
    given = headers.get("content-disposition", "")
    message = Message()
    message["content-disposition"] = given.encode("latin-1").decode("utf-8", "replace")[:2000]
    try:
        name = message.get_filename("")
    except (LookupError, ValueError, TypeError):
        name = ""
    return str(name).encode("utf-8", "replace").decode("utf-8")


def _refused(condition: str, detail: str) -> DavError:
    return DavError(403, detail, condition=caldav(condition))
