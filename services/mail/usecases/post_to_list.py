"""Take in a letter to a distribution list; its members get it by `expand_lists`, once a moderator accepted
it where it has to wait for one."""

from email.utils import parseaddr
from typing import Any

import structlog

from chassis.errors import Forbidden, NotFound
from chassis.ids import new_id
from services.mail.domain.envelope import without_detail
from services.mail.domain.list_loops import Origin, origin
from services.mail.domain.lists import Group
from services.mail.domain.moderation import CLOSED, ListPolicy, Why, why_from_outside
from services.mail.store.list_letters import ListLetter
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.await_moderation import keep_waiting, to_wait
from services.mail.usecases.context import Mail
from services.mail.usecases.from_outside import count_letter
from services.mail.usecases.list_members import writes_freely

log = structlog.get_logger(__name__)


async def post_to_list(mail: Mail, list_id: str, arriving: Arriving) -> None:
    """Durable when it returns. What comes back from somewhere, by its null sender, to the address that bounces go to or
    as the list gave it out, is no letter to the members, and ends here, and so do answers of machines.

    Raises `Repeated`, `Unavailable`; `NotFound` for a list that is no more or takes nothing from outside, and of what
    comes from there `Forbidden` and `TooManyRequests`.
    """
    address, delivery = arriving.delivery.recipient.address, arriving.delivery
    if not arriving.sender or without_detail(address) != address:
        log.info("bounce_to_list_dropped", list=list_id)
        return
    group = await mail.store.groups.list_by_id(list_id)
    if group is None:
        raise NotFound("No such list")
    policy = await mail.store.list_policies.get(list_id)
    if not delivery.author and (policy is None or policy.outside == CLOSED or group.everybody):
        raise NotFound("No such address")
    came = origin(await arriving.opened.header(), group)
    if came.ends:
        log.warning("letter_to_list_dropped", list=list_id, origin=came.value, sender=arriving.sender)
        if arriving.refusable:
            raise Forbidden("The list gives neither its own letters to its members again, nor answers of machines")
        return
    await _take_in(mail, group, policy, arriving, await _why(mail, group, policy, arriving, came))


async def _why(mail: Mail, group: Group, policy: ListPolicy | None, arriving: Arriving, came: Origin) -> Why | None:
    """Why it waits for a moderator; None where it does not, or where the list never had any.

    Asked when it is delivered: who may no longer write freely by then waits, and where nobody moderates any more it
    expires, rather than going to the members unseen.
    """
    delivery = arriving.delivery
    if policy is None:
        return None
    if not delivery.author:
        _, named = parseaddr(arriving.content.description.sender)
        ours = mail.domains.hold(named)
        return why_from_outside(policy, came, delivery.found, junk=delivery.junk, ours=ours)
    if not await writes_freely(mail, group, delivery.author):
        return Why.SENDER
    return Why.AUTOMATIC if came is Origin.AUTOMATIC else None


async def _take_in(mail: Mail, group: Group, policy: ListPolicy | None, arriving: Arriving, why: Why | None) -> None:
    now, delivery, sender = mail.now(), arriving.delivery, arriving.sender
    letter = ListLetter(
        id=new_id(),
        list_id=group.id,
        blob=arriving.content.blob,
        trace=_without_return_path(delivery.prefix),
        at=now,
        due=now,
        author=delivery.author,
        sender=sender,
        subject=arriving.content.description.subject,
        proven=delivery.proven,
        found=delivery.found,
    )
    waiting = await to_wait(mail, letter, group, arriving, why) if why is not None else None

    async def act(session: Any) -> None:
        await mail.store.repeats.note(arriving.repeat, now, result=letter.id, session=session)
        if policy is not None and not delivery.author:
            waits, proven = waiting is not None, delivery.proven
            await count_letter(mail, policy, group.receiver, sender, proven=proven, waits=waits, session=session)
        if waiting is None:
            await mail.store.list_letters.insert(letter, session=session)
        else:
            await keep_waiting(mail, waiting, session=session)

    await mail.store.transaction(act)


def _without_return_path(prefix: bytes) -> bytes:
    """The envelope of what members get is from the list."""
    lines = prefix.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.lower().startswith(b"return-path:"))
