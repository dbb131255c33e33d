"""Calendars as a kind of collection."""

from collections.abc import Mapping

import grpc
from starlette.responses import Response
from workspace.calendar.v1 import calendars_pb2 as pb

from chassis.errors import NotFound
from chassis.identity import Identity
from gateway.edges.dav.access import own
from gateway.edges.dav.caldav import rules
from gateway.edges.dav.caldav.files import get_file, is_file
from gateway.edges.dav.caldav.get import get_object
from gateway.edges.dav.caldav.home import CalendarHome, collection_of
from gateway.edges.dav.caldav.mkcalendar import mkcalendar
from gateway.edges.dav.caldav.outbox import Outbox
from gateway.edges.dav.caldav.places import Places
from gateway.edges.dav.caldav.post import post
from gateway.edges.dav.caldav.proxies import Proxies
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.caldav.unread import UnreadCalendar
from gateway.edges.dav.kinds import Collection, Home, Method
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.paths import NOTHING, PRINCIPALS, Path
from gateway.edges.dav.request import DavRequest
from gateway.edges.dav.verbs.lock import lock
from gateway.edges.dav.verbs.unlock import unlock
from gateway.edges.dav.writing import Live, element, href


class Calendars:
    """Over a channel to calendar."""

    segment = rules.SEGMENT
    features = (
        "calendar-access", "calendar-auto-schedule", "calendar-no-timezone", "calendar-availability", "calendar-proxy",
        "calendar-managed-attachments", "calendarserver-principal-property-search", "calendarserver-principal-search",
    )  # fmt: skip
    home_set = caldav("calendar-home-set")
    resource_type = rules.CALENDAR
    methods: Mapping[str, Method] = {"LOCK": lock, "MKCALENDAR": mkcalendar, "POST": post, "UNLOCK": unlock}

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stubs = Stubs(channel)
        self.methods = {**Calendars.methods, "GET": self._get, "HEAD": self._head}
        proxies = Proxies(self._stubs.sharing)
        self.groups, self.set_members = proxies.groups, proxies.set_members
        self.memberships, self.membership_properties = proxies.memberships, proxies.membership_properties
        places = Places(self._stubs.resources)
        self.place, self.places = places.place, places.places
        self.telling_memberships = proxies.telling_memberships

    async def _get(self, request: DavRequest) -> Response:
        """What is in a calendar, or a file that something in one carries."""
        return await get_file(self._stubs, request, head=False) if is_file(request) else await get_object(request)

    async def _head(self, request: DavRequest) -> Response:
        return await get_file(self._stubs, request, head=True) if is_file(request) else await get_object(request)

    def principal_properties(self, identity: Identity, home: str) -> Mapping[str, Live]:
        """RFC 6638 §2.4."""
        principal = Path((PRINCIPALS, identity.address)).href
        addresses = [f"mailto:{address}" for address in (identity.address, *identity.aliases)]
        return {
            caldav("schedule-inbox-URL"): lambda: [href(f"{home}{rules.INBOX}/")],
            caldav("schedule-outbox-URL"): lambda: [href(f"{home}{rules.OUTBOX}/")],
            caldav("calendar-user-address-set"): lambda: [
                # The first is the one to write as (Apple's clients).
                element(dav("href"), addresses[0], preferred="1"),
                *(href(each) for each in (*addresses[1:], principal)),
            ],
            caldav("calendar-user-type"): "INDIVIDUAL",
        }

    def person_properties(self, address: str) -> Mapping[str, Live]:
        return {
            caldav("calendar-user-address-set"): lambda: [href(f"mailto:{address}")],
            caldav("calendar-user-type"): "INDIVIDUAL",
        }

    async def home(self, identity: Identity, address: str) -> Home:
        found = await self._stubs.calendars.FindHome(pb.FindHomeRequest(address=address))
        return CalendarHome(self._stubs, found, address)

    def unread(self, address: str, name: str) -> UnreadCalendar | None:
        """Not an inbox, one's own or another's, and not the outbox: nobody writes there."""
        if name.rpartition(".")[2] in (rules.INBOX, rules.OUTBOX):
            return None
        return UnreadCalendar(self._stubs, Path((rules.SEGMENT, address, name)))

    async def collection(self, identity: Identity, address: str, name: str) -> Collection:
        if name == rules.OUTBOX:
            if not own(identity, address):
                raise NotFound(NOTHING)
            return Outbox(self._stubs, identity.address)
        found = await self._stubs.calendars.FindCalendar(pb.FindCalendarRequest(address=address, name=name))
        return collection_of(self._stubs, found, Path((rules.SEGMENT, address)), name)
