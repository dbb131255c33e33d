"""Send what was held, when its time has come."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import structlog

from chassis.errors import Forbidden, NotFound, Unavailable, WorkspaceError
from chassis.people import People
from services.mail.domain.envelope import Recipient, Sender, without_detail
from services.mail.domain.notice import About, Kind
from services.mail.domain.outgoing import Outgoing, outgoing
from services.mail.domain.passing import header_and_body
from services.mail.domain.queue import Waiting, failed
from services.mail.store.held import Held
from services.mail.usecases.context import Mail
from services.mail.usecases.hold import give_back
from services.mail.usecases.list_members import refuse_writing
from services.mail.usecases.list_owners import or_owners
from services.mail.usecases.send import accept, deliver_here
from services.mail.usecases.store_source import content_of
from services.mail.usecases.tell_sender import Original, tell_account
from services.mail.usecases.write_as import with_names

log = structlog.get_logger(__name__)
# Of what is due, in one round.
MOST = 100
LOOK_AGAIN, GONE_LOOK_AGAIN = timedelta(minutes=1), timedelta(hours=6)
_NOT_ALLOWED = (
    "Le compte ne pouvait plus envoyer ce message à l'heure prévue ; le message est de nouveau dans les brouillons."
    " / The account could not send this any more when the time came; the message is a draft again."
)


class _Taken(Exception):
    """Its sender took it back, gave it another time, or another worker sends it."""


class _Gone(Exception):
    """Its account is erased: soon, or when no matter needs it any more."""


async def release_due(mail: Mail, people: People) -> int:
    """Send each message whose time has come, once, whoever dies meanwhile. Returns how many were looked at.

    Whoever may not send any more when the time comes sends nothing: its letter is a draft again, and it is told so.
    """
    due = await mail.store.held.due(mail.now(), MOST)
    for held in due:
        try:
            await _release(mail, people, held)
        except _Taken:
            continue
        except _Gone:
            await mail.store.held.put_off(held, mail.now() + GONE_LOOK_AGAIN)
        except WorkspaceError as error:  # looked at again soon; the others need not wait for it
            log.error("held_message_put_off", message=held.id, error=str(error))
            await mail.store.held.put_off(held, mail.now() + LOOK_AGAIN)
    return len(due)


async def _release(mail: Mail, people: People, held: Held) -> None:
    person = await people.by_id(held.owner)
    if person is None:
        if await mail.store.erasures.known(held.owner):
            raise _Gone
        # Directory's facts of it are on their way.
        raise Unavailable("Nothing is known of the account")
    sender = await with_names(mail, Sender(person.account_id, person.address, person.addresses[1:]))
    draft = None if person.suspended else await _allowed(mail, held, sender)
    if draft is None:
        log.warning("held_message_given_back", message=held.id, account=held.owner, suspended=person.suspended)
        await _refuse(mail, held)
    else:
        await _send(mail, held, draft)


async def _allowed(mail: Mail, held: Held, sender: Sender) -> Outgoing | None:
    """The header, where its sender may still write so: in these names, without saying more of who wrote it, and to the
    lists that it is for."""
    header, _ = await header_and_body(mail.blobs.open(held.accepted.blob), mail.options.max_message)
    try:
        draft = outgoing(header, sender, mail.now(), held.id)
        for recipient in held.accepted.local:
            await refuse_writing(mail, await _receiving(mail, recipient), held.owner, header)
    # Nobody answers any more for a list whose owners it is to.
    except (Forbidden, NotFound):
        return None
    if draft.header != header or not sender.may_write(held.accepted.sender):
        return None
    return replace(draft, bcc=held.bcc)


async def _refuse(mail: Mail, held: Held) -> None:
    """Told first: the notice is the same when it is told again, while what was given back is not looked at again."""
    accepted = held.accepted
    about = About(accepted.id, 0, accepted.sender, accepted.at, accepted.wishes.envid)
    recipients = [
        Waiting(address, failed("5.7.1", _NOT_ALLOWED), accepted.wishes.of(address))
        for address in (*(each.address for each in accepted.local), *accepted.foreign)
    ]
    original = Original(accepted.blob, held.sent_size)
    await tell_account(mail, held.owner, mail.host, Kind.FAILED, about, recipients, original, held.release_at)
    try:
        await give_back(mail, held)
    except NotFound as error:
        raise _Taken from error


async def _send(mail: Mail, held: Held, draft: Outgoing) -> None:
    local = tuple([await _receiving(mail, each) for each in held.accepted.local])
    accepted = replace(held.accepted, local=local, at=mail.now())
    content = await content_of(mail, accepted.blob)

    async def first(session: Any) -> None:
        if not await mail.store.held.take(held, session=session):
            raise _Taken

    # There was room when it was submitted: a mailbox that is full by now keeps no letter from leaving.
    await accept(mail, accepted, content, draft, first, beyond_quota=True)
    log.info("held_message_sent", message=held.id)
    await deliver_here(mail, accepted, content)


async def _receiving(mail: Mail, recipient: Recipient) -> Recipient:
    """Who receives for the address by now, where that is known."""
    found = await mail.people.by_address(without_detail(recipient.address))
    return recipient if found is None else await or_owners(mail, replace(found, address=recipient.address))
