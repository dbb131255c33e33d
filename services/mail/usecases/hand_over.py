"""Give the mailboxes of somebody who left to whoever succeeds: what is in them, and what still comes for them.

The successor gets copies that share the blobs; the account that was left keeps what it has until it is deleted, so that
it can be restored. Each chunk is a transaction that says how far it came, and a copy's id follows from what it is a
copy of: a crash, a second worker or a fact heard again gives nothing twice.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog

from chassis.errors import Conflict, NotFound, WorkspaceError
from chassis.people import People
from services.mail.domain.handover import Given, Handover, given_id, given_name
from services.mail.domain.mailbox import Mailbox, in_order
from services.mail.domain.uids import Range
from services.mail.store.errors import Taken
from services.mail.store.messages import Copy
from services.mail.usecases.access import hearers_of
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import missing_above
from services.mail.usecases.facts import handed_over
from services.mail.usecases.provision import make, provision
from services.mail.usecases.quota import bounds_of

log = structlog.get_logger(__name__)
# How long whoever took a hand-over may be at it before another one goes on.
LEASE = timedelta(minutes=2)
# UIDs that are given in one transaction, and how many of these before it is the others' turn.
CHUNK, AT_A_TURN = 500, 20
# When to look again for who is not known yet.
UNKNOWN_FOR = timedelta(seconds=10)


async def name_successor(mail: Mail, account_id: str, successor_id: str, version: int) -> bool:
    """Keep who has the mailboxes of an account, "" for nobody; whether that is news. `hand_over_due` does the rest.

    Whoever had them before gets nothing more, and keeps what was given.
    """
    return await mail.store.handovers.name(account_id, successor_id, version, mail.now())


async def hand_over_due(mail: Mail, people: People) -> int:
    """Give what is to be given, until nothing is. Returns how many messages were."""
    given = 0
    while due := await mail.store.handovers.claim_due(mail.now(), LEASE):
        for handover in due:
            try:
                given += await _hand_over(mail, people, handover)
            except WorkspaceError as error:  # due again after the lease; the others need not wait for it
                log.error("mailboxes_not_handed_over", account=handover.account_id, error=str(error))
    return given


async def _hand_over(mail: Mail, people: People, handover: Handover) -> int:
    """A turn of one hand-over; it waits while mail has not heard of one of the two: facts may overtake others."""
    store = mail.store
    if await store.erasures.known(handover.account_id):
        await store.handovers.forget(handover.account_id)
        return 0
    if not handover.successor_id or await store.erasures.known(handover.successor_id):
        await store.mailboxes.hand(handover.account_id, handed=False)
        await store.handovers.settled(handover)
        return 0
    departed, successor = await people.by_id(handover.account_id), await people.by_id(handover.successor_id)
    function = await store.functions.ended(handover.account_id) if departed is None else None
    address = departed.address if departed is not None else function.former_address if function is not None else ""
    if not address or successor is None:
        await store.handovers.unfinished(handover, mail.now() + UNKNOWN_FOR)
        return 0
    for account_id in (handover.account_id, successor.account_id):
        await provision(mail, account_id)
    # Before anything is read: what comes from now on asks for another turn.
    await store.mailboxes.hand(handover.account_id, handed=True)
    given, finished = await _give(mail, handover, address)
    if finished:
        await store.handovers.settled(handover)
    else:
        await store.handovers.unfinished(handover, mail.now())
    return given


async def _give(mail: Mail, handover: Handover, address: str) -> tuple[int, bool]:
    """How many messages were given, and whether that was all."""
    progress = await mail.store.handovers.given(handover)
    total, turns = 0, AT_A_TURN
    for box in in_order(await mail.store.mailboxes.of(handover.account_id)):
        known = progress.get(box.id, Given("", 0))
        if not box.messages or known.upto >= box.uid_next - 1:
            continue
        name = given_name(address, box.name, box.id)
        there = await _mailbox_there(mail, handover.successor_id, known.to, name)
        for first in range(known.upto + 1, box.uid_next, CHUNK):
            if not turns:
                return total, False
            turns -= 1
            total += await _give_chunk(mail, handover, box, there, (first, min(first + CHUNK, box.uid_next) - 1))
    return total, True


async def _mailbox_there(mail: Mail, owner: str, known: str, name: str) -> str:
    """The id of the mailbox that was given to before, whatever it is called by now; else of that name, made on need.

    The limit of an account's mailboxes is for what people ask for: whoever succeeds did not.
    """
    if known:
        with suppress(NotFound):
            return (await mail.store.mailboxes.get(owner, known)).id
    present = {box.name: box.id for box in await mail.store.mailboxes.of(owner)}
    if name in present:
        return present[name]
    wanted = [*missing_above(name, set(present)), (name, None)]
    try:
        made = await mail.store.transaction(lambda session: make(mail, owner, wanted, session=session))
    except Taken:
        raise Conflict("The successor makes a mailbox of this name") from None
    return made[-1].id


async def _give_chunk(mail: Mail, handover: Handover, box: Mailbox, there_id: str, uids: Range) -> int:
    """Give the messages of these UIDs. Nothing happens when somebody else succeeds by now."""
    store, successor = mail.store, handover.successor_id

    async def act(session: Any) -> int:
        if not await store.handovers.in_force(handover, session=session):
            return 0
        found = await store.messages.copies(handover.account_id, box.id, [uids], session=session)
        given = await _not_there(mail, successor, found, session)
        if given:
            count = len(given)
            there = await store.mailboxes.advance(
                successor,
                there_id,
                uids=count,
                messages=count,
                unseen=sum(not copy.seen for copy, _ in given),
                size=sum(copy.size for copy, _ in given),
                # Nobody who succeeds asked for it, and what is not given goes when the account is deleted.
                bounds=await bounds_of(mail, successor, enforced=False),
                session=session,
            )
            to_uids = range(there.uid_next - count, there.uid_next)
            fact = handed_over(there, handover.account_id, to_uids, await hearers_of(mail, there))
            await store.messages.insert_given(there, given, to_uids, [fact], mail.now(), session=session)
            # Whoever succeeds may have left as well.
            await store.handovers.ask(successor, mail.now(), session=session)
        await store.handovers.give(handover, box.id, Given(there_id, uids[1]), session=session)
        return len(given)

    return await store.transaction(act)


async def _not_there(mail: Mail, successor: str, found: Sequence[Copy], session: Any) -> list[tuple[Copy, str]]:
    """Messages with the ids that their copies will have, less those that the successor has, or wrote the first of."""
    foreign = [copy for copy in found if not copy.origin.startswith(f"{successor}.")]
    wanted = {given_id(copy.origin, successor): copy for copy in foreign}
    present = await mail.store.messages.present(successor, list(wanted), session=session)
    return [(copy, message_id) for message_id, copy in wanted.items() if message_id not in present]
