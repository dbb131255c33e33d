"""Change many messages at once, of whatever mailboxes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from chassis.errors import InvalidInput, NotFound, WorkspaceError
from services.mail.domain.flags import FlagAction, canonical
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Message
from services.mail.domain.rights import EXPUNGE, INSERT, MARK_DELETED, READ, Rights, refuse_flags
from services.mail.domain.uids import Range, ranges_of
from services.mail.usecases.access import open_held
from services.mail.usecases.carry import move_to
from services.mail.usecases.context import Mail
from services.mail.usecases.expunge import expunge
from services.mail.usecases.receipts import answer_by_itself
from services.mail.usecases.store_flags import store_flags

MOST_MESSAGES = 1_000

# Owner and id of a message, or of a mailbox.
Which = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FlagChange:
    add: Sequence[str] = ()
    remove: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class MoveTo:
    mailbox: Which


@dataclass(frozen=True, slots=True)
class Delete:
    """For good."""


Act = FlagChange | MoveTo | Delete


@dataclass(frozen=True, slots=True)
class _Group:
    """The named messages of one mailbox. `alone`: the only one that is named at all."""

    owner: str
    mailbox_id: str
    alone: Message | None = None
    by_uid: dict[int, Which] = field(default_factory=dict)

    @property
    def ranges(self) -> list[Range]:
        return ranges_of(self.by_uid)


async def modify_messages(mail: Mail, actor: str, ids: Sequence[Which], act: Act) -> dict[Which, WorkspaceError | None]:
    """What became of each: None when it was done. Those of one mailbox are one change, all or none of it.

    Raises `InvalidInput` (too many, flags), `NotFound` or `Forbidden` for a mailbox to move to.
    """
    if not 0 < len(ids) <= MOST_MESSAGES:
        raise InvalidInput("Not a number of messages", fields={"ids": f"must be 1 to {MOST_MESSAGES}"})
    there = await _place(mail, actor, act)
    if isinstance(act, FlagChange):
        canonical([*act.add, *act.remove])
    results: dict[Which, WorkspaceError | None] = {which: NotFound("No such message") for which in ids}
    for group in _groups(await _found(mail, ids), alone=len(set(ids)) == 1):
        try:
            done = await _done(mail, actor, group, act, there)
        except WorkspaceError as error:
            # Where somebody may not even look, there is nothing.
            told = NotFound("No such message") if isinstance(error, NotFound) else error
            results |= dict.fromkeys(group.by_uid.values(), told)
        else:
            results |= {group.by_uid[uid]: None for uid in done if uid in group.by_uid}
    return results


async def _place(mail: Mail, actor: str, act: Act) -> tuple[Mailbox, Rights] | None:
    return await open_held(mail, actor, *act.mailbox, INSERT) if isinstance(act, MoveTo) else None


async def _found(mail: Mail, ids: Iterable[Which]) -> list[Message]:
    by_owner: dict[str, list[str]] = defaultdict(list)
    for owner, message_id in ids:
        by_owner[owner].append(message_id)
    return [each for owner, some in by_owner.items() for each in await mail.store.messages.some(owner, some)]


def _groups(messages: Sequence[Message], *, alone: bool) -> Iterable[_Group]:
    groups: dict[Which, _Group] = {}
    for each in messages:
        place = each.owner, each.mailbox_id
        groups.setdefault(place, _Group(*place, each if alone else None)).by_uid[each.uid] = (each.owner, each.id)
    return groups.values()


async def _done(mail: Mail, actor: str, group: _Group, act: Act, there: tuple[Mailbox, Rights] | None) -> Iterable[int]:
    """The UIDs of what was done. UIDs are never used again: what went meanwhile is not among them."""
    place = group.owner, group.mailbox_id
    if isinstance(act, FlagChange):
        _, held = await open_held(mail, actor, *place, READ)
        refuse_flags(held, canonical([*act.add, *act.remove]))
        # Who marks many at once as read has read none of them by that.
        if group.alone is not None:
            await answer_by_itself(mail, actor, group.alone, held, act.add)
        return await _flagged(mail, group, act)
    if there is not None:
        await open_held(mail, actor, *place, READ, MARK_DELETED, EXPUNGE)
        box, held = there
        if place == (box.owner, box.id):
            return group.by_uid
        return (await move_to(mail, *place, group.ranges, box, held)).from_uids
    await open_held(mail, actor, *place, MARK_DELETED, EXPUNGE)
    await expunge(mail, *place, group.ranges, only_deleted=False)
    return group.by_uid


async def _flagged(mail: Mail, group: _Group, act: FlagChange) -> Iterable[int]:
    place = group.owner, group.mailbox_id
    steps: list[tuple[FlagAction, Sequence[str]]] = [(FlagAction.ADD, act.add), (FlagAction.REMOVE, act.remove)]
    done: Iterable[int] = group.by_uid
    for action, flags in steps:
        if flags:
            done = [row.uid for row in (await store_flags(mail, *place, group.ranges, action, flags)).messages]
    return done
