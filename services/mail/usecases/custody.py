"""Keep what an account would lose while a matter is in force that it is a custodian of."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.mail.domain.matters import DISCARDED, OVERWRITTEN, Matter, Preserved
from services.mail.domain.message import Arrival, Placed
from services.mail.store.encoding import message_document
from services.mail.store.messages import Copy
from services.mail.usecases.context import Mail


class Custody(NamedTuple):
    """The matters in force that an account is a custodian of, and whether the store knows of all of them."""

    matters: tuple[str, ...]
    known: bool


NONE = Custody((), known=True)


async def matters_in_force(mail: Mail, *, now: bool = False) -> tuple[Matter, ...]:
    """As known for some seconds, or as they are `now`. Nothing else is asked of the database while there are none."""
    known = None if now else mail.known.matters.get("")
    if known is None:
        known = mail.known.matters[""] = tuple(await mail.store.matters.open())
    return tuple(each for each in known if each.in_force(mail.now()))


async def custody_of(mail: Mail, owner: str) -> Custody:
    """Who was a custodian once stays one, wherever it stands by now."""
    matters = await matters_in_force(mail)
    if not matters:
        return NONE
    known = await mail.store.custodies.of(owner)
    stands = await mail.people.whereabouts(owner)
    path = tuple(stands.unit_path) if stands is not None else ()
    found = tuple(each.id for each in matters if each.id in known or each.covers(owner, path))
    return Custody(found, known.issuperset(found))


async def is_custodian(mail: Mail, owner: str, *, session: Any = None) -> bool:
    """Whether something is to be kept of an account: then it is written down for which matters."""
    custody = await custody_of(mail, owner)
    if not custody.known:
        await mail.store.custodies.add(owner, custody.matters, session=session)
    return bool(custody.matters)


async def preserve(mail: Mail, owner: str, taken: Sequence[tuple[Preserved, Mapping[str, Any]]], session: Any) -> None:
    """In the transaction that takes the messages of these documents from an account: kept if it is a custodian."""
    if taken and await is_custodian(mail, owner, session=session):
        await mail.store.preserved.insert(owner, taken, mail.now(), session=session)


async def preserve_copies(
    mail: Mail, owner: str, mailbox_id: str, name: str, copies: Sequence[Copy], session: Any, *, why: str = OVERWRITTEN
) -> None:
    """Messages that go from a mailbox of that name."""
    place = Preserved(mailbox_id, name, why)
    await preserve(mail, owner, [(place, copy.document) for copy in copies], session)


async def preserve_arrival(
    mail: Mail, owner: str, message_id: str, arrival: Arrival, shared: Mapping[str, Any], session: Any
) -> None:
    """A letter that came, and is nowhere as it came."""
    placed = Placed(message_id, "", 0, 0, 0)
    document = message_document(owner, placed, arrival, shared, "", mail.now())
    await preserve(mail, owner, [(Preserved("", "", DISCARDED), document)], session)
