"""PublicationService."""

from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from google.protobuf.empty_pb2 import Empty
from workspace.calendar.v1 import publications_pb2 as pb
from workspace.calendar.v1 import publications_pb2_grpc as rpc

from chassis.errors import InvalidInput
from chassis.identity import current_identity
from chassis.rpc.downloads import bodies
from services.calendar.api.messages import timestamp
from services.calendar.domain.publications import Detail, Publication
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.publish import publications_of, publish, published, read_published, withdraw

_DETAILS = {Detail.BUSY: pb.PUBLISHED_DETAIL_BUSY, Detail.WORDS: pb.PUBLISHED_DETAIL_WORDS}
_GIVEN = {number: detail for detail, number in _DETAILS.items()}


class PublicationApi(rpc.PublicationServiceServicer):
    """Secret links of calendars."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ListPublications(self, request: pb.ListPublicationsRequest, context: Any) -> pb.ListPublicationsResponse:
        found = await publications_of(self._agenda, current_identity(), request.calendar_id)
        return pb.ListPublicationsResponse(publications=map(_message, found))

    async def PublishCalendar(self, request: pb.PublishCalendarRequest, context: Any) -> pb.Publication:
        if request.detail not in _GIVEN:
            raise InvalidInput("How much is shown", fields={"detail": "is needed"})
        made, secret = await publish(
            self._agenda, current_identity(), request.calendar_id, _GIVEN[request.detail], request.label
        )
        return _message(made, f"{self._agenda.options.public_url}/ics/{secret}.ics")

    async def WithdrawPublication(self, request: pb.WithdrawPublicationRequest, context: Any) -> Empty:
        await withdraw(self._agenda, current_identity(), request.calendar_id, request.publication_id)
        return Empty()

    async def ReadPublication(self, request: pb.ReadPublicationRequest, context: Any) -> AsyncIterator[HttpBody]:
        found = await published(self._agenda, request.secret)
        await context.send_initial_metadata((("workspace-etag", f'"{found.etag}"'),))
        async for body in bodies("text/calendar; charset=utf-8", read_published(self._agenda, found)):
            yield body


def _message(publication: Publication, url: str = "") -> pb.Publication:
    return pb.Publication(
        id=publication.id,
        calendar_id=publication.calendar,
        label=publication.label,
        detail=_DETAILS[publication.detail],
        created_at=timestamp(publication.created_at),
        url=url,
    )
