"""Send what calendar says to people by mail: a letter of the account's, signed as all of them are."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from chassis.errors import Forbidden, InvalidInput, NotFound, TooManyRequests, Unavailable, WorkspaceError
from chassis.people import People, Person
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Sender
from services.mail.domain.invitation import REMEMBERED, Invitation, checked, letter, name_of
from services.mail.domain.mime import Address
from services.mail.store.errors import Repeated
from services.mail.store.remembered import memory
from services.mail.store.sent_invitations import SentInvitation
from services.mail.store.submissions import Accepted
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import invitation_refused
from services.mail.usecases.list_members import refuse_writing
from services.mail.usecases.pass_on import recipient_of_ours
from services.mail.usecases.send import send

log = structlog.get_logger(__name__)
UNKNOWN = "unknown_recipient"


@dataclass(frozen=True, slots=True)
class Asked:
    """`id` is the same whenever it is asked again; `sender` empty: the account's own address; `uid` is calendar's.
    `secret` as `send` has it."""

    id: str
    at: datetime
    account_id: str
    sender: str
    uid: str
    invitation: Invitation
    secret: bool = False


async def send_invitation(mail: Mail, people: People, asked: Asked) -> None:
    """Sent once, whoever dies meanwhile; what cannot be sent is told as a fact, once as well.

    Raises `Unavailable` and its like, to be tried again.
    """
    try:
        person = await people.by_id(asked.account_id)
        if person is None:
            raise NotFound("No such account")
        if person.suspended:
            raise Forbidden("The account is suspended")
        invitation = checked(asked.invitation)
        invitation, unknown = await _known(mail, person, invitation)
        if unknown:
            await _refuse(
                mail, asked, unknown, UNKNOWN, "Nobody here has this address, or it takes no letters of theirs"
            )
        if invitation.attendees:
            await _send(mail, person, asked, invitation)
    except Unavailable:
        raise
    except WorkspaceError as error:
        everybody = [each.address for each in asked.invitation.attendees]
        await _refuse(mail, asked, everybody, error.reason, error.detail)


async def _known(mail: Mail, person: Person, invitation: Invitation) -> tuple[Invitation, list[str]]:
    """Without those of our domains whom nobody knows here: one address that is wrong keeps it from nobody else."""
    known, unknown = [], []
    for each in invitation.attendees:
        if mail.domains.hold(each.address):
            try:
                await refuse_writing(mail, await recipient_of_ours(mail, each.address), person.account_id, b"")
            # A worker asks directory nothing: whom mail has not heard of by now is nobody.
            except (NotFound, Forbidden, InvalidInput, TooManyRequests, Unavailable):
                unknown.append(each.address)
                continue
        known.append(each)
    return replace(invitation, attendees=known), unknown


async def _send(mail: Mail, person: Person, asked: Asked, invitation: Invitation) -> None:
    address = asked.sender.lower() or person.address
    own = address in person.addresses and address not in person.functions
    author = Address(person.display_name if own else "", address)
    name = name_of(asked.id)
    source = letter(invitation, author, name, asked.at)

    addresses = [each.address for each in invitation.attendees]

    async def once() -> AsyncIterator[bytes]:
        yield source

    async def first(session: Any, _accepted: Accepted) -> None:
        was = memory(asked.account_id, "invitation", asked.id)
        if not await mail.store.remembered.claim(was, mail.now(), mail.now() + REMEMBERED, session=session):
            raise Repeated
        written = SentInvitation(asked.id, asked.uid, tuple(addresses))
        until = mail.now() + REMEMBERED
        await mail.store.sent_invitations.insert(asked.account_id, name, written, until, session=session)

    sender = Sender(person.account_id, person.address, person.addresses[1:])
    # Reports of what did not arrive come to the account: they are to return the header alone (RFC 3461 §4.3).
    wishes = Wishes(ret="HDRS" if asked.secret else "", envid=name)
    await send(mail, sender, once(), recipients=addresses, wishes=wishes, utf8=True, also=first, secret=asked.secret)


async def _refuse(mail: Mail, asked: Asked, recipients: list[str], reason: str, detail: str) -> None:
    log.warning("invitation_refused", request=asked.id, account=asked.account_id, reason=reason)
    told = invitation_refused(asked.account_id, asked.id, asked.uid, recipients[:1000], reason, detail[:500])

    async def act(session: Any) -> None:
        was = memory(asked.account_id, "invitation refused", asked.id, reason)
        if await mail.store.remembered.claim(was, mail.now(), mail.now() + REMEMBERED, session=session):
            await mail.store.notices.tell([told], session=session)

    await mail.store.transaction(act)
