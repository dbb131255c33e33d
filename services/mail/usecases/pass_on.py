"""Letters for accounts that are not here yet: their domain's former server gets them (ADR 48)."""

from collections.abc import AsyncIterator, Sequence

import structlog

from chassis.errors import InvalidInput, NotFound, Unavailable
from services.mail.domain.authentication.found import Found
from services.mail.domain.dsn import Wishes
from services.mail.domain.envelope import Recipient, mail_address
from services.mail.domain.message import Content
from services.mail.domain.queue import PASSING
from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.usecases.context import Mail
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.run_script import Opened

log = structlog.get_logger(__name__)


async def recipient_of_ours(mail: Mail, address: str) -> Recipient:
    """Whom one of our accounts writes to in a domain of ours; without account id when it is not here yet.

    Where the former server does not say whether it has the address, the letter is taken all the same: whoever wrote it
    is here, and is told. Raises as `resolve_recipient` does.
    """
    try:
        return await resolve_recipient(mail, address)
    except NotFound:
        wanted = mail_address(address)
        if mail.former is None or not mail.former.serves(wanted):
            raise
        try:
            taken = await mail.former.takes(wanted)
        except Unavailable:
            taken = wanted.isascii()
        if not taken:
            raise
        return Recipient("", wanted)


async def pass_on(
    mail: Mail,
    sender: str,
    recipients: Sequence[str],
    content: Content,
    above: bytes,
    submission_id: str,
    *,
    wishes: Wishes,
    proven: bool,
    utf8: bool,
    found: Found | None = None,
) -> None:
    """Queue a letter from outside for former servers, under its own sender and signed by none of ours as its author;
    once within a day. `above` are whole fields to stand above it, `found` is what it is sealed with.

    A sender that is `proven` is told what becomes of it. Of others the postmaster is: a letter whose sender may be
    forged is told of to nobody outside, and lost to nobody's knowledge. Raises `Unavailable`.
    """
    # Read before it is counted as there: what is said to be passed on is durable.
    header = await Opened(mail, content).header()

    async def octets() -> AsyncIterator[bytes]:
        yield above
        async for piece in mail.blobs.open(content.blob):
            yield piece

    owner = PASSING if proven or not sender else await postmaster_account(mail)
    passed = await mail.blobs.put(octets())
    repeat = mark(PASSING, "passed", sender, content.blob, *sorted(recipients))

    async def act(session: object) -> None:
        await mail.store.repeats.note(repeat, mail.now(), session=session)
        await mail.queue.enqueue(
            submission_id=submission_id,
            owner=owner,
            sender=sender,
            recipients=recipients,
            blob=passed.address,
            size=passed.size,
            session=session,
            wishes=wishes,
            utf8=utf8 and not header.isascii(),
            passed=True,
            found=found,
        )

    try:
        await mail.store.transaction(act)
    except Repeated:
        return


async def postmaster_account(mail: Mail) -> str:
    try:
        return (await resolve_recipient(mail, mail.postmaster)).account_id
    except (NotFound, InvalidInput):
        log.error("postmaster_has_no_account")
        raise Unavailable("the postmaster has no account") from None
