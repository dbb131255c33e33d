"""Where somebody's calendars are, as far as the one who asks may see them."""

from collections.abc import Mapping, Sequence

from workspace.calendar.v1 import calendars_pb2 as pb

from chassis.errors import AlreadyExists, InvalidInput, PreconditionFailed, WorkspaceError
from gateway.edges.dav.caldav import description, privileges, rules
from gateway.edges.dav.caldav.calendar import CalendarCollection
from gateway.edges.dav.caldav.inbox import Inbox
from gateway.edges.dav.caldav.outbox import Outbox
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Collection, Described
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.paths import Path
from gateway.edges.dav.writing import Live, element


class CalendarHome:
    """One's own also has what others share, under the whole ids of those calendars."""

    def __init__(self, stubs: Stubs, home: pb.Home, address: str) -> None:
        """`address` is the one by which it was asked for."""
        self._stubs, self._home = stubs, home
        self._path = Path((rules.SEGMENT, address))
        self.access = privileges.of_home(home)
        self.title = home.display_name or home.address

    @property
    def live(self) -> Mapping[str, Live]:
        return {
            # Empty: where the calendars are (RFC 8607 §6.1).
            caldav("managed-attachments-server-URL"): "",
            caldav("supported-calendar-component-sets"): lambda: [
                element(description.COMPONENT_SET, rules.component_set(rules.COMPONENTS)),
                *(element(description.COMPONENT_SET, rules.component_set((each,))) for each in rules.COMPONENTS),
            ],
        }

    async def collections(self) -> Sequence[Collection]:
        found: list[Collection] = [
            collection_of(self._stubs, each, self._path, each.name if each.owner_id == self._home.owner_id else each.id)
            for each in self._home.calendars
        ]
        return [*found, Outbox(self._stubs, self._home.address)] if self._home.own else found

    async def create(self, name: str, wanted: Described) -> None:
        if name in {rules.INBOX, rules.OUTBOX}:
            raise _taken("There is something at this path")
        request = description.into_calendar(wanted, name)
        try:
            await self._stubs.calendars.CreateCalendar(request)
        except AlreadyExists as error:
            raise _taken(error.detail) from error
        except PreconditionFailed as error:
            raise DavError(507, error.detail, condition=dav("quota-not-exceeded")) from error
        except WorkspaceError as error:
            if isinstance(error, InvalidInput) and "name" in error.fields:
                location = caldav("calendar-collection-location-ok")
                raise DavError(403, f"A name has {error.fields['name']}", condition=location) from error
            raise description.refused(error) from error


def _taken(detail: str) -> DavError:
    return DavError(405, detail, condition=dav("resource-must-be-null"))


def collection_of(stubs: Stubs, calendar: pb.Calendar, home: Path, name: str) -> CalendarCollection:
    kind = Inbox if calendar.kind == pb.CALENDAR_KIND_INBOX else CalendarCollection
    return kind(stubs, calendar, home, name)
