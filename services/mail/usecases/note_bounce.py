"""Tell calendar of an invitation that came back: by a report of ours or of another server's, when it comes."""

from typing import Any

from services.mail.domain.invitation import REMEMBERED, is_name
from services.mail.domain.mime import TextPart
from services.mail.domain.received_bounces import MOST_OCTETS, MOST_ORIGINAL, Bounce, bounce, original_name
from services.mail.domain.transfer import decoder
from services.mail.store.remembered import memory
from services.mail.store.submissions import Accepted
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.context import Mail
from services.mail.usecases.facts import invitation_refused

BOUNCED = "bounced"


async def note_bounce(mail: Mail, arriving: Arriving) -> None:
    """Before the report itself has its place: whoever dies in between is sent it again, and tells nothing twice. Of
    reports of other letters nothing is looked up.

    A report is from nobody (RFC 3464 §2), so that nobody proves it: it counts where it names a letter of its reader's,
    which none knows but whom that was written to, and somebody whom it was written to. Nothing of junk counts.
    """
    part = arriving.content.description.delivery_status
    if part is None or part.length > MOST_OCTETS or arriving.sender or arriving.delivery.junk:
        return
    said = await _said(mail, arriving, part)
    name = (await _name(mail, arriving, part, said)) if said is not None else ""
    sent = await mail.store.sent_invitations.find(arriving.owner, name) if name else None
    if said is None or sent is None:
        return
    by_status: dict[str, list[str]] = {}
    for failure in said.failures:
        if found := [each for each in failure.addresses if each in sent.recipients]:
            by_status.setdefault(failure.status, []).append(found[0])
    for status, recipients in by_status.items():
        told = invitation_refused(
            arriving.owner,
            sent.request,
            sent.uid,
            recipients,
            BOUNCED,
            "The letter came back",
            status=status,
            told=True,
        )
        await _tell(mail, arriving.owner, told, sent.request, status, *sorted(recipients))


async def not_sent(mail: Mail, accepted: Accepted) -> list[Any]:
    """The fact of an invitation that does not leave, as who decides on it refused, or nobody decided in time; none for
    another letter."""
    name = accepted.wishes.envid
    sent = await mail.store.sent_invitations.find(accepted.owner, name) if is_name(name) else None
    if sent is None:
        return []
    recipients = [*(each.address for each in accepted.local), *accepted.foreign]
    detail = "It was not allowed to leave"
    return [
        invitation_refused(accepted.owner, sent.request, sent.uid, recipients[:1000], "forbidden", detail, told=True)
    ]


async def _said(mail: Mail, arriving: Arriving, part: TextPart) -> Bounce | None:
    undo = decoder(part.encoding)
    return bounce(undo.feed(await _octets(mail, arriving, part.offset, part.length)) + undo.close())


async def _name(mail: Mail, arriving: Arriving, part: TextPart, said: Bounce) -> str:
    """By its ENVID, or where a server on its way knows nothing of such by the Message-ID of what is returned."""
    if is_name(said.envid):
        return said.envid
    behind = part.offset + part.length
    name = original_name(await _octets(mail, arriving, behind, min(MOST_ORIGINAL, arriving.content.size - behind)))
    return name if is_name(name) else ""


async def _octets(mail: Mail, arriving: Arriving, offset: int, length: int) -> bytes:
    if length <= 0:
        return b""
    return b"".join([piece async for piece in mail.blobs.open(arriving.content.blob, offset=offset, length=length)])


async def _tell(mail: Mail, owner: str, told: Any, *what: str) -> None:
    async def act(session: Any) -> None:
        was = memory(owner, "invitation bounced", *what)
        if await mail.store.remembered.claim(was, mail.now(), mail.now() + REMEMBERED, session=session):
            await mail.store.notices.tell([told], session=session)

    await mail.store.transaction(act)
