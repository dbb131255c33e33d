"""Locks of calendars as the core has them."""

import hashlib

from workspace.calendar.v1 import locks_pb2 as pb

from chassis.errors import WorkspaceError
from gateway.edges.dav.caldav.rules import ICALENDAR
from gateway.edges.dav.errors import DavError
from gateway.edges.dav.kinds import Member
from gateway.edges.dav.locks import Lock
from gateway.edges.dav.names import dav
from gateway.edges.dav.paths import Path


def lock_of(found: pb.Lock) -> Lock:
    return Lock(
        token=found.token,
        name=found.name,
        shared=found.shared,
        infinite=found.infinite,
        owner=found.owner,
        address=found.address,
        seconds=found.seconds,
        empty=found.empty,
    )


def empty_member(name: str, lock: Lock) -> Member:
    """What is locked and not written yet (RFC 4918 §7.3): no calendar keeps it, so it goes with its lock."""
    etag = hashlib.sha256(lock.token.encode()).hexdigest()[:16]
    return Member(name, f"empty-{etag}", 0, ICALENDAR, content=b"")


def locked(error: WorkspaceError, calendar: Path) -> DavError:
    """423 with what is locked (RFC 4918 §11.3, §16)."""
    names = error.fields["locked"].split("/")
    roots = tuple((calendar.below(name) if name else calendar).href for name in names)
    return DavError(423, error.detail, condition=dav(error.fields["rule"]), hrefs=roots)
