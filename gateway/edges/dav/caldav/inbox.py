"""The scheduling inbox (RFC 6638 §2.2), and when its owner can be met (RFC 7953 §7.2.4)."""

from collections.abc import Container, Mapping

from google.protobuf.field_mask_pb2 import FieldMask
from workspace.calendar.v1 import availability_pb2
from workspace.calendar.v1 import calendars_pb2 as pb

from chassis.errors import InvalidInput, WorkspaceError
from gateway.edges.dav.caldav import description, privileges, rules
from gateway.edges.dav.caldav.calendar import CalendarCollection
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.errors import PropertyRefused
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.kinds import Described
from gateway.edges.dav.names import caldav
from gateway.edges.dav.paths import Path
from gateway.edges.dav.writing import Live


class Inbox(CalendarCollection):
    """Scheduling messages as they came (RFC 6638 §2.2): read and removed by the client, written by the service."""

    resource_types = (caldav("schedule-inbox"),)
    settable = description.SETTABLE_OF_INBOX

    def __init__(self, stubs: Stubs, calendar: pb.Calendar, home: Path, name: str) -> None:
        super().__init__(stubs, calendar, home, name)
        self._home = home
        self._availability = ""
        self.access = privileges.of_inbox(calendar)

    @property
    def live(self) -> Mapping[str, Live]:
        met: dict[str, Live] = {description.AVAILABILITY: self._availability} if self._availability else {}
        return {**rules.supported(), **description.of_inbox(self._home), **met}

    async def prepared(self, names: Container[str]) -> None:
        """With when its owner can be met, which is asked of another rpc (RFC 7953 §7.2.4)."""
        await super().prepared(names)
        if description.AVAILABILITY in names and self.calendar.role == pb.ROLE_OWN:
            self._availability = await self._met()

    async def describe(self, wanted: Described, conditions: Conditions) -> None:
        given = wanted.properties.get(description.AVAILABILITY)
        if given is None and description.AVAILABILITY not in wanted.removed:
            await super().describe(wanted, conditions)
            return
        others = {name: each for name, each in wanted.properties.items() if name != description.AVAILABILITY}
        removed = [name for name in wanted.removed if name != description.AVAILABILITY]
        before = await self._met()
        await self._meet("".join(map(str, given.itertext())) if given is not None else "")
        try:
            if others or removed:
                await super().describe(Described(others, removed), conditions)
        except WorkspaceError:
            # All of it or nothing (RFC 4918 §9.2), though two rpcs keep it.
            await self._meet(before)
            raise

    async def _met(self) -> str:
        """As iCalendar; empty where nothing is said."""
        return str(
            (await self.stubs.availability.GetPreferences(availability_pb2.GetPreferencesRequest())).availability
        )

    async def _meet(self, said: str) -> None:
        """Raises `PropertyRefused`."""
        request = availability_pb2.UpdatePreferencesRequest(
            preferences=availability_pb2.Preferences(availability=said), update_mask=FieldMask(paths=["availability"])
        )
        try:
            await self.stubs.availability.UpdatePreferences(request)
        except InvalidInput as error:
            condition = caldav("valid-calendar-data")
            raise PropertyRefused(description.AVAILABILITY, error.detail, condition=condition) from error
