"""What changed in a calendar since a cursor (RFC 6578)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.identity import Identity
from services.calendar.domain.access import Role
from services.calendar.domain.calendars import Calendar
from services.calendar.store.objects import Removed, Row
from services.calendar.usecases.authority import reach
from services.calendar.usecases.context import Agenda

AT_ONCE = 5_000


@dataclass(frozen=True)
class ObjectChanges:
    """`sync_token` stands for the state after these changes; `more` says that it is not yet the present one."""

    changed: Sequence[Row]
    removed: Sequence[str]
    sync_token: str
    more: bool
    # Of what was removed, by which REST named it.
    removed_keys: Sequence[str] = ()


async def list_object_changes(
    agenda: Agenda, caller: Identity, calendar_id: str, token: str, limit: int
) -> ObjectChanges:
    """In the order in which they happened, at most `limit` where it is not 0.

    Raises `NotFound`, `Forbidden`, `PreconditionFailed` for a token that is not known any more.
    """
    # The calendar is read first: what changes from now on has a higher modseq, and is left to the next question.
    calendar = (await reach(agenda, caller, calendar_id, Role.READ)).calendar
    return await changes_of(agenda, calendar, token, limit)


async def changes_of(agenda: Agenda, calendar: Calendar, token: str, limit: int) -> ObjectChanges:
    """The same of a calendar that was read already. Raises `PreconditionFailed`."""
    since = calendar.since(token)
    changed = [row for row in await agenda.objects.changed(calendar.id, since) if row.modseq <= calendar.modseq]
    removed = await agenda.objects.removed(calendar.id, since) if token else []
    each: list[tuple[int, Row | Removed]] = [(row.modseq, row) for row in changed]
    # What has a name again is not gone, and was written after it went.
    present = {row.name for row in changed}
    each += [(gone.modseq, gone) for gone in removed if gone.modseq <= calendar.modseq and gone.name not in present]
    each.sort(key=lambda change: change[0])
    most = min(limit or AT_ONCE, AT_ONCE)
    now = each[:most]
    until = now[-1][0] if len(each) > most else calendar.modseq
    return ObjectChanges(
        changed=[change for _, change in now if isinstance(change, Row)],
        removed=[change.name for _, change in now if isinstance(change, Removed)],
        sync_token=replace(calendar, modseq=until).sync_token,
        more=len(each) > most,
        removed_keys=[change.key for _, change in now if isinstance(change, Removed)],
    )
