"""Begin and end journals, and find those that are about a letter."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import Forbidden, InvalidInput, NotFound, TooManyRequests
from chassis.events import Fact
from chassis.identity import Identity
from chassis.ids import new_id
from services.mail.domain.envelope import Delivery, mail_address
from services.mail.domain.journal import (
    MOST,
    MOST_ADDRESSES,
    Direction,
    Journal,
    Journaled,
    Subject,
    bounce_of_report,
)
from services.mail.domain.journal_report import expanded
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import acted


@dataclass(frozen=True, slots=True)
class About:
    """What a journal is about, what people call it, and where it stands."""

    subject: Subject
    subject_id: str
    name: str
    unit_path: tuple[str, ...]


async def journals_kept(mail: Mail, *, now: bool = False) -> tuple[Journal, ...]:
    """As known for some seconds, or as they are `now`. Nothing else is asked of the database while there are none."""
    known = None if now else mail.known.journals.get("")
    if known is None:
        known = mail.known.journals[""] = tuple(await mail.store.journals.open())
    return known


async def _about(mail: Mail, account_id: str, address: str) -> list[Journal]:
    """Journals that are about an account, or what it sends or gets by an address."""
    kept = await journals_kept(mail)
    stands = None
    if any(each.subject is Subject.UNIT for each in kept):
        stands = await mail.people.whereabouts(account_id)
    path = stands.unit_path if stands is not None else ()
    return [each for each in kept if each.covers(account_id, path, address)]


async def journaled_arrival(mail: Mail, owner: str, sender: str, delivery: Delivery, blob: str) -> list[Journaled]:
    """What is to be reported of a letter that comes to an account. What the platform itself says is no letter of
    anybody's, and may be a secret or a report."""
    address = delivery.recipient.address
    if delivery.beyond_quota or delivery.of_platform or bounce_of_report(sender, address):
        return []
    to = dict.fromkeys(each for journal in await _about(mail, owner, address) for each in journal.to)
    by_list = expanded(delivery.prefix) if to else ""
    return [
        Journaled(each, blob, Direction.RECEIVED, sender, (address,), mail.now(), delivery.prefix, by_list)
        for each in to
    ]


async def journaled_departure(mail: Mail, accepted: Accepted, authors: Sequence[str]) -> list[Journaled]:
    """What is to be reported of a letter that accounts send, one of them in the other's name."""
    about = [journal for author in authors for journal in await _about(mail, author, accepted.sender)]
    to = dict.fromkeys(each for journal in about for each in journal.to)
    recipients = (*(each.address for each in accepted.local), *accepted.foreign)
    return [Journaled(each, accepted.blob, Direction.SENT, accepted.sender, recipients, accepted.at) for each in to]


async def open_journal(mail: Mail, actor: Identity, about: About, to: Sequence[str], *, told: bool) -> Journal:
    """From some seconds on its letters are reported. The audit log keeps it.

    Raises `Forbidden` for who is no national administrator, `InvalidInput`, and `TooManyRequests` while there are too
    many.
    """
    if not actor.administers(()):
        raise Forbidden("For national administrators only")
    if len(await journals_kept(mail, now=True)) >= MOST:
        raise TooManyRequests(f"At most {MOST} journals are kept; end those that nobody needs")
    addresses = await _addresses(mail, actor, to)
    journal = Journal(
        new_id(),
        about.subject,
        about.subject_id,
        about.name,
        about.unit_path,
        addresses,
        told,
        actor.account_id,
        mail.now(),
    )
    await mail.store.journals.insert(journal, [_act("open_journal", journal)])
    mail.known.journals.clear()
    return journal


async def _addresses(mail: Mail, actor: Identity, to: Sequence[str]) -> tuple[str, ...]:
    """Functions with mailboxes of their own, which who asks does not hold, and archives elsewhere."""
    found = tuple(dict.fromkeys(map(mail_address, to)))
    if not 0 < len(found) <= MOST_ADDRESSES:
        raise InvalidInput("Who gets the reports?", fields={"to": f"must be 1 to {MOST_ADDRESSES} addresses"})
    for address in found:
        if not mail.domains.hold(address):
            continue
        functions = await mail.store.functions.of_addresses([address])
        if not functions or not functions[0].own_mailbox or actor.account_id in functions[0].standing:
            why = f"{address}: must be a function that has a mailbox of its own, and that others hold"
            raise InvalidInput("Not who may get a journal", fields={"to": why})
    return found


async def end_journal(mail: Mail, actor: Identity, journal_id: str) -> Journal:
    """Raises `Forbidden` for who is no national administrator, `NotFound`."""
    if not actor.administers(()):
        raise Forbidden("For national administrators only")
    found = next((each for each in await journals_kept(mail, now=True) if each.id == journal_id), None)
    if found is None:
        raise NotFound("No such journal")
    await mail.store.journals.end(found.id, [_act("end_journal", found)])
    mail.known.journals.clear()
    return found


async def journals_seen_by(mail: Mail, actor: Identity) -> list[Journal]:
    """Those about what somebody administers, but for those that are about itself and not told of."""
    kept = await journals_kept(mail, now=True)
    if actor.administers(()):
        return list(kept)
    seen = [each for each in kept if each.unit_path and actor.administers(each.unit_path)]
    return [each for each in seen if each.told or not each.covers(actor.account_id, actor.unit_path, actor.address)]


async def is_told_of(mail: Mail, actor: Identity) -> bool:
    """Whether an account's letters are reported, and it may know."""
    return any(each.told for each in await _about(mail, actor.account_id, actor.address))


def _act(act: str, journal: Journal) -> Fact:
    told = {"about": f"{journal.subject.value} {journal.name}", "to": ", ".join(journal.to), "told": str(journal.told)}
    found: Fact = acted(act, journal.id, told, named=journal.id)
    return found
