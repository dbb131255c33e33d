"""What changed in many calendars since a cursor: theirs, of each, in one."""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chassis.errors import InvalidInput, PreconditionFailed
from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.usecases.authority import Reached
from services.calendar.usecases.context import Agenda
from services.calendar.usecases.list_instances import watched
from services.calendar.usecases.list_object_changes import changes_of

MAX_CALENDARS = 50
MAX_CURSOR = 16 * 1024
AT_ONCE = 2_000


@dataclass(frozen=True)
class Change:
    """`etag` and `component` are empty of what went."""

    calendar: str
    key: str
    etag: str = ""
    component: str = ""


@dataclass
class Changes:
    """`anew` are calendars that the cursor did not know; `gone` those that the caller does not read any more."""

    changes: list[Change] = field(default_factory=list)
    cursor: str = ""
    more: bool = False
    anew: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


async def list_changes(agenda: Agenda, caller: Identity, cursor: str, calendar_ids: Sequence[str]) -> Changes:
    """Calendars in which nothing changed cost nothing. Raises `NotFound`, `InvalidInput`."""
    known = cursor_given(cursor)
    if len(calendar_ids) > MAX_CALENDARS:
        raise InvalidInput("Too many calendars at once", fields={"calendar_ids": f"at most {MAX_CALENDARS}"})
    looked_at = await watched(agenda, caller, calendar_ids)
    readable = [each for each in looked_at if each.access.role >= Role.READ]
    # What the cursor knows stays in it: a calendar that comes to stand before others puts none of them out.
    readable = sorted(readable, key=lambda each: each.calendar.id not in known)[:MAX_CALENDARS]
    found, tokens, left = Changes(), {}, AT_ONCE
    for each in readable:
        token = known.get(each.calendar.id)
        if token is None:
            tokens[each.calendar.id] = each.calendar.sync_token
            found.anew += [each.calendar.id] if cursor else []
        elif left <= 0:
            tokens[each.calendar.id], found.more = token, True
        else:
            tokens[each.calendar.id] = await _of_one(agenda, each, token, left, found)
            left = AT_ONCE - len(found.changes)
    found.gone = sorted(known.keys() - tokens.keys())
    found.cursor = _cursor(tokens)
    return found


async def _of_one(agenda: Agenda, reached: Reached, token: str, most: int, found: Changes) -> str:
    """The token of the calendar after its changes, which are put with the others."""
    calendar = reached.calendar
    if token == calendar.sync_token:
        return token
    try:
        changes = await changes_of(agenda, calendar, token, most)
    except PreconditionFailed:
        found.anew.append(calendar.id)
        return calendar.sync_token
    found.changes += [Change(calendar.id, row.key, row.etag, row.component) for row in changes.changed]
    found.changes += [Change(calendar.id, key) for key in changes.removed_keys]
    found.more = found.more or changes.more
    return changes.sync_token


def cursor_given(text: str) -> Mapping[str, str]:
    """Raises `InvalidInput`."""
    if not text:
        return {}
    try:
        packed = base64.urlsafe_b64decode(text.encode("ascii"))
        reader = zlib.decompressobj()
        read = json.loads(reader.decompress(packed, MAX_CURSOR * 4))
    except (ValueError, binascii.Error, zlib.error, RecursionError):
        read = None
    if not isinstance(read, dict) or not all(isinstance(each, str) for each in read.values()):
        raise InvalidInput("Not a cursor", fields={"cursor": "not one that an answer gave"})
    return read


def _cursor(tokens: Mapping[str, str]) -> str:
    packed = zlib.compress(json.dumps(tokens, separators=(",", ":"), sort_keys=True).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode()
