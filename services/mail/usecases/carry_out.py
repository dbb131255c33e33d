"""Do what an account's script wants done with a letter: all of it in one transaction, or nothing."""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from chassis.errors import AlreadyExists, Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, WorkspaceError
from chassis.ids import new_id
from services.mail.domain.flags import canonical
from services.mail.domain.mailbox import Mailbox
from services.mail.domain.message import Arrival, Placed
from services.mail.domain.names import INBOX
from services.mail.domain.sieve import Actions, Failure, Letter, Store, Tracked
from services.mail.domain.sieve.writing import Stamp, failure_notice
from services.mail.store.encoding import described
from services.mail.store.errors import Repeated
from services.mail.store.remembered import memory
from services.mail.usecases.active_script import Active
from services.mail.usecases.arriving import Arriving
from services.mail.usecases.context import Mail
from services.mail.usecases.create_mailbox import create_mailbox
from services.mail.usecases.custody import preserve_arrival
from services.mail.usecases.limit_sending import LIMITED, SendingLimited, count_by_themselves
from services.mail.usecases.mailboxes import find_mailbox, list_mailboxes
from services.mail.usecases.place import Newcomer, place
from services.mail.usecases.run_script import USES, run_script
from services.mail.usecases.scripted_posts import Post, accept_post, posts_of, rewritten, sent_back
from services.mail.usecases.store_source import store_octets

log = structlog.get_logger(__name__)
A_MONTH = timedelta(days=30)
_TRIES = 3


class Outdated(Exception):
    """What the script was told is so no more: it has to run again."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message on its way into a mailbox."""

    box: Mailbox
    newcomer: Newcomer


@dataclass
class Plan:
    """What is done at once. `notice`: what the owner is told once, and how that is remembered."""

    copies: list[Copy] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    tracked: tuple[Tracked, ...] = ()
    notice: tuple[str, Copy] | None = None


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """Where the letter is now, when it was kept, and what was sent to accounts here and is to be delivered to them."""

    placed: Placed | None
    posts: tuple[Post, ...]


async def carry_out(mail: Mail, arriving: Arriving, active: Active) -> CarriedOut:
    """Raises `Repeated` for a letter that came before, `Forbidden` for one that the script refuses while that can be
    said, and what the store raises: then nothing was done."""
    done: CarriedOut = await mail.arrivals.do(f"{arriving.owner} script", (arriving, active), partial(_each, mail))
    return done


async def _each(mail: Mail, items: Sequence[tuple[Arriving, Active]]) -> list[CarriedOut | Exception]:
    """One after the other: each has a transaction of its own, and a script may ask what the one before it left."""
    done: list[CarriedOut | Exception] = []
    for arriving, active in items:
        try:
            done.append(await _one(mail, arriving, active))
        except (Repeated, WorkspaceError) as error:
            done.append(error)
    return done


async def _one(mail: Mail, arriving: Arriving, active: Active) -> CarriedOut:
    if await mail.store.repeats.result(arriving.repeat):
        raise Repeated
    for _ in range(_TRIES):
        actions, letter = await run_script(
            mail, arriving.owner, active, arriving.opened, arriving.sender, arriving.delivery
        )
        if actions.failure is not None:
            failure = actions.failure
            log.warning("script_failed", account=arriving.owner, line=failure.line, reason=failure.english)
        quiet = arriving.delivery.beyond_quota or arriving.goes_round(letter)
        try:
            return await _done(mail, arriving, active, _quietly(actions) if quiet else actions, letter)
        except Outdated:
            continue
    raise Conflict("The same letter comes all the time")


def _quietly(actions: Actions) -> Actions:
    """Without what causes other letters: the letter is kept where it would have gone on to somebody or back."""
    away = not actions.stores and (actions.redirects or actions.rejection)
    return replace(
        actions,
        stores=(Store(),) if away else actions.stores,
        redirects=(),
        rejection=None,
        vacation=None,
        notifications=(),
    )


