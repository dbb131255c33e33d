"""Roles on a calendar as privileges (RFC 3744 §3, RFC 4791 §6.1, RFC 6638 §6)."""

from collections.abc import Sequence

from workspace.calendar.v1 import calendars_pb2 as pb

from gateway.edges.dav.access import READING, WRITING, Access, Privileges
from gateway.edges.dav.names import caldav, dav

FREE_BUSY = caldav("read-free-busy")
_DELIVERING = ("schedule-deliver", "schedule-deliver-invite", "schedule-deliver-reply", "schedule-query-freebusy")
_SENDING = ("schedule-send", "schedule-send-invite", "schedule-send-reply", "schedule-send-freebusy")
DELIVERING, SENDING = tuple(map(caldav, _DELIVERING)), tuple(map(caldav, _SENDING))

_READ: Privileges = {dav("read"): {FREE_BUSY: {}, **{name: {} for name in READING[1:]}}}
CALENDAR: Privileges = {dav("all"): {**_READ, dav("write"): {name: {} for name in WRITING[1:]}, dav("unlock"): {}}}
INBOX: Privileges = {
    dav("all"): {
        **_READ, dav("write"): {name: {} for name in WRITING[1:]}, DELIVERING[0]: {n: {} for n in DELIVERING[1:]},
    }
}  # fmt: skip
OUTBOX: Privileges = {
    dav("all"): {dav("read"): {name: {} for name in READING[1:]}, SENDING[0]: {n: {} for n in SENDING[1:]}}
}

_CHANGING = (dav("write"), dav("write-content"), dav("bind"), dav("unbind"))
_SEEN = (FREE_BUSY, dav("read-current-user-privilege-set"))
_BY_ROLE: dict[int, Sequence[str]] = {
    pb.ROLE_FREE_BUSY: _SEEN,
    pb.ROLE_READ: (*READING, FREE_BUSY),
    # Answers are given by REST: a PUT may change whatever it likes.
    pb.ROLE_ANSWER: (*READING, FREE_BUSY),
    pb.ROLE_WRITE: (*READING, FREE_BUSY, dav("write-content"), dav("bind"), dav("unbind")),
    pb.ROLE_OWN: (*READING, FREE_BUSY, *WRITING, dav("unlock")),
}


def of_role(role: int) -> Sequence[str]:
    return _BY_ROLE.get(role, ())


def of_calendar(calendar: pb.Calendar) -> Access:
    """What the one who asks may do with a calendar."""
    privileges = of_role(calendar.role)
    if calendar.kind == pb.CALENDAR_KIND_SUBSCRIPTION:
        # It is fetched from elsewhere: described here, and nothing else.
        privileges = _without(privileges, *_CHANGING)
    return Access(calendar.owner_address, privileges, supported=CALENDAR)


def of_inbox(calendar: pb.Calendar) -> Access:
    """Whose it is, and who writes for them, reads and removes what came; nobody puts anything there."""
    privileges = _without(of_role(calendar.role), dav("write"), dav("write-content"), dav("bind"))
    if calendar.role == pb.ROLE_OWN:
        privileges = (*READING, dav("write-properties"), dav("unbind"), *DELIVERING)
    return Access(calendar.owner_address, privileges, supported=INBOX)


def _without(privileges: Sequence[str], *those: str) -> Sequence[str]:
    return tuple(each for each in privileges if each not in those)


def of_outbox(owner: str) -> Access:
    return Access(owner, (*READING, *SENDING), supported=OUTBOX)


def of_home(home: pb.Home) -> Access:
    """Calendars are made and removed by whose home it is; others see which there are for them."""
    return Access(home.address, of_role(pb.ROLE_OWN) if home.own else _VISITING, supported=CALENDAR)


_VISITING = (dav("read"), dav("read-current-user-privilege-set"))
