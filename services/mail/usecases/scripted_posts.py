"""The letters that a script sends: passed on, answers, notifications, and a refusal that comes too late."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chassis.errors import WorkspaceError
from chassis.ids import new_id
from services.mail.domain.authentication.found import Found
from services.mail.domain.envelope import Recipient, mail_address
from services.mail.domain.journal import Journaled
from services.mail.domain.lists import list_of
from services.mail.domain.message import Content
from services.mail.domain.notice import About, Kind, header_of, notice
from services.mail.domain.queue import Fate, Outcome, Waiting, domain_of
from services.mail.domain.sieve import Actions, Letter, Notification, Redirect, Reject, Vacation
from services.mail.domain.sieve.answering import is_automatic, may_answer
from services.mail.domain.sieve.writing import Stamp, answer, notification
from services.mail.store.remembered import memory
from services.mail.store.submissions import Accepted
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.context import Mail
from services.mail.usecases.journals import journaled_departure
from services.mail.usecases.pass_on import recipient_of_ours
from services.mail.usecases.resolve_recipient import resolve_recipient
from services.mail.usecases.store_source import store_octets, store_source

# How long the process that accepted a letter may take to deliver it, before a worker does it instead.
LEASE = timedelta(minutes=2)
# Room for what is put above a letter that is passed on.
TRACE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Post:
    """A letter to one address. `once`: only when this is not remembered, and then until when it is. `journaled`: what
    journals are to be told of it."""

    accepted: Accepted
    content: Content
    once: tuple[str, datetime] | None = None
    journaled: Sequence[Journaled] = ()


async def post(
    mail: Mail, owner: str, sender: str, to: str, content: Content, *, utf8: bool = False, found: Found | None = None
) -> Post | None:
    """None when there is nobody to send it to, and for a list: people write to those, no scripts. `sender` is the
    envelope's; `utf8`: the header is (RFC 6531); `found`: what goes on was found so when it came from outside."""
    local: tuple[Recipient, ...] = ()
    foreign: tuple[str, ...] = ()
    try:
        if mail.domains.hold(to):
            who = await recipient_of_ours(mail, to)
            local, foreign = ((who,), ()) if who.account_id else ((), (who.address,))
            if list_of(who.account_id):
                return None
        else:
            foreign = (mail_address(to),)
    except WorkspaceError:
        return None
    accepted = Accepted(
        id=new_id(),
        owner=owner,
        sender=sender,
        blob=content.blob,
        trace=b"",
        local=local,
        foreign=foreign,
        at=mail.now(),
        utf8=utf8,
        found=found,
    )
    return Post(accepted, content, journaled=await journaled_departure(mail, accepted, [owner]))


async def from_nobody(mail: Mail, owner: str, to: str, source: bytes) -> Post | None:
    """A letter of the platform's own, from nobody."""
    utf8 = not source.partition(b"\r\n\r\n")[0].isascii()
    return await post(mail, owner, "", to, await store_octets(mail, source), utf8=utf8)


async def accept_post(mail: Mail, post: Post, *, session: Any) -> bool:
    """In the transaction that keeps the letter itself; False when it was sent before and is sent once."""
    if post.once is not None:
        remembered, until = post.once
        if not await mail.store.remembered.claim(remembered, mail.now(), until, session=session):
            return False
    accepted = post.accepted
    await mail.store.journal_entries.insert(post.journaled, session=session)
    if accepted.local:
        await mail.store.submissions.insert(accepted, accepted.at + LEASE, [], session=session)
    if accepted.foreign:
        await mail.queue.enqueue(
            submission_id=accepted.id,
            owner=accepted.owner,
            sender=accepted.sender,
            recipients=accepted.foreign,
            blob=accepted.blob,
            size=post.content.size,
            session=session,
            utf8=accepted.utf8,
            found=accepted.found,
        )
    return True


async def passed_on(mail: Mail, arriving: Arriving, redirect: Redirect) -> Post | None:
    """The letter to another address, with the way that it came above it: whoever brings it back is known by it.

    Its envelope is from the account, which SPF allows and which hears of it when it cannot be delivered; a letter from
    nobody stays from nobody.
    """
    if not mail.options.forwarding_outside and not mail.domains.hold(redirect.address):
        return None
    above = _without_return_path(arriving.delivery.prefix)
    if b"\ndelivered-to:" not in b"\n" + above.lower():
        above = f"Delivered-To: {arriving.address}\r\n".encode() + above
    content = await rewritten(mail, arriving, above, redirect.header)
    sender = arriving.address if arriving.sender else ""
    header = redirect.header if redirect.header is not None else await arriving.opened.header()
    # It came as one whose header is UTF-8 (RFC 6531 §4.3); what is only written badly goes on as it came.
    utf8 = b"with UTF8" in above and not header.isascii()
    found = arriving.delivery.found
    if found is not None:
        found = replace(found, forwarder=domain_of(arriving.address))
    return await post(mail, arriving.owner, sender, redirect.address, content, utf8=utf8, found=found)