async def _done(mail: Mail, arriving: Arriving, active: Active, actions: Actions, letter: Letter) -> CarriedOut:
    posts: list[Post] = []
    if actions.rejection is not None:
        actions, posts = await _rejected(mail, arriving, actions)
    made, whole = await posts_of(mail, arriving, actions, letter)
    posts += made
    stores = actions.stores if whole else _kept(actions.stores)
    for last in (*[False] * (_TRIES - 1), True):
        try:
            plan = await _planned(mail, arriving, stores, posts)
            plan.tracked = actions.tracked
            if actions.failure is not None:
                plan.notice = await _notice(mail, arriving, active, actions.failure)
            return await _committed(mail, arriving, plan)
        except SendingLimited as limited:
            LIMITED.labels("script").inc()
            log.warning("script_limited", account=arriving.owner, limit=limited.exceeded.limit)
            stores, posts = _kept(stores), []
        except NotFound:  # a mailbox that was deleted meanwhile is not chosen again
            if last:
                raise
    raise Conflict("The account's mailboxes are changed by others all the time")


def _kept(stores: tuple[Store, ...]) -> tuple[Store, ...]:
    """In INBOX at least: what should have gone to somebody else did not."""
    return stores or (Store(),)


async def _rejected(mail: Mail, arriving: Arriving, actions: Actions) -> tuple[Actions, list[Post]]:
    """A refusal in the dialogue where it is open, a notice to who is known to have written, and else the letter stays:
    a notice to a forged sender would reach whoever was forged."""
    rejection = actions.rejection
    if rejection is None or not arriving.sender:
        return replace(actions, stores=_kept(actions.stores), rejection=None), []
    if arriving.refusable:
        await mail.store.transaction(partial(_preserved, mail, arriving))
        raise Forbidden(_in_ascii(rejection.reason))
    if arriving.delivery.proven:
        back = await sent_back(mail, arriving, rejection, await arriving.opened.header())
        if back is not None:
            return actions, [back]
    return replace(actions, stores=_kept(actions.stores), rejection=None), []


def _in_ascii(reason: str) -> str:
    """A reply of SMTP has no accents (RFC 5429 §2.1.1)."""
    plain = unicodedata.normalize("NFKD", " ".join(reason.split()))
    return "".join(each for each in plain if not unicodedata.combining(each)) or "Refused by its recipient"


async def _planned(mail: Mail, arriving: Arriving, stores: Sequence[Store], posts: list[Post]) -> Plan:
    plan = Plan(posts=posts)
    boxes: dict[str, Copy] = {}
    for store in stores:
        box = await _box(mail, arriving.owner, store)
        flags = canonical(store.flags)
        before = boxes.get(box.id)
        if before is not None:
            arrival = before.newcomer.arrival
            both = replace(arrival, flags=canonical((*arrival.flags, *flags)))
            boxes[box.id] = replace(before, newcomer=replace(before.newcomer, arrival=both))
            continue
        content, shared = arriving.content, arriving.shared
        if store.header is not None:
            content = await rewritten(mail, arriving, b"", store.header)
            shared = described(content)
        arrival = Arrival(content, arriving.delivery.prefix, flags, mail.now())
        # However many copies a script keeps, the letter came once.
        also = arriving.also if not boxes else None
        boxes[box.id] = Copy(box, Newcomer(arrival, shared, arriving.context, also=also))
    plan.copies = list(boxes.values())
    return plan


