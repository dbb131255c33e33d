"""A calendar, as the calendar service keeps it."""

from collections.abc import AsyncIterator, Container, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Any

from workspace.calendar.v1 import calendars_pb2 as pb
from workspace.calendar.v1 import filters_pb2, locks_pb2, objects_pb2, sharing_pb2

from chassis.errors import AlreadyExists, NotFound, WorkspaceError
from chassis.rpc import translated
from gateway.edges.dav.access import Grant
from gateway.edges.dav.caldav import description, privileges, rules
from gateway.edges.dav.caldav.freebusy import free_busy_query
from gateway.edges.dav.caldav.held import empty_member, lock_of, locked
from gateway.edges.dav.caldav.queries import calendar_multiget, calendar_query
from gateway.edges.dav.caldav.stubs import Stubs
from gateway.edges.dav.elements import Element
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.headers import Conditions
from gateway.edges.dav.kinds import Changes, Collection, Described, Member, Report, Written
from gateway.edges.dav.locks import Lock, Locking
from gateway.edges.dav.names import caldav, dav
from gateway.edges.dav.paths import Path
from gateway.edges.dav.writing import Live, Value


class CalendarCollection:
    """Reads and writes by `CalendarService` and `ObjectService`, in the name of whoever asks."""

    resource_types: Sequence[str] = (rules.CALENDAR,)
    largest = rules.LARGEST
    size_condition = rules.SIZE_CONDITION
    settable = description.SETTABLE
    content_properties = frozenset({rules.CALENDAR_DATA})
    reports: Mapping[str, Report] = {
        caldav("calendar-query"): calendar_query,
        caldav("calendar-multiget"): calendar_multiget,
        caldav("free-busy-query"): free_busy_query,
    }

    def __init__(self, stubs: Stubs, calendar: pb.Calendar, home: Path, name: str) -> None:
        """`home` and `name` are those of the path by which it was asked for."""
        self.stubs = stubs
        self.calendar = calendar
        self.name = name
        self.path = home.below(name)
        self.access = privileges.of_calendar(calendar)

    @property
    def title(self) -> str:
        return self.calendar.title

    @property
    def sync_token(self) -> str:
        return self.calendar.sync_token

    @property
    def live(self) -> Mapping[str, Live]:
        return {**rules.supported(), **rules.attached(), **description.of(self.calendar)}

    @property
    def dead(self) -> Mapping[str, str]:
        return self.calendar.properties

    async def prepared(self, names: Container[str]) -> None:
        """With its grants, which are asked of another rpc, and told to whose it is."""
        if dav("acl") in names and self.calendar.role == pb.ROLE_OWN:
            asked = sharing_pb2.ListGrantsRequest(calendar_id=self.calendar.id)
            found = await self.stubs.sharing.ListGrants(asked)
            grants = [Grant(each.address, privileges.of_role(each.role)) for each in found.grants if each.address]
            self.access = replace(self.access, grants=grants)

    def content_property(self, member: Member, asked: Element) -> Value:
        rules.check_asked(asked)
        return (member.content or b"").decode("utf-8")

    async def members(
        self, names: Sequence[str] = (), *, content: bool = False, shape: filters_pb2.ContentShape | None = None
    ) -> AsyncIterator[Member]:
        """With what was locked before there was anything (RFC 4918 §7.3)."""
        empty = {each.name: each for each in self.locks if each.empty and (not names or each.name in names)}
        async for member in self.read(names, content=content, shape=shape):
            empty.pop(member.name, None)
            yield member
        for name, lock in empty.items():
            yield empty_member(name, lock)

    @property
    def locks(self) -> Sequence[Lock]:
        return [lock_of(each) for each in self.calendar.locks]

    async def lock(self, name: str, wanted: Locking, conditions: Conditions) -> Lock:
        request = locks_pb2.TakeLockRequest(
            calendar_id=self.calendar.id, name=name, shared=wanted.shared, infinite=wanted.infinite,
            owner=wanted.owner, seconds=wanted.seconds, lock_tokens=conditions.tokens,
        )  # fmt: skip
        try:
            return lock_of(await self.stubs.locks.TakeLock(request))
        except WorkspaceError as error:
            raise self.refused(error) from error

    async def refresh(self, token: str, seconds: int) -> Lock:
        request = locks_pb2.RefreshLockRequest(calendar_id=self.calendar.id, token=token, seconds=seconds)
        return lock_of(await self.stubs.locks.RefreshLock(request))

    async def unlock(self, token: str) -> None:
        await self.stubs.locks.ReleaseLock(locks_pb2.ReleaseLockRequest(calendar_id=self.calendar.id, token=token))

    async def read(
        self, names: Sequence[str], *, content: bool, shape: filters_pb2.ContentShape | None = None
    ) -> AsyncIterator[Member]:
        """Those named that are there, or all, each in a shape; nothing for who may only know of busy times."""
        if not self.access.may("read"):
            return
        request = objects_pb2.ReadObjectsRequest(
            calendar_id=self.calendar.id, names=names, with_content=content, shape=shape
        )
        async for member in self._members(self.stubs.objects.ReadObjects(request), content=content):
            yield member

    async def matching(
        self,
        wanted: filters_pb2.ComponentFilter,
        limit: int,
        *,
        content: bool,
        shape: filters_pb2.ContentShape,
        time_zone: str = "",
    ) -> AsyncIterator[Member]:
        """What a filter lets through, at most `limit` where it is not 0."""
        if not self.access.may("read"):
            return
        request = objects_pb2.QueryObjectsRequest(
            calendar_id=self.calendar.id, filter=wanted, limit=limit, with_content=content, shape=shape,
            time_zone=time_zone,
        )  # fmt: skip
        async for member in self._members(self.stubs.objects.QueryObjects(request), content=content):
            yield member

    async def _members(self, call: Any, *, content: bool) -> AsyncIterator[Member]:
        try:
            with translated():
                async for some in call:
                    for each in some.objects:
                        yield _member(each, content=content)
        finally:
            call.cancel()

    async def put(self, name: str, content: bytes, media_type: str, conditions: Conditions) -> Written:
        rules.check_type(media_type)
        request = objects_pb2.PutObjectRequest(
            calendar_id=self.calendar.id, name=name, content=content, precondition=precondition_of(conditions)
        )
        try:
            return written(await self.stubs.objects.PutObject(request))
        except WorkspaceError as error:
            raise self.refused(error) from error

    async def delete(self, name: str, conditions: Conditions) -> None:
        request = objects_pb2.DeleteObjectRequest(
            calendar_id=self.calendar.id, name=name, precondition=precondition_of(conditions),
            no_reply=not conditions.reply,
        )  # fmt: skip
        try:
            await self.stubs.objects.DeleteObject(request)
        except NotFound:
            empty = next((each for each in self.locks if each.empty and each.name == name), None)
            if empty is None or empty.token not in conditions.tokens:
                raise
            await self.unlock(empty.token)
        except WorkspaceError as error:
            raise self.refused(error) from error

    async def transfer(
        self, name: str, to: Collection, to_name: str, *, overwrite: bool, copy: bool, conditions: Conditions
    ) -> bool:
        if not isinstance(to, CalendarCollection):
            raise DavError(403, "It cannot go there")
        request = objects_pb2.MoveObjectRequest(
            calendar_id=self.calendar.id, name=name, to_calendar_id=to.calendar.id, to_name=to_name,
            overwrite=overwrite, copy=copy, precondition=precondition_of(conditions),
        )  # fmt: skip
        try:
            return bool((await self.stubs.objects.MoveObject(request)).created)
        except WorkspaceError as error:
            # A lock may be on either.
            there = self if error.fields.get("calendar") == self.calendar.id else to
            raise there.refused(error) from error

    def refused(self, error: WorkspaceError) -> WorkspaceError:
        """As CalDAV says it, of what was to be written here."""
        return refused_at(error, self.path)

    async def changes(self, token: str, limit: int) -> Changes:
        request = objects_pb2.ListObjectChangesRequest(calendar_id=self.calendar.id, sync_token=token, limit=limit)
        found = await self.stubs.objects.ListObjectChanges(request)
        changed = [_member(each, content=False) for each in found.changed]
        return Changes(changed, list(found.removed), found.sync_token, found.more)

    async def describe(self, wanted: Described, conditions: Conditions) -> None:
        request = pb.PatchCalendarRequest(id=self.calendar.id, lock_tokens=conditions.tokens)
        description.into_patch(wanted, request)
        try:
            await self.stubs.calendars.PatchCalendar(request)
        except WorkspaceError as error:
            raise self.refused(description.refused(error)) from error

    async def remove(self, conditions: Conditions) -> None:
        request = pb.DeleteCalendarRequest(id=self.calendar.id, lock_tokens=conditions.tokens)
        try:
            await self.stubs.calendars.DeleteCalendar(request)
        except WorkspaceError as error:
            raise self.refused(error) from error


