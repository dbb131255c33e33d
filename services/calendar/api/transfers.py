"""TransferService."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Literal
from urllib.parse import quote

from google.api.httpbody_pb2 import HttpBody
from workspace.calendar.v1 import transfers_pb2 as pb
from workspace.calendar.v1 import transfers_pb2_grpc as rpc

from chassis.identity import current_identity
from chassis.rpc.uploads import uploaded
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.export_calendar import Range, begin_export, export_event, exported
from services.calendar.usecases.import_events import CREATED, REFUSED, UNCHANGED, UPDATED, import_events

PIECE = 64 * 1024
TYPE = "text/calendar; charset=utf-8"


_ENDS: tuple[Literal["start"], Literal["end"]] = ("start", "end")


class TransferApi(rpc.TransferServiceServicer):
    """Calendars as files."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda

    async def ImportEvents(
        self, request_iterator: AsyncIterator[pb.ImportEventsRequest], context: Any
    ) -> pb.ImportEventsResponse:
        first, pieces = await uploaded(request_iterator, "file")
        fates = await import_events(
            self._agenda, current_identity(), first.calendar_id, pieces, validate_only=first.validate_only
        )
        count = Counter(each.outcome for each in fates)
        return pb.ImportEventsResponse(
            created=count[CREATED],
            updated=count[UPDATED],
            unchanged=count[UNCHANGED],
            refused=count[REFUSED],
            events=[
                pb.ImportedEvent(
                    position=each.position, uid=each.uid, title=each.title, outcome=each.outcome, reason=each.reason
                )
                for each in fates
            ],
        )

    async def ExportCalendar(self, request: pb.ExportCalendarRequest, context: Any) -> AsyncIterator[HttpBody]:
        caller = current_identity()
        within = Range(*(getattr(request, each).seconds if request.HasField(each) else None for each in _ENDS))
        reached = await begin_export(self._agenda, caller, request.calendar_id, within)
        etag = f"{reached.calendar.sync_token}-{int(reached.access.sees_private)}{within}"
        await _head(context, etag, reached.calendar.name)
        async for octets in exported(self._agenda, caller, reached, within):
            for start in range(0, len(octets), PIECE):
                yield HttpBody(content_type=TYPE, data=octets[start : start + PIECE])

    async def ExportEvent(self, request: pb.ExportEventRequest, context: Any) -> AsyncIterator[HttpBody]:
        found = await export_event(self._agenda, current_identity(), request.id)
        await _head(context, f"{found.stored.etag}-{int(found.reached.access.sees_private)}", found.stored.id)
        octets = found.stored.content
        for start in range(0, len(octets), PIECE):
            yield HttpBody(content_type=TYPE, data=octets[start : start + PIECE])


async def _head(context: Any, etag: str, name: str) -> None:
    said = (("workspace-etag", f'"{etag}"'), ("workspace-filename", quote(f"{name}.ics", safe="")))
    await context.send_initial_metadata(said)
