"""Put a received message into the INBOX of each recipient, into Junk, or where the recipient's script wants it."""

import asyncio
from collections.abc import Sequence

import structlog

from chassis.errors import OverQuota, WorkspaceError
from chassis.telemetry import span
from services.mail.domain.envelope import Delivery, Outcome, Result
from services.mail.domain.junk_digest import next_morning
from services.mail.domain.lists import list_of
from services.mail.domain.message import Arrival, Content, Placed
from services.mail.store.encoding import described
from services.mail.store.errors import Repeated
from services.mail.store.repeats import mark
from services.mail.store.submissions import Accepted
from services.mail.usecases.arrivals import arrive
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.calendar_parts import calendar_part, told_of
from services.mail.usecases.carry_out import carry_out
from services.mail.usecases.context import Mail
from services.mail.usecases.journals import journaled_arrival
from services.mail.usecases.note_bounce import note_bounce
from services.mail.usecases.note_receipts import note_receipt
from services.mail.usecases.place import Newcomer
from services.mail.usecases.post_to_list import post_to_list
from services.mail.usecases.quota import found_full
from services.mail.usecases.run_script import Opened
from services.mail.usecases.scripted_posts import Post

log = structlog.get_logger(__name__)
# Copies of one message that are written at a time.
AT_ONCE = 8


async def deliver(mail: Mail, *, sender: str, content: Content, deliveries: Sequence[Delivery]) -> list[Outcome]:
    """One blob, one document per account; `sender` is the envelope's, empty for a bounce.

    A repeat of the same sender, account and bytes within a day makes no second copy (`REPEATED`, a success): so a
    sender whose 250 was lost may try again. Outcomes stand in the order of `deliveries`; several deliveries to one
    account share one copy. When it returns, what is `DELIVERED` is durable. Per recipient the number of database
    operations is constant.

    Scripts run for what is not junk. Those of a suspended account rest: who left, or whose password was stolen, sends
    nothing outside and throws nothing away, and whoever succeeds finds every letter.
    """
    shared = described(content)
    opened = Opened(mail, content)
    for_calendar = await calendar_part(mail, content)
    slots = asyncio.Semaphore(AT_ONCE)
    accounts: dict[str, Delivery] = {}
    for delivery in deliveries:
        for account_id in delivery.recipient.accounts:
            accounts.setdefault(account_id, delivery)

    async def one(account_id: str, delivery: Delivery) -> Outcome:
        arriving = Arriving(
            account_id,
            sender,
            delivery,
            content,
            shared,
            opened,
            mark(account_id, "delivered", sender, content.blob),
            also=told_of(for_calendar, sender, delivery, content) if for_calendar is not None else None,
            journaled=tuple(await journaled_arrival(mail, account_id, sender, delivery, content.blob)),
        )
        async with slots:
            return await _outcome(mail, arriving)

    with span("mail.deliver", accounts=len(accounts), size=content.size):
        done = await asyncio.gather(*(one(*each) for each in accounts.items()))
    results = dict(zip(accounts, done, strict=True))
    return [_as_asked([results[each] for each in delivery.recipient.accounts], delivery) for delivery in deliveries]


def _as_asked(outcomes: Sequence[Outcome], delivery: Delivery) -> Outcome:
    """The outcome of the accounts' copies, told of the address that they were asked for.

    Where one failed the address has failed, and is tried again: whoever has a copy gets no second one. Who has no room
    for what another one received misses it.
    """
    failed = sorted(
        (each for each in outcomes if each.result is Result.FAILED), key=lambda each: isinstance(each.error, OverQuota)
    )
    received = [each for each in outcomes if each.result is not Result.FAILED]
    missed = bool(failed) and isinstance(failed[0].error, OverQuota) and bool(received)
    outcome = failed[0] if failed and not missed else received[0]
    return Outcome(delivery.recipient, outcome.result, outcome.message_id, outcome.uid, outcome.error)


async def _outcome(mail: Mail, arriving: Arriving) -> Outcome:
    recipient = arriving.delivery.recipient
    list_id = list_of(arriving.owner)
    try:
        if arriving.content.description.notification is not None:
            await note_receipt(mail, arriving)
        if arriving.content.description.delivery_status is not None:
            await note_bounce(mail, arriving)
        # To a list: its members get it later.
        placed = await (post_to_list(mail, list_id, arriving) if list_id else _placed(mail, arriving))
    except Repeated:
        return Outcome(recipient, Result.REPEATED)
    except OverQuota as error:
        await found_full(mail, [arriving.owner])
        return Outcome(recipient, Result.FAILED, error=error)
    except WorkspaceError as error:
        # A rule that refuses the letter is no failure of ours.
        say = log.info if error.http_status < 500 else log.error
        say("delivery_failed", account=arriving.owner, error=str(error))
        return Outcome(recipient, Result.FAILED, error=error)
    if placed is None:
        return Outcome(recipient, Result.DELIVERED)
    return Outcome(recipient, Result.DELIVERED, placed.message_id, placed.uid)


async def _placed(mail: Mail, arriving: Arriving) -> Placed | None:
    """Where the letter is; None when its recipient's script kept it nowhere."""
    owner, delivery = arriving.owner, arriving.delivery
    if delivery.junk:
        # Before it comes: whoever dies between tells of nothing new.
        await mail.store.digests.ask(owner, next_morning(mail.now()))
    active = None if delivery.junk else await mail.scripts.of(mail.store, owner)
    if active is None or not await mail.people.addresses([owner]):
        newcomer = Newcomer(
            Arrival(arriving.content, delivery.prefix, (), mail.now()),
            arriving.shared,
            also=arriving.also,
            journaled=arriving.journaled,
        )
        return await arrive(
            mail, owner, newcomer, arriving.repeat, junk=delivery.junk, beyond_quota=delivery.beyond_quota
        )
    done = await carry_out(mail, arriving, active)
    for post in done.posts:
        await _deliver_post(mail, post)
    return done.placed


async def _deliver_post(mail: Mail, post: Post) -> None:
    """What a script sent to an account here; what fails is due again, and a worker does it then."""
    accepted = post.accepted
    outcomes = await deliver_accepted(mail, accepted, post.content)
    if all(outcome.result is not Result.FAILED for outcome in outcomes):
        await mail.store.submissions.done(accepted.owner, accepted.id)


async def deliver_accepted(mail: Mail, accepted: Accepted, content: Content) -> list[Outcome]:
    """A letter that the platform accepted, to its recipients here."""
    path = f"Return-Path: <{accepted.sender}>\r\n".encode()
    deliveries = [
        Delivery(
            recipient,
            path + f"Delivered-To: {recipient.address}\r\n".encode() + accepted.trace,
            proven=bool(accepted.sender),
            of_platform=accepted.of_platform,
            found=accepted.found,
            author=accepted.owner,
        )
        for recipient in accepted.local
    ]
    return await deliver(mail, sender=accepted.sender, content=content, deliveries=deliveries)
