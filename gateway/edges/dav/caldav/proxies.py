"""Who acts for somebody, as Apple's clients have it (calendarserver.org's caldav-proxy): two groups below each
principal, of those who read and of those who write.

Calendar knows one role more between them, to answer in somebody's name; who has it stands among those who read, and
keeps it while a client rewrites that group.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from workspace.calendar.v1 import calendars_pb2, sharing_pb2

from chassis.errors import InvalidInput, NotFound, PreconditionFailed, Unavailable
from chassis.identity import Identity
from gateway.edges.dav.access import own
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import PropertyRefused, needs
from gateway.edges.dav.kinds import Group
from gateway.edges.dav.names import calendarserver, dav
from gateway.edges.dav.paths import NOTHING, PRINCIPALS, Path
from gateway.edges.dav.writing import Live, href

READ, WRITE = "calendar-proxy-read", "calendar-proxy-write"
_TITLES = {READ: "Lecture", WRITE: "Écriture"}
_GROUPS = {
    calendars_pb2.ROLE_READ: READ, calendars_pb2.ROLE_ANSWER: READ, calendars_pb2.ROLE_WRITE: WRITE,
}  # fmt: skip


class Proxies:
    """Asks `CalendarSharingService` in the name of whoever asks."""

    def __init__(self, sharing: Any) -> None:
        self._sharing = sharing

    async def groups(self, identity: Identity, address: str) -> Sequence[Group]:
        """One's own whole; of others those that one is in oneself, without their other members. Of anybody else,
        existing or not, nothing; and nothing while calendar is away."""
        try:
            found = await self._delegations()
        except Unavailable:
            return []
        if own(identity, address):
            return [
                _group(name, [each.delegate_address for each in found.given if _GROUPS.get(each.role) == name])
                for name in _TITLES
            ]
        held = {_GROUPS.get(each.role, "") for each in found.held if each.owner_address == address.lower()}
        return [_group(name, [identity.address]) for name in _TITLES if name in held]

    async def set_members(self, identity: Identity, address: str, name: str, members: Sequence[str]) -> None:
        """Raises `NotFound`, `DavError`."""
        if not own(identity, address):
            raise needs(Path((PRINCIPALS, address, name)).href, dav("write-properties"))
        roles = [role for role, group in _GROUPS.items() if group == name]
        if not roles:
            raise NotFound(NOTHING)
        wanted = [member.lower() for member in members]
        given = (await self._delegations()).given
        answering = [each.delegate_address for each in given if each.role == calendars_pb2.ROLE_ANSWER]
        kept = [each for each in answering if each in wanted]
        try:
            # What may be refused comes first: where it is, nothing has changed.
            await self._set(roles[0], [each for each in wanted if name == WRITE or each not in kept])
            if name == READ and len(kept) < len(answering):
                await self._set(calendars_pb2.ROLE_ANSWER, kept)
        except (InvalidInput, PreconditionFailed) as error:
            condition = dav("recognized-principal")
            raise PropertyRefused(dav("group-member-set"), error.detail, condition=condition) from error

    async def _set(self, role: calendars_pb2.Role.ValueType, addresses: Sequence[str]) -> None:
        await self._sharing.SetDelegates(sharing_pb2.SetDelegatesRequest(role=role, addresses=addresses))

    async def memberships(self, identity: Identity) -> Sequence[tuple[str, str]]:
        """None while calendar is away: address books go on without it."""
        try:
            found = await self._delegations()
        except Unavailable:
            return []
        return [(each.owner_address, _GROUPS[each.role]) for each in found.held if each.role in _GROUPS]

    telling_memberships = (dav("group-membership"), *(calendarserver(f"{name}-for") for name in _TITLES))

    def membership_properties(self, groups: Sequence[tuple[str, str]]) -> Mapping[str, Live]:
        def owners(name: str) -> list[Element]:
            return [href(Path((PRINCIPALS, address)).href) for address, group in groups if group == name]

        return {calendarserver(f"{name}-for"): partial(owners, name) for name in _TITLES}

    async def _delegations(self) -> sharing_pb2.ListDelegationsResponse:
        found: sharing_pb2.ListDelegationsResponse = await self._sharing.ListDelegations(
            sharing_pb2.ListDelegationsRequest()
        )
        return found


def _group(name: str, members: Sequence[str]) -> Group:
    return Group(name, _TITLES[name], members, (dav("collection"), calendarserver(name)))