def _without_return_path(prefix: bytes) -> bytes:
    lines = prefix.splitlines(keepends=True)
    return b"".join(lines[1:] if lines and lines[0].lower().startswith(b"return-path:") else lines)


async def rewritten(mail: Mail, arriving: Arriving, above: bytes, header: bytes | None) -> Content:
    """The letter with something above it, and with another header when there is one."""
    content = arriving.content
    body = content.structure.root.body_start

    async def octets() -> AsyncIterator[bytes]:
        if header is None:
            yield above
        else:
            yield above + header + (b"" if header.endswith((b"\n\r\n", b"\n\n")) else b"\r\n")
        async for piece in mail.blobs.open(content.blob, offset=0 if header is None else body):
            yield piece

    return await store_source(mail, octets(), limit=mail.options.max_message + TRACE)


async def answered(mail: Mail, arriving: Arriving, vacation: Vacation, letter: Letter) -> Post | None:
    """What vacation says, where it may: only to who is known to have written, so that nobody else is written to."""
    own = (arriving.address, *vacation.addresses)
    if not arriving.delivery.proven or not may_answer(letter, arriving.sender, own):
        return None
    now = mail.now()
    once = memory(arriving.owner, "answered", vacation.handle, arriving.sender.lower())
    if await mail.store.remembered.known([once], now):
        return None
    author = await _author(mail, arriving, vacation.sender)
    source = answer(vacation, letter, author, arriving.sender, _stamp(mail, author))
    made = await from_nobody(mail, arriving.owner, arriving.sender, source)
    return made and replace(made, once=(once, now + timedelta(seconds=vacation.seconds)))


async def notified(mail: Mail, arriving: Arriving, wanted: Notification, letter: Letter) -> list[Post]:
    """Nobody is told of what machines say (RFC 5436 §2.7.1)."""
    if is_automatic(letter):
        return []
    author = await _author(mail, arriving, wanted.sender)
    made = []
    for to in wanted.to.addresses:
        if not mail.options.forwarding_outside and not mail.domains.hold(to):
            continue
        source = notification(wanted, letter, author, to, _stamp(mail, author))
        made.append(await from_nobody(mail, arriving.owner, to, source))
    return [each for each in made if each is not None]


async def sent_back(mail: Mail, arriving: Arriving, rejection: Reject, header: bytes) -> Post | None:
    """A refusal when the dialogue is over (RFC 5429 §2.1.1, RFC 3464)."""
    now = mail.now()
    why = Waiting(arriving.delivery.recipient.address, Outcome(Fate.FAILED, "5.7.1", rejection.reason))
    about = About(new_id(), 0, arriving.sender, now)
    before, after = notice(Kind.FAILED, about, [why], mail.host, header_of(header), now)
    return await from_nobody(mail, arriving.owner, arriving.sender, before + header_of(header) + after)


async def _author(mail: Mail, arriving: Arriving, wanted: str) -> str:
    """The address that a script wants to write from, when it is one of the account's."""
    if wanted:
        try:
            if arriving.owner in (await resolve_recipient(mail, wanted)).accounts:
                return wanted
        except WorkspaceError:
            return arriving.address
    return arriving.address


def _stamp(mail: Mail, author: str) -> Stamp:
    return Stamp(mail.now(), new_id(), author.rpartition("@")[2])


async def posts_of(mail: Mail, arriving: Arriving, actions: Actions, letter: Letter) -> tuple[list[Post], bool]:
    """All that a script sends, and whether each letter that it passes on is among them."""
    made: list[Post] = []
    whole = True
    for redirect in actions.redirects:
        passed = await passed_on(mail, arriving, redirect)
        whole &= passed is not None
        made += [passed] if passed is not None else []
    if actions.vacation is not None:
        said = await answered(mail, arriving, actions.vacation, letter)
        made += [said] if said is not None else []
    for wanted in actions.notifications:
        made += await notified(mail, arriving, wanted, letter)
    return made, whole