def _member(found: objects_pb2.Object, *, content: bool) -> Member:
    component = f"; component={found.component}" if found.component else ""
    return Member(
        name=found.name,
        etag=found.etag,
        octets=found.octets,
        content_type=rules.ICALENDAR + component,
        modified=found.updated_at.ToDatetime(UTC),
        content=found.content if content else None,
        live={caldav("schedule-tag"): f'"{found.schedule_tag}"'} if found.schedule_tag else {},
        headers=schedule_headers(found.schedule_tag),
    )


def written(kept: objects_pb2.PutObjectResponse) -> Written:
    """Where what is kept is not what was given, the client has to read it (RFC 6638 §3.2.10)."""
    return Written("" if kept.changed else kept.etag, kept.created, schedule_headers(kept.schedule_tag))


def refused_at(error: WorkspaceError, where: Path) -> WorkspaceError:
    """As CalDAV says it, of what was to be written in the calendar of a path. A UID that another one has is told with
    that one's path."""
    holder = error.fields.get("uid", "") if isinstance(error, AlreadyExists) else ""
    if "locked" in error.fields:
        return locked(error, where)
    return rules.refused_object(error, where.below(holder).href if holder else "")


def schedule_headers(schedule_tag: str) -> dict[str, str]:
    return {"schedule-tag": f'"{schedule_tag}"'} if schedule_tag else {}


def precondition_of(conditions: Conditions) -> objects_pb2.ObjectPrecondition:
    return objects_pb2.ObjectPrecondition(
        if_match=conditions.if_match,
        if_none_match=conditions.if_none_match,
        if_schedule_tag_match=conditions.schedule_tag,
        lock_tokens=conditions.tokens,
    )
