"""Read the mail of the custodians of a matter, as an auditor who is named for it. Each question stands in the audit log
before it is answered, under no unit, as the acts on matters do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from chassis.errors import NotFound
from chassis.identity import Identity
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.matters import Matter
from services.mail.domain.message import Message, Source
from services.mail.domain.search import And, Criterion, Uids
from services.mail.domain.uids import ranges_of
from services.mail.store.preserved import PreservedMessage
from services.mail.usecases.audit_waiting import waiting_message, waiting_messages
from services.mail.usecases.candidates import Candidate, cheapest_first, meets
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted
from services.mail.usecases.search import LOOKED_AT_ONCE, search

# Kept messages that are looked at in a step, those that wait, which are read for it, and steps of a page. A step on a
# mailbox looks at `LOOKED_AT_ONCE` UIDs.
KEPT_AT_ONCE, WAITING_AT_ONCE, STEPS = 100, 10, 10


class Place(StrEnum):
    """Where a message is, in the order in which it goes from one to the next: a walk in this order misses none that is
    sent or deleted, or whose time is over, meanwhile."""

    WAITING = "waiting"
    LIVING = "living"
    DELETED = "deleted"
    PRESERVED = "preserved"


class At(NamedTuple):
    """Where a search is: after a message of a custodian. `after` is the UID in a mailbox, else the id where it is
    kept; empty at the beginning."""

    owner: str
    place: Place = Place.WAITING
    mailbox_id: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """`custodian` and `mailbox` (a name) are empty for all. `told` is what the audit log keeps of the question."""

    custodian: str
    mailbox: str
    criterion: Criterion
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A message of a custodian. `id` is that in its place; `why` and `at` are of those that its owner has no more."""

    id: str
    owner: str
    place: Place
    mailbox: str
    message: Message
    why: str = ""
    at: datetime | None = None


async def audited_matter(mail: Mail, actor: Identity, matter_id: str) -> Matter:
    """Raises `NotFound` for one that the actor may not look into, as for one that there is not."""
    found = await mail.store.matters.get(matter_id)
    if not _audits(mail, actor, found):
        raise NotFound("No such matter")
    return found


async def audited_matters(mail: Mail, actor: Identity, after: str, most: int) -> tuple[list[Matter], str]:
    """Of so many that name the actor those that it may look into, and after which the next page begins."""
    found = await mail.store.matters.given_to(actor.account_id, after, most + 1)
    following = found[most - 1].id if len(found) > most else ""
    return [each for each in found[:most] if _audits(mail, actor, each)], following


def _audits(mail: Mail, actor: Identity, matter: Matter) -> bool:
    named = actor.account_id in matter.auditors and actor.audits(matter.unit_path)
    return named and matter.in_force(mail.now())


async def custodians(mail: Mail, actor: Identity, matter_id: str, after: str, most: int) -> list[tuple[str, str]]:
    """Their account ids and addresses; the address is empty of one that is no more. Raises `NotFound`."""
    matter = await audited_matter(mail, actor, matter_id)
    await _tell(mail, "list_custodians", matter, {})
    owners = await mail.store.custodies.page(matter.id, after, most)
    names = {each.account_id: each.address for each in await mail.people.by_ids(owners)}
    if matter.account_id:
        names.setdefault(matter.account_id, matter.name)
    return [(owner, names.get(owner, "")) for owner in owners]


async def search_matter(
    mail: Mail, actor: Identity, matter_id: str, asked: Asked, count: int, at: At | None
) -> tuple[list[Exhibit], At | None]:
    """At most `count` messages after a place, and where to go on; None at the end. Raises `NotFound`."""
    matter = await audited_matter(mail, actor, matter_id)
    if asked.custodian:
        await _custodian(mail, matter, asked.custodian, "No such custodian")
    await _tell(mail, "search_matter", matter, {"custodian": asked.custodian or "*", **asked.told})
    if at is None:
        at = At(asked.custodian) if asked.custodian else await _next_custodian(mail, matter, "")
    elif asked.custodian not in ("", at.owner) or matter.id not in await mail.store.custodies.of(at.owner):
        raise NotFound("No such custodian")
    found: list[Exhibit] = []
    for _ in range(STEPS):
        if at is None or len(found) == count:
            break
        some, following = await _step(mail, at, asked, count - len(found))
        found += some
        if following is None:
            following = None if asked.custodian else await _next_custodian(mail, matter, at.owner)
        at = following
    return found, at


