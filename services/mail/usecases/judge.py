"""Say of a letter that it is junk, or none, or phishing; the security team hears of the latter."""

from collections.abc import AsyncIterator
from datetime import timedelta
from enum import Enum
from typing import Any

import structlog

from chassis.errors import Forbidden, NotFound, Unavailable
from services.mail.domain.envelope import Recipient
from services.mail.domain.flags import FlagAction
from services.mail.domain.mailbox import SpecialUse
from services.mail.domain.message import Content, Message
from services.mail.domain.notice import MAX_HEADER, header_of
from services.mail.domain.phishing import Report, report
from services.mail.domain.rights import EXPUNGE, INSERT, MARK_DELETED, READ, WRITE
from services.mail.store.remembered import memory
from services.mail.usecases.access import open_held, open_held_message
from services.mail.usecases.carry import move_to
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import phishing_reported
from services.mail.usecases.read_message import get_message, open_message
from services.mail.usecases.sources import open_source
from services.mail.usecases.special_mailbox import special_mailbox
from services.mail.usecases.store_flags import store_flags
from services.mail.usecases.store_source import store_source
from services.mail.usecases.tell_owner import put_in

log = structlog.get_logger(__name__)
IS_JUNK, IS_NOT_JUNK, IS_PHISHING = "$Junk", "$NotJunk", "$Phishing"
SECURITY = "security"
# How long nobody tells again of a letter that it told of.
REMEMBERED = timedelta(days=30)


class Verdict(Enum):
    """The keywords that a letter has then (https://www.iana.org/assignments/imap-jmap-keywords)."""

    JUNK = (IS_JUNK,)
    NOT_JUNK = (IS_NOT_JUNK,)
    PHISHING = (IS_JUNK, IS_PHISHING)


async def judge(mail: Mail, actor: str, address: str, owner: str, message_id: str, verdict: Verdict) -> Message:
    """The letter where it is then. `address` is the actor's. Raises `NotFound`, `Forbidden`.

    Phishing is told before the letter goes: whoever dies between leaves it where it can be judged again. Who may only
    read it in a shared mailbox tells of it too; it stays where it is then.
    """
    found, _ = await open_held_message(mail, actor, owner, message_id, READ)
    if verdict is not Verdict.PHISHING:
        return await _sorted(mail, actor, owner, message_id, verdict)
    await _report(mail, actor, address, found)
    try:
        return await _sorted(mail, actor, owner, message_id, verdict)
    except (Forbidden, NotFound):
        return await get_message(mail, owner, found.id)


async def _report(mail: Mail, actor: str, address: str, found: Message) -> None:
    """Once of each who says so: nobody floods the security team."""
    if IS_PHISHING in found.flags:
        return
    once = memory(actor, "reported", found.owner, found.id)

    async def act(session: Any) -> None:
        if await mail.store.remembered.claim(once, mail.now(), mail.now() + REMEMBERED, session=session):
            await mail.store.notices.tell([phishing_reported(found, address)], session=session)

    await mail.store.transaction(act)


async def _sorted(mail: Mail, actor: str, owner: str, message_id: str, verdict: Verdict) -> Message:
    found, _ = await open_held_message(mail, actor, owner, message_id, READ, WRITE, MARK_DELETED, EXPUNGE)
    use = SpecialUse.INBOX if verdict is Verdict.NOT_JUNK else SpecialUse.JUNK
    box = await special_mailbox(mail, owner, use)
    there, held = await open_held(mail, actor, owner, box.id, INSERT)
    kept = tuple(flag for flag in found.flags if flag not in (IS_JUNK, IS_NOT_JUNK, IS_PHISHING))
    place = [(found.uid, found.uid)]
    await store_flags(mail, owner, found.mailbox_id, place, FlagAction.REPLACE, (*kept, *verdict.value))
    if found.mailbox_id != there.id:
        await move_to(mail, owner, found.mailbox_id, place, there, held)
    return await get_message(mail, owner, found.id)


async def tell_security(mail: Mail, owner: str, message_id: str, told: Report) -> None:
    """Deliver a reported letter to the security team of the reporter's domain, or else to the postmaster.

    The same report told twice makes one letter. Raises `Unavailable` while nobody can be reached.
    """
    to = await _security(mail, told.reporter)
    try:
        content = await _written(mail, owner, message_id, told, to.address, whole=True)
    except Forbidden:  # for malware; its header tells enough
        content = await _written(mail, owner, message_id, told, to.address, whole=False)
    except NotFound:
        log.warning("phishing_gone", account=owner, message=message_id)
        return
    await put_in(mail, to, content)


async def _security(mail: Mail, reporter: str) -> Recipient:
    domain = reporter.rpartition("@")[2]
    for address in (f"{SECURITY}@{domain}", mail.postmaster):
        if found := await mail.people.by_address(address):
            return found
    raise Unavailable(f"Nobody is {SECURITY}@{domain}, or {mail.postmaster}")


async def _written(mail: Mail, owner: str, message_id: str, told: Report, to: str, *, whole: bool) -> Content:
    _, source = await open_message(mail, owner, message_id)
    before, after = report(told, to, mail.domains.names[0], whole=whole)

    async def octets() -> AsyncIterator[bytes]:
        yield before
        if whole:
            async for piece in open_source(mail, source):
                yield piece
        else:
            yield header_of(b"".join([piece async for piece in open_source(mail, source, length=MAX_HEADER)]))
        yield after

    return await store_source(mail, octets(), limit=mail.options.max_message + MAX_HEADER)
