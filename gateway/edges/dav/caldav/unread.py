"""A calendar by its path alone: the service finds it in the write, and a PUT is one question instead of two."""

from workspace.calendar.v1 import objects_pb2

from chassis.errors import Forbidden, WorkspaceError
from gateway.edges.dav.caldav import rules
from gateway.edges.dav.caldav.calendar import precondition_of, refused_at, written
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.errors import needs
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.kinds import Written
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import Path


class UnreadCalendar:
    """Takes what a `CalendarCollection` takes, and refuses it as that does."""

    largest = rules.LARGEST
    size_condition = rules.SIZE_CONDITION

    def __init__(self, stubs: Stubs, path: Path) -> None:
        self._stubs, self._path = stubs, path

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        rules.check_type(media_type)
        request = objects_pb2.PutObjectRequest(
            home_address=self._path.address, calendar_name=self._path.collection, name=name, content=content,
            precondition=precondition_of(conditions),
        )  # fmt: skip
        try:
            return written(await self._stubs.objects.PutObject(request))
        except WorkspaceError as error:
            # One's role on a calendar that was read is looked at before anything is sent.
            if isinstance(error, Forbidden) and ("role" in error.fields or error.fields.get("rule") == "subscription"):
                raise needs(self._path.below(name).href, dav("write-content")) from error
            raise refused_at(error, self._path) from error