async def open_exhibit(
    mail: Mail, actor: Identity, matter_id: str, owner: str, place: Place, message_id: str
) -> Source:
    """How to read a message of a custodian. Raises `NotFound`."""
    matter = await audited_matter(mail, actor, matter_id)
    await _custodian(mail, matter, owner, "No such message")
    match place:
        case Place.WAITING:
            source = (await waiting_message(mail, owner, message_id)).source
        case Place.LIVING:
            source = await mail.store.messages.source(owner, message_id)
        case Place.DELETED:
            source = (await mail.store.recoverable.get(owner, message_id)).source
        case Place.PRESERVED:
            source = (await mail.store.preserved.get(owner, message_id)).source
    told = {"custodian": owner, "message": f"{place}.{message_id}"}
    await _tell(mail, "read_matter_message", matter, told)
    return source


async def _custodian(mail: Mail, matter: Matter, owner: str, otherwise: str) -> None:
    if matter.id not in await mail.store.custodies.of(owner):
        raise NotFound(otherwise)


async def _next_custodian(mail: Mail, matter: Matter, after: str) -> At | None:
    owners = await mail.store.custodies.page(matter.id, after, 1)
    return At(owners[0]) if owners else None


async def _step(mail: Mail, at: At, asked: Asked, most: int) -> tuple[list[Exhibit], At | None]:
    """At most so many of what comes next, and where to go on with this custodian."""
    if at.place is not Place.LIVING:
        return await _kept(mail, at, asked, most)
    boxes = [each for each in await mail.store.mailboxes.of(at.owner) if asked.mailbox in ("", each.name)]
    box = min((each for each in boxes if each.id >= at.mailbox_id), key=lambda each: each.id, default=None)
    if box is None:
        return [], At(at.owner, Place.DELETED)
    return await _living(mail, box, int(at.after or 0) if box.id == at.mailbox_id else 0, asked.criterion, most)


async def _living(
    mail: Mail, box: Mailbox, after: int, criterion: Criterion, most: int
) -> tuple[list[Exhibit], At | None]:
    last = after + LOOKED_AT_ONCE
    try:
        within = And((Uids(((after + 1, last),)), criterion))
        uids = [uid for uid, _ in await search(mail, box.owner, box.id, within)]
    except NotFound:  # deleted meanwhile: its messages are where those are that were deleted
        uids, last = [], box.uid_next
    if len(uids) > most:
        uids, last = uids[:most], uids[most - 1]
    found = [
        Exhibit(each.id, box.owner, Place.LIVING, box.name, each)
        async for each in mail.store.messages.messages(box.owner, box.id, ranges_of(uids))
    ]
    if last + 1 >= box.uid_next:
        # No id sorts between this one and the next.
        return found, At(box.owner, Place.LIVING, f"{box.id}~")
    return found, At(box.owner, Place.LIVING, box.id, str(last))


async def _kept(mail: Mail, at: At, asked: Asked, most: int) -> tuple[list[Exhibit], At | None]:
    page, following = await _page(mail, at)
    criterion = cheapest_first(asked.criterion)
    found: list[Exhibit] = []
    for each in page:
        if asked.mailbox in ("", each.mailbox) and await _meets(mail, at.owner, criterion, each):
            found.append(Exhibit(each.id, at.owner, at.place, each.mailbox, each.message, each.why, each.at))
            if len(found) == most:
                return found, At(at.owner, at.place, "", each.id)
    return found, following


async def _page(mail: Mail, at: At) -> tuple[list[PreservedMessage], At | None]:
    """What is kept outside of mailboxes, and where to go on after it."""
    then: At | None = None
    most = KEPT_AT_ONCE
    if at.place is Place.WAITING:
        most, then = WAITING_AT_ONCE, At(at.owner, Place.LIVING)
        page = await waiting_messages(mail, at.owner, at.after, most)
    elif at.place is Place.DELETED:
        then = At(at.owner, Place.PRESERVED)
        page = await mail.store.recoverable.after(at.owner, at.after, most)
    else:
        page = await mail.store.preserved.page(at.owner, at.after, most)
    return page, At(at.owner, at.place, "", page[-1].id) if len(page) == most else then


async def _meets(mail: Mail, owner: str, criterion: Criterion, kept: PreservedMessage) -> bool:
    return await meets(criterion, Candidate(mail, owner, kept.message, "", kept.terms, kept.source))


async def _tell(mail: Mail, act: str, matter: Matter, told: Mapping[str, str]) -> None:
    about = {"about": matter.name, "reason": matter.reason}
    await mail.store.notices.tell([acted(act, matter.id, {**about, **told}, named=matter.id)])
