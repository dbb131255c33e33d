"""Send a message for one of our accounts: REST and SMTP submission alike."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from chassis.errors import Forbidden, InvalidInput, NotFound, WorkspaceError
from chassis.ids import new_id
from services.mail.domain.dsn import NO_WISHES, Wishes
from services.mail.domain.envelope import Recipient, Sender, Submission
from services.mail.domain.flags import SEEN
from services.mail.domain.mailbox import Mailbox, SpecialUse
from services.mail.domain.message import Arrival, Content
from services.mail.domain.outgoing import LineEnds, Outgoing, envelope_recipients, outgoing, with_bcc
from services.mail.domain.passing import header_and_body
from services.mail.domain.sharing import Capacity, Name
from services.mail.store.encoding import described
from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.store.submissions import Accepted
from services.mail.usecases.await_approval import await_approval
from services.mail.usecases.context import Mail
from services.mail.usecases.deliver import deliver_accepted
from services.mail.usecases.facts import acted, sent
from services.mail.usecases.hold import hold
from services.mail.usecases.journals import journaled_departure
from services.mail.usecases.leaving import Caught, may_leave, told_of
from services.mail.usecases.limit_sending import SendingLimited, count_recipients, refuse_limited
from services.mail.usecases.list_members import refuse_writing
from services.mail.usecases.note_receipts import ask_for_receipts
from services.mail.usecases.pass_on import recipient_of_ours
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.put_off import settle
from services.mail.usecases.report_success import report_sent
from services.mail.usecases.special_mailbox import special_mailbox
from services.mail.usecases.standing import standing
from services.mail.usecases.store_source import content_of, store_source
from services.mail.usecases.write_as import with_names

log = structlog.get_logger(__name__)
# How long the process that accepted a message may take to deliver it, before a worker does it instead.
LEASE = timedelta(minutes=2)

# What has to be so for a message to be accepted, in the transaction that does.
First = Callable[[Any], Awaitable[None]]
# What else is done in that transaction.
Also = Callable[[Any, Accepted], Awaitable[None]]


async def send(
    mail: Mail,
    sender: Sender,
    chunks: AsyncIterable[bytes],
    *,
    envelope_from: str | None = None,
    recipients: Sequence[str] | None = None,
    trace: bytes = b"",
    of_platform: bool = False,
    wishes: Wishes = NO_WISHES,
    release_at: datetime | None = None,
    utf8: bool = False,
    also: Also | None = None,
    secret: bool = False,
) -> Submission:
    """Accept a message for delivery; when it returns, that is durable.

    `recipients` are the envelope's; without them, those of To, Cc and Bcc. `envelope_from` is the sender's own address
    when absent. Bcc leaves the header of what others get, and stays in the sender's copy in Sent; Date and Message-ID
    are added when missing. `trace` (a Received field, CRLF included) stands before what each recipient here gets.
    Recipients here have it when this returns; others are queued. The same message within a day is accepted once.
    A letter `of_platform` may say a secret to its reader: no copy stays, no fact tells whom it went to, and its
    envelope may be from nobody. `wishes` are what the sender wants to be told (RFC 3461).
    With `release_at` (see `domain/holding.py`) it is held until then, and counted now. What a rule of a unit above
    holds waits for approval first.
    `utf8`: its header may be UTF-8, which then only servers get that say they know it (RFC 6531).
    `also` is done in the same transaction; what it raises forbids it.
    Of a `secret` letter no copy stays in Sent: it says to its reader what its sender is not to know.

    Raises `Forbidden` (From, Sender or `envelope_from` is not the sender's, a list takes no letters from it, a rule of
    a unit above refuses it), `InvalidInput` (no From, no recipient, an address that is none or nobody's), `TooLarge`,
    `TooManyRequests` (more recipients than an account may write to), `Unavailable`.
    """
    sender = await with_names(mail, sender)
    from_nobody = of_platform and envelope_from == ""
    _refuse_strange(sender, envelope_from, of_platform=of_platform, held=release_at is not None)
    made: list[Outgoing] = []
    content = await store_source(mail, _prepared(mail, sender, chunks, made.append, release_at or mail.now()))
    draft = made[0]
    wanted = envelope_recipients(list(recipients) if recipients is not None else draft.recipients)
    local, foreign = await _sorted(mail, sender.account_id, wanted, draft.header)
    accepted = Accepted(
        id=new_id(),
        owner=sender.account_id,
        sender="" if from_nobody else (envelope_from or _answered_at(draft, sender)).lower(),
        blob=content.blob,
        trace=trace,
        local=tuple(local),
        foreign=tuple(foreign),
        at=mail.now(),
        wishes=wishes,
        utf8=utf8 and not draft.header.isascii(),
        of_platform=of_platform,
        secret=secret,
    )
    caught = None if of_platform else await may_leave(mail, accepted, draft.header, content)
    return await _take_in(mail, accepted, wanted, content, draft, caught, release_at=release_at, also=also)


def _refuse_strange(sender: Sender, envelope_from: str | None, *, of_platform: bool, held: bool) -> None:
    if envelope_from is not None and not (of_platform and not envelope_from) and not sender.may_write(envelope_from):
        raise Forbidden(f"{envelope_from[:80]} is not an address of yours")
    if held and of_platform:
        raise Forbidden("What the platform writes is not held")


async def _take_in(
    mail: Mail,
    accepted: Accepted,
    wanted: Sequence[str],
    content: Content,
    draft: Outgoing,
    caught: Caught | None,
    *,
    release_at: datetime | None,
    also: Also | None,
) -> Submission:
    """Keep it until it is approved or until its time, or deliver it. Raises as `send` does."""
    kind = "sent" if release_at is None else "held"
    repeat = mark(accepted.owner, kind, accepted.sender, content.blob, *sorted(wanted))
    first = partial(_begun, mail, accepted, repeat, caught, also, counted=not accepted.of_platform)
    try:
        if caught is not None and caught.holding:
            await await_approval(mail, accepted, content, draft, caught, release_at, repeat, first)
            return Submission(accepted.id, tuple(wanted), release_at=release_at, awaits_approval=True)
        if release_at is not None:
            await hold(mail, accepted, content, draft.bcc, release_at, repeat, first)
            return Submission(accepted.id, tuple(wanted), release_at=release_at)
        await accept(mail, accepted, content, None if accepted.of_platform else draft, first)
    except SendingLimited as limited:
        raise await refuse_limited(mail, accepted.owner, limited.exceeded) from limited
    except Repeated:
        return Submission(await mail.store.repeats.result(repeat), tuple(wanted), repeated=True)
    await deliver_here(mail, accepted, content)
    return Submission(accepted.id, tuple(wanted))


async def _begun(
    mail: Mail,
    accepted: Accepted,
    repeat: str,
    caught: Caught | None,
    also: Also | None,
    session: Any,
    *,
    counted: bool,
) -> None:
    """What comes first in the transaction that accepts a letter. Raises `Repeated`, `SendingLimited`, and what `also`
    does."""
    await mail.store.repeats.note(repeat, accepted.at, result=accepted.id, session=session)
    if counted:
        await count_recipients(mail, accepted, session=session)
    if caught is not None:
        await mail.store.notices.tell(told_of(accepted, caught), session=session)
    if also is not None:
        await also(session, accepted)


def _answered_at(draft: Outgoing, sender: Sender) -> str:
    """Where reports of a message go: with whose name it bears, unless it says itself that somebody else wrote it."""
    name = draft.name
    return name.address if name is not None and name.capacity is Capacity.AS else sender.address


async def resume_submissions(mail: Mail) -> int:
    """Deliver what was accepted by a process that died before it delivered. Returns how many were due."""
    due = await mail.store.submissions.claim_due(mail.now(), LEASE)
    for accepted in due:
        try:
            await deliver_here(mail, accepted, await content_of(mail, accepted.blob))
        except WorkspaceError as error:  # due again after the lease; the others need not wait for it
            log.error("submission_not_delivered", submission=accepted.id, error=str(error))
    return len(due)


async def _prepared(
    mail: Mail, sender: Sender, chunks: AsyncIterable[bytes], made: Callable[[Outgoing], None], date: datetime
) -> AsyncIterator[bytes]:
    """The octets that are sent: the header is held until it ends, the body passes through."""
    header, body = await header_and_body(_lines(chunks), mail.options.max_message)
    draft = outgoing(header, sender, date, new_id().lower())
    made(draft)
    yield draft.header
    async for octets in body:
        yield octets


async def _lines(chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    ends = LineEnds()
    async for chunk in chunks:
        yield ends.feed(chunk)
    yield ends.close()


async def _sorted(
    mail: Mail, account_id: str, addresses: Sequence[str], header: bytes
) -> tuple[list[Recipient], list[str]]:
    """Who receives here, and the addresses that are elsewhere. Raises `Forbidden` for a list that the account may not
    write to, or not this."""
    local, foreign = [], []
    for address in addresses:
        if not mail.domains.hold(address):
            foreign.append(address)
            continue
        try:
            recipient = await recipient_of_ours(mail, address)
        except NotFound:
            raise InvalidInput("No such recipient", fields={"source": f"nobody here has {address}"}) from None
        if not recipient.account_id:
            foreign.append(recipient.address)
            continue
        await refuse_writing(mail, recipient, account_id, header)
        local.append(recipient)
    return local, foreign


async def accept(
    mail: Mail,
    accepted: Accepted,
    content: Content,
    draft: Outgoing | None,
    first: First,
    *,
    beyond_quota: bool = False,
) -> None:
    """All that being accepted means, at once: the submission, what is queued, and the copies with the fact of them
    where there is a `draft` to make them of. Raises what `first` does, which forbids it, and `OverQuota` where there is
    no room for a copy, unless it may go `beyond_quota`."""
    copied = await _copied(mail, accepted, content, draft) if draft is not None else []
    told = [_sent(accepted, content)] if copied else []
    if draft is not None and draft.name is not None:
        told.append(await _written(mail, accepted, draft.name))
    journaled = await journaled_departure(mail, accepted, _authors(accepted, draft)) if draft is not None else []

    async def act(session: Any) -> None:
        for box, newcomer in copied:
            there = partial(mail.store.mailboxes.advance, box.owner, box.id)
            await place(mail, box.owner, there, [newcomer], beyond_quota=beyond_quota, session=session)
            if content.description.receipt_wanted:
                await ask_for_receipts(mail, box.owner, accepted, content, session=session)
        await first(session)
        await mail.store.submissions.insert(accepted, accepted.at + LEASE, told, session=session)
        await mail.store.journal_entries.insert(journaled, session=session)
        if accepted.foreign:
            await mail.queue.enqueue(
                submission_id=accepted.id,
                owner=accepted.owner,
                sender=accepted.sender,
                recipients=accepted.foreign,
                blob=content.blob,
                size=content.size,
                session=session,
                wishes=accepted.wishes,
                utf8=accepted.utf8,
            )

    await mail.store.transaction(act)


def _authors(accepted: Accepted, draft: Outgoing) -> list[str]:
    """Whose letter it is: the sender's, and the account's or the function's whose name it bears."""
    return [accepted.owner, *([draft.name.owner] if draft.name is not None else [])]


async def _copied(mail: Mail, accepted: Accepted, content: Content, draft: Outgoing) -> list[tuple[Mailbox, Newcomer]]:
    """The copies that stay, Bcc included, and where they go: with the sender and with the account whose name it bears;
    what is written as a function that has a mailbox stays with the function alone."""
    if accepted.secret:
        return []
    name, owners = draft.name, [accepted.owner]
    if name is not None and name.of_function:
        owners = [name.owner]
    elif name is not None and await mail.store.functions.get(name.owner) is None:
        owners.append(name.owner)
    own = replace(content, description=with_bcc(content.description, draft.bcc, draft.header))
    shared = described(own)
    return [
        (
            await special_mailbox(mail, owner, SpecialUse.SENT),
            Newcomer(Arrival(own, draft.bcc, (SEEN,), accepted.at), shared),
        )
        for owner in owners
    ]


async def _written(mail: Mail, accepted: Accepted, name: Name) -> Any:
    """The audit log keeps who wrote in another's name."""
    details = {"name": name.address, "how": name.capacity.value, "submission": accepted.id}
    stands = await standing(mail, name.owner)
    return acted("write_as", name.owner, details, named=name.address, unit_path=stands.unit_path)


def _sent(accepted: Accepted, content: Content) -> Any:
    recipients = [*(recipient.address for recipient in accepted.local), *accepted.foreign]
    return sent(accepted.owner, accepted.id, accepted.sender, recipients, content.description.message_id)


async def deliver_here(mail: Mail, accepted: Accepted, content: Content) -> None:
    """What fails stays due; a copy that was delivered before is a repeat. An account that was deleted after the letter
    was accepted gets none, as one that is deleted later would keep none. Raises `Unavailable`."""
    outcomes = await deliver_accepted(mail, accepted, content)
    await report_sent(mail, accepted, content, outcomes)
    await settle(mail, accepted, content, outcomes)
