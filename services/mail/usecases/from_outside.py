"""What comes to distribution lists from outside, where their policy lets it: so much, and no more."""

from typing import Any

from chassis.errors import NotFound, TooManyRequests
from services.mail.domain.envelope import without_detail
from services.mail.domain.lists import owners_address
from services.mail.domain.moderation import CLOSED, HELD, ListPolicy
from services.mail.store.remembered import memory
from services.mail.usecases.context import Mail

# Letters from outside that wait for one list's moderators.
MOST_WAITING = 100
# Of one sender to one list in a day, and of all to it that go to the members unseen.
SENDER_A_DAY, FREELY_A_DAY = 20, 200
_FULL = "Too many letters to the list wait for its moderators; come again later"


async def refuse_closed(mail: Mail, list_id: str, address: str) -> None:
    """Raise `NotFound` where a list takes nothing from outside at an address, as for what there is not, and
    `TooManyRequests` where it takes no more for now."""
    policy = mail.known.list_policies.get(list_id)
    if policy is None:
        policy = await mail.store.list_policies.get(list_id) or ListPolicy(list_id, (), "", ())
        mail.known.list_policies[list_id] = policy
    own = without_detail(address)
    if policy.outside == CLOSED or address not in (own, owners_address(own)):
        raise NotFound("No such address")
    if address == own and policy.outside == HELD and policy.waiting >= MOST_WAITING:
        raise TooManyRequests(_FULL)


async def count_letter(
    mail: Mail, policy: ListPolicy, receiver: str, sender: str, *, proven: bool, waits: bool, session: Any
) -> None:
    """Count a letter from outside, in the transaction that keeps it. Raises `TooManyRequests`, which undoes it.

    Whoever is not proven to be the sender counts apart: else it could use up what is somebody else's.
    """
    whose = memory(receiver, "sender" if proven else "unproven", sender.lower())
    if await _today(mail, whose, session) > SENDER_A_DAY:
        raise TooManyRequests("Too many letters of this sender to the list today")
    if waits:
        if await mail.store.list_policies.take_place(policy.list_id, session=session) > MOST_WAITING:
            raise TooManyRequests(_FULL)
    elif await _today(mail, memory(receiver, "freely"), session) > FREELY_A_DAY:
        raise TooManyRequests("Too many letters to the list today; come again tomorrow")


async def _today(mail: Mail, counted: str, session: Any) -> int:
    """How many letters there were with this one."""
    tally = (await mail.store.tallies.of(counted, mail.now(), session=session)).with_recipients(1, 0)
    await mail.store.tallies.keep(counted, tally, session=session)
    return tally.foreign_day