async def _box(mail: Mail, owner: str, store: Store) -> Mailbox:
    """The mailbox that is meant; INBOX for one that is not there, or that cannot be made."""
    if not store.mailbox and not store.special_use:
        return await find_mailbox(mail, owner, INBOX)
    boxes = await list_mailboxes(mail, owner)
    use = next((of for name, of in USES.items() if name.lower() == store.special_use.lower()), None)
    found = next((box for box in boxes if use is not None and box.special_use is use), None)
    found = found or next((box for box in boxes if box.name == store.mailbox), None)
    if found is None and store.create and store.mailbox:
        try:
            return await create_mailbox(mail, owner, store.mailbox)
        except AlreadyExists:
            return await find_mailbox(mail, owner, store.mailbox)
        except (InvalidInput, TooManyRequests) as error:
            log.warning("script_made_no_mailbox", account=owner, reason=str(error))
    return found or await find_mailbox(mail, owner, INBOX)


async def _notice(mail: Mail, arriving: Arriving, active: Active, failure: Failure) -> tuple[str, Copy] | None:
    """What the owner is told, once for each version of the script."""
    once = memory(arriving.owner, "failed", str(active.version))
    if await mail.store.remembered.known([once], mail.now()):
        return None
    source = failure_notice(failure, active.name, arriving.address, Stamp(mail.now(), new_id(), mail.host))
    content = await store_octets(mail, source)
    prefix = f"Return-Path: <>\r\nDelivered-To: {arriving.address}\r\n".encode()
    newcomer = Newcomer(Arrival(content, prefix, (), mail.now()), described(content), arriving.context)
    return once, Copy(await find_mailbox(mail, arriving.owner, INBOX), newcomer)


async def _committed(mail: Mail, arriving: Arriving, plan: Plan) -> CarriedOut:
    """Raises `Repeated`, `SendingLimited`, `NotFound` for a mailbox that is gone."""
    owner, now = arriving.owner, mail.now()
    beyond = arriving.delivery.beyond_quota

    async def act(session: Any) -> CarriedOut:
        copies = list(plan.copies)
        if plan.notice is not None:
            once, told = plan.notice
            if await mail.store.remembered.claim(once, now, now + A_MONTH, session=session):
                copies.append(told)
        by_box: dict[str, list[Newcomer]] = defaultdict(list)
        for copy in copies:
            by_box[copy.box.id].append(copy.newcomer)
        placed: list[Placed] = []
        # Always in the same order, so that two transactions wait for each other and never both.
        for box_id, newcomers in sorted(by_box.items()):
            there = partial(mail.store.mailboxes.advance, owner, box_id)
            placed += await place(mail, owner, there, newcomers, beyond_quota=beyond, session=session)
        await mail.store.journal_entries.insert(arriving.journaled, session=session)
        sent = [post for post in plan.posts if await accept_post(mail, post, session=session)]
        await count_by_themselves(mail, owner, [post.accepted for post in sent], session=session)
        for tracked in plan.tracked:
            await _remember(mail, owner, tracked, session=session)
        if all(copy.newcomer.arrival.content is not arriving.content for copy in plan.copies):
            await _preserved(mail, arriving, session)
        kept = next(iter(placed), None)
        result = kept.message_id if kept is not None else "elsewhere"
        await mail.store.repeats.note(arriving.repeat, now, result=result, session=session)
        return CarriedOut(kept, tuple(post for post in sent if post.accepted.local))

    return await mail.store.transaction(act)


async def _preserved(mail: Mail, arriving: Arriving, session: Any) -> None:
    """What the script keeps nowhere as it came, matters keep."""
    arrival = Arrival(arriving.content, arriving.delivery.prefix, (), mail.now())
    await preserve_arrival(mail, arriving.owner, new_id(), arrival, arriving.shared, session)


async def _remember(mail: Mail, owner: str, tracked: Tracked, *, session: Any) -> None:
    """Raises `Outdated` when another process saw the same letter since the script asked."""
    seen, until = memory(owner, "seen", tracked.key), mail.now() + timedelta(seconds=tracked.seconds)
    if tracked.again:
        await mail.store.remembered.keep(seen, until, session=session)
    elif not await mail.store.remembered.claim(seen, mail.now(), until, session=session):
        raise Outdated
